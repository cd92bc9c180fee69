"""For comparison: the identified arm is solved by least squares, and nothing is learned."""

from collections.abc import Iterator
from typing import ClassVar

from emssl_bench.adaptation.approaches.base import Situation
from emssl_bench.adaptation.approaches.identify import Identify
from emssl_bench.adaptation.identification import described
from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward import ForwardModel
from emssl_bench.forward.chain import ChainArm
from emssl_bench.methods.base import Progress
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.tasks import POSITION


class Solve(Identify):
    """Identify the links, then solve by least squares on the identified arm."""

    name: ClassVar[str] = "solve"
    learns: ClassVar[bool] = False

    def solvers(self, situation: Situation, forward: ForwardModel) -> Iterator[Progress]:
        """The numerical solver of the identified arm, once.

        Raises:
            InvalidValue: targets have orientations, which positions measured on the arm do not tell of.
        """
        if situation.data.task.name != POSITION.name:
            raise InvalidValue("the approach 'solve' identifies an arm by positions, and solves positions alone.")
        assert isinstance(forward, ChainArm), "it was identified"
        yield Progress(LevenbergMarquardt(described(forward, situation.robot), situation.joint_space))
