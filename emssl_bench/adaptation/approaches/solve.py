"""For comparison: the identified arm is solved by least squares, and nothing is learned."""

from collections.abc import Iterator
from typing import ClassVar

from emssl_bench.adaptation.approaches.base import Situation
from emssl_bench.adaptation.approaches.identify import Identify
from emssl_bench.adaptation.identification import described
from emssl_bench.forward import ForwardModel
from emssl_bench.forward.chain import ChainArm
from emssl_bench.methods.base import Progress
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt


class Solve(Identify):
    """Identify the links, then solve by least squares on the identified arm."""

    name: ClassVar[str] = "solve"
    learns: ClassVar[bool] = False

    def solvers(self, situation: Situation, forward: ForwardModel) -> Iterator[Progress]:
        """The numerical solver of the identified arm, once.

        Raises:
            InvalidValue: targets are neither positions nor poses.
        """
        assert isinstance(forward, ChainArm), "it was identified"
        found = described(forward, situation.robot)
        yield Progress(LevenbergMarquardt(found, situation.joint_space, situation.data.task))
