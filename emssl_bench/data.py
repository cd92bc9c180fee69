"""The data that methods learn from and are evaluated on, drawn from a joint space."""

from dataclasses import dataclass

from emssl_bench.exceptions import LabelsWithheld
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import JointAngles, Positions


class TrainingData:
    """What a method may learn from: positions to reach and, unless it is self-supervised, the joint angles
    that led there.
    """

    def __init__(self, positions: Positions, joint_angles: JointAngles | None, joint_space: JointSpace):
        self.positions = positions
        """(n, 3) [m], the unlabelled data set U of Algorithm 1."""
        self.joint_space = joint_space
        self._joint_angles = joint_angles

    @property
    def joint_angles(self) -> JointAngles:
        """(n, dof) [rad], the labels.

        Raises:
            LabelsWithheld: the method says that it does without.
        """
        if self._joint_angles is None:
            raise LabelsWithheld("this method declares uses_joint_angles = False, so it is given positions only.")
        return self._joint_angles

    def unlabelled(self) -> "TrainingData":
        return TrainingData(self.positions, None, self.joint_space)


@dataclass(frozen=True)
class Dataset:
    """Training data, and positions that no method ever sees before it is judged on them."""

    train: TrainingData
    test_positions: Positions

    @classmethod
    def sample(cls, forward: ForwardModel, joint_space: JointSpace, train: int, test: int, seeds: Seeds) -> "Dataset":
        """Joint angles uniform in the space, and where they lead.

        Args:
            forward: the arm.
            joint_space: where joint angles are drawn.
            train: number of training samples.
            test: number of test positions.
            seeds: the "data" stream alone decides the samples.

        Source: Section IV, "100,000 data were collected, with 70,000 used for training and 30,000 for testing".
        """
        joint_angles = joint_space.sample(train + test, seeds.numpy("data"))
        positions = forward.positions(joint_angles)
        return cls(TrainingData(positions[:train], joint_angles[:train], joint_space), positions[train:])

    def validation(self) -> "Dataset":
        """Of the training samples alone, the last fifth to judge on: for choosing settings."""
        kept = len(self.train.positions) * 4 // 5
        train = TrainingData(self.train.positions[:kept], self.train.joint_angles[:kept], self.train.joint_space)
        return Dataset(train, self.train.positions[kept:])
