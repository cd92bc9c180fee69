"""Approach 1 of the paper: link parameters are identified, and the learner goes on with the identified arm."""

from typing import ClassVar

from emssl_bench.adaptation.approaches.base import Approach, Situation
from emssl_bench.adaptation.identification import from_measurements
from emssl_bench.forward import ForwardModel


class Identify(Approach):
    """Identify the links, then retrain on the identified arm.

    Source: Section III-C, "the forward model is updated by learning the link parameters by gradient descent".
    """

    name: ClassVar[str] = "identify"
    measures: ClassVar[bool] = True

    def prepare(self, situation: Situation) -> ForwardModel:
        """The chain that fits the measurements."""
        return from_measurements(
            situation.robot,
            situation.changed,
            situation.joint_space,
            situation.measurements,
            situation.seeds,
            situation.data.task,
        )
