"""What a script has set for its whole process changes no number of ours, and we change nothing of it."""

import ast
import copy
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

import emssl_bench
from emssl_bench.adaptation.alignment import align
from emssl_bench.adaptation.identification import identified, nearest_equivalent, parameter_errors
from emssl_bench.data import Dataset
from emssl_bench.experiments.coverage import coverage
from emssl_bench.experiments.evaluation import Errors
from emssl_bench.forward.chain import ChainArm, CountedChain
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Problem
from emssl_bench.methods.checkpoint import Checkpoint
from emssl_bench.methods.network_method import NetworkMethod
from emssl_bench.records import model_files
from emssl_bench.scaling import Normaliser
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.best_of import BestOf
from emssl_bench.solvers.least_squares import reachable
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests import generators
from tests.examples import distance_errors_cm, record

TOP = Path(__file__).parent.parent
BOTH, FACTORIES = {"dtype", "device"}, "arange as_tensor asarray empty eye full linspace ones rand randn tensor zeros"
NEEDED = {
    **dict.fromkeys(FACTORIES.split(), BOTH),
    **{"Linear": BOTH, "randint": BOTH, "randperm": {"device"}, "Generator": {"device"}, "load": {"map_location"}},
}
"""What must be said where something is made of torch."""


@contextmanager
def dtype(kind):
    torch.set_default_dtype(kind)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextmanager
def device(name):
    before = torch.get_default_device()
    torch.set_default_device(name)
    try:
        yield
    finally:
        torch.set_default_device(None)
        assert torch.get_default_device() == before


@contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


SITUATIONS = {
    "double precision by default": lambda: dtype(torch.float64),
    "half precision by default": lambda: dtype(torch.bfloat16),
    "another device by default": lambda: device("meta"),
    "a device for what is made here": lambda: torch.device("meta"),
    "no gradients": lambda: torch.set_grad_enabled(False),
    "inference mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "deterministic algorithms": deterministic,
    "NumPy raises": lambda: np.errstate(all="raise"),
    "NumPy prints otherwise": lambda: np.printoptions(precision=1, threshold=2),
}


def network(latent_size=0):
    drawn = InverseNetwork(3, "he_uniform", torch.Generator("cpu").manual_seed(0), latent_size)
    scales = Normaliser((-0.6, -0.6, 0.0), (0.6, 0.6, 0.0), -1, 1), Normaliser((-1.5,) * 3, (1.5,) * 3, 0, 1)
    return NetworkSolver(drawn, *scales, 8)


class Given:
    """What there is before anything is set: an arm, data, models in memory and one on disk."""

    def __init__(self, robot, arm, path):
        self.robot, self.arm, self.path = robot, arm, path
        self.changed = robot.lengthened(0.02)
        self.space = JointSpace.of(robot, 90)
        data = Dataset.sample(arm, self.space, 100, 20, Seeds(1))
        self.train, self.targets = data.train, data.test_targets
        self.plain, self.generator = network(), network(3)
        model_files.save(self.generator, path, record("cgan", 90).trial)
        self.saved = {name: generators.solver(name).saved() for name in generators.NETWORKS}


def judged(given):
    errors_cm = distance_errors_cm(given.plain, given.arm, given.targets, given.space)
    errors = Errors({"error_{}_cm": errors_cm}, "error_{}_cm")
    covered = coverage(given.plain, given.arm, given.train.targets, given.targets, errors)
    best = BestOf(given.generator, given.arm, 3).solve(given.targets)
    return errors_cm, [*covered.values()], best


def adapted(given):
    angles, changed, model = given.train.joint_angles[:15], ChainArm(given.changed), network()
    chain = identified(given.robot, angles, changed.positions(angles))
    nearest = nearest_equivalent(chain, given.changed, angles)
    align(model, changed.positions(model.joint_angles(given.targets)), given.targets)
    errors = parameter_errors(nearest, given.changed)
    return chain.positions(angles), model.joint_angles(given.targets), [*errors.values()]


def trained(name, given):
    """What is learned, and the loss, after two iterations; the second from a checkpoint, where there are such."""
    small, known = {"iterations": 2, "epochs": 1, "training_batch": 32}, registry.settings_of(name)
    method = registry.configured(name, {key: value for key, value in small.items() if key in known})
    seen = given.train if method.uses_joint_angles else given.train.unlabelled()
    checkpoint = Checkpoint()
    arm = CountedChain(ChainArm(given.robot).requires_grad_(False))
    if not method.resumable:
        *_, last = method.learn(Problem(seen, arm, Seeds(1), "cpu"))
        return (last.solver.joint_angles(given.targets),)
    next(method.learn(Problem(seen, arm, Seeds(1), "cpu", checkpoint)))
    (last,) = method.learn(Problem(seen, arm, Seeds(1), "cpu", Checkpoint(copy.deepcopy(checkpoint.state()))))
    weights = last.solver.network.parameters() if isinstance(method, NetworkMethod) else ()
    return last.solver.joint_angles(given.targets), *(p.detach().numpy() for p in weights), last.loss


def drawn(name, given):
    """Solutions of a network that is made again in the situation, so that all that it is made of is, too."""
    return [NetworkSolver.restored(*given.saved[name]).solve(given.targets, 3)]


DOINGS = {
    "a model loaded now": lambda given: [emssl_bench.load(given.path).joint_angles([[0.2, 0.1, 0.0]])],
    "a model loaded before": lambda given: [given.generator.joint_angles([0.2, 0.1, 0.0])],
    "many solutions": lambda given: [given.generator.solve(given.targets, 4)],
    "the chain": lambda given: [
        each.positions(given.train.joint_angles) for each in (given.arm, ChainArm(given.robot))
    ],
    "reachable": lambda given: [reachable(given.robot, given.space, given.targets)],
    "judging": judged,
    "adapting": adapted,
    **{f"solutions of {name}": partial(drawn, name) for name in generators.NETWORKS},
    **{f"training {name}": partial(trained, name) for name in registry.METHODS},
}


@pytest.fixture(scope="module")
def given(planar3, planar3_chain, tmp_path_factory):
    return Given(planar3, planar3_chain, tmp_path_factory.mktemp("models") / "model.safetensors")


@pytest.fixture(scope="module")
def usual():
    """What was found where nothing is set."""
    return {}


@pytest.mark.parametrize("doing", DOINGS)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_numbers_are_the_same_in_every_situation(situation, doing, usual, given, monkeypatch):
    monkeypatch.setattr("emssl_bench.solvers.least_squares.RANDOM_CONFIGURATIONS", 2000)
    if doing not in usual:
        usual[doing] = DOINGS[doing](given)
    with SITUATIONS[situation]():
        found = DOINGS[doing](given)
    for ours, theirs in zip(found, usual[doing], strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("doing", DOINGS)
def test_the_generators_and_settings_of_the_process_stay_as_they_are(doing, given, monkeypatch):
    monkeypatch.setattr("emssl_bench.solvers.least_squares.RANDOM_CONFIGURATIONS", 2000)

    def state():
        drawn = np.random.get_state()  # noqa: NPY002
        switches = torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")
        return [
            torch.get_rng_state().tolist(),
            drawn[1].tolist(),
            drawn[2:],
            switches,
            np.geterr(),
            torch.get_num_threads(),
        ]

    before = state()
    DOINGS[doing](given)
    assert state() == before


def test_every_tensor_layer_and_generator_is_made_with_a_type_and_a_device_of_its_own():
    """Else the process's defaults decide, which cannot be set for one thread alone."""
    unnamed = []
    for path in sorted(
        path for part in ("emssl_bench", "baselines", "robots", "docs") for path in (TOP / part).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("torch.", "nn.")):
                name, named = ast.unparse(node.func).split(".")[-1], {each.arg for each in node.keywords}
                lacks = NEEDED.get(name, set()) - named if None not in named else set()
                if lacks and not (name == "Generator" and node.args):
                    unnamed.append(f"{path.name}, line {node.lineno}: {name} without {', '.join(sorted(lacks))}")
    assert not unnamed
