"""The data that methods learn from and are evaluated on, drawn from a joint space."""

from dataclasses import dataclass

from emssl_bench.exceptions import LabelsWithheld
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.tasks import POSITION, Task


class TrainingData:
    """What a method may learn from: targets and, unless it is self-supervised, joint angles that reach them."""

    def __init__(
        self, targets: Targets, joint_angles: JointAngles | None, joint_space: JointSpace, task: Task = POSITION
    ):
        self.targets = targets
        """(n, columns) of the task, the unlabelled data set U of Algorithm 1."""
        self.joint_space = joint_space
        self.task = task
        self._joint_angles = joint_angles

    @property
    def joint_angles(self) -> JointAngles:
        """(n, dof) [rad], the labels.

        Raises:
            LabelsWithheld: the method says that it does without.
        """
        if self._joint_angles is None:
            raise LabelsWithheld("this method declares uses_joint_angles = False, so it is given targets only.")
        return self._joint_angles

    def unlabelled(self) -> "TrainingData":
        return TrainingData(self.targets, None, self.joint_space, self.task)


@dataclass(frozen=True)
class Dataset:
    """Training data, and targets that no method ever sees before it is evaluated on them."""

    train: TrainingData
    test_targets: Targets

    @classmethod
    def sample(
        cls,
        forward: ForwardModel,
        joint_space: JointSpace,
        train: int,
        test: int,
        seeds: Seeds,
        task: Task = POSITION,
    ) -> "Dataset":
        """Joint angles uniform in the space, and the targets that they reach.

        Args:
            forward: the arm.
            joint_space: where joint angles are drawn.
            train: number of training samples.
            test: number of test targets.
            seeds: the "data" stream alone decides the samples.
            task: what a target is.

        Source: Section IV, "100,000 data were collected, with 70,000 used for training and 30,000 for testing".
        """
        joint_angles = joint_space.sample(train + test, seeds.numpy("data"))
        targets = task.reached(forward, joint_angles)
        return cls(TrainingData(targets[:train], joint_angles[:train], joint_space, task), targets[train:])

    def validation(self) -> "Dataset":
        """Of the training samples alone, the last fifth to evaluate on: for choosing settings."""
        data, kept = self.train, len(self.train.targets) * 4 // 5
        train = TrainingData(data.targets[:kept], data.joint_angles[:kept], data.joint_space, data.task)
        return Dataset(train, data.targets[kept:])
