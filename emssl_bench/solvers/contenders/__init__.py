"""The solvers that are compared, ours and those of other packages, a file for each package.

To add one, write its file and its line here.
"""

import importlib

from emssl_bench.exceptions import UnknownName
from emssl_bench.solvers.contenders.base import Contender

CONTENDERS = {
    "table": "emssl_bench.solvers.contenders.own:FromTable",
    "random": "emssl_bench.solvers.contenders.own:FromRandom",
    "network": "emssl_bench.solvers.contenders.own:FromNetwork",
    "distilled": "emssl_bench.solvers.contenders.own:FromDistilled",
    "learned": "emssl_bench.solvers.contenders.own:Learned",
    "learned-1": "emssl_bench.solvers.contenders.own:OneStep",
    "learned-3": "emssl_bench.solvers.contenders.own:ThreeSteps",
    "learned-10": "emssl_bench.solvers.contenders.own:TenSteps",
    "lookup": "emssl_bench.solvers.contenders.own:Lookup",
    "queries-network": "emssl_bench.solvers.contenders.black_box:FromModel",
    "queries-lookup": "emssl_bench.solvers.contenders.black_box:FromFewSamples",
    "queries-babbling": "emssl_bench.solvers.contenders.black_box:FromManySamples",
    "queries-wrong": "emssl_bench.solvers.contenders.black_box:FromWrongChain",
    "queries-identified": "emssl_bench.adaptation.identified_contender:FromIdentifiedChain",
    "queries-random": "emssl_bench.solvers.contenders.black_box:FromNothing",
    "ga": "emssl_bench.solvers.contenders.evolution:GeneticAlgorithm",
    "ga-restarts": "emssl_bench.solvers.contenders.evolution:GeneticAlgorithmRestarts",
    "memetic": "emssl_bench.solvers.contenders.evolution:MemeticEvolution",
    "cma-es": "emssl_bench.solvers.contenders.cma_es:CmaEs",
    "pybullet": "emssl_bench.solvers.contenders.bullet:PyBullet",
    "pybullet-tuned": "emssl_bench.solvers.contenders.bullet:PyBulletTuned",
    "pinocchio-example": "emssl_bench.solvers.contenders.pinocchio_clik:PinocchioExample",
    "pinocchio": "emssl_bench.solvers.contenders.pinocchio_clik:PinocchioRestarts",
    "rtb": "emssl_bench.solvers.contenders.rtb:RoboticsToolbox",
    "rtb-exact": "emssl_bench.solvers.contenders.rtb:RoboticsToolboxExact",
    "trac-ik": "emssl_bench.solvers.contenders.tracik:TracIk",
    "trac-ik-patient": "emssl_bench.solvers.contenders.tracik:TracIkPatient",
    "eaik": "emssl_bench.solvers.contenders.eaik:Eaik",
    "optik": "emssl_bench.solvers.contenders.optik:Optik",
    "optik-exact": "emssl_bench.solvers.contenders.optik:OptikExact",
    "mink": "emssl_bench.solvers.contenders.mink_qp:Mink",
    "mink-restarts": "emssl_bench.solvers.contenders.mink_qp:MinkRestarts",
    "scipy": "emssl_bench.solvers.contenders.scipy_lsq:Scipy",
    "scipy-restarts": "emssl_bench.solvers.contenders.scipy_lsq:ScipyRestarts",
    "ikpy": "emssl_bench.solvers.contenders.ikpy_chain:Ikpy",
}


def contender(name: str) -> type[Contender]:
    """The class of a contender.

    Raises:
        UnknownName: there is none of that name.
    """
    if name not in CONTENDERS:
        raise UnknownName("solver", name, CONTENDERS)
    module, _, attribute = CONTENDERS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
