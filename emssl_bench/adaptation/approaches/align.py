"""An approach of ours: a few measurements map the network's input before the learner goes on."""

from typing import ClassVar

from emssl_bench.adaptation.alignment import align
from emssl_bench.adaptation.approaches.base import Approach, Situation
from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward import ForwardModel
from emssl_bench.solvers.network_solver import NetworkSolver


class Align(Approach):
    """Align the network's input, then retrain on the changed arm."""

    name: ClassVar[str] = "align"
    measures: ClassVar[bool] = True
    needs_network: ClassVar[bool] = True

    def prepare(self, situation: Situation) -> ForwardModel:
        """The changed arm; the solver is aligned in place.

        Raises:
            InvalidValue: the solver is no network.
        """
        solver, targets = situation.solver, situation.data.targets[: situation.measurements]
        if not isinstance(solver, NetworkSolver):
            raise InvalidValue(f"align maps the input of a network, and {type(solver).__name__} is none.")
        reached = situation.data.task.reached(situation.changed, solver.joint_angles(targets))
        align(solver, reached, targets)
        return situation.changed
