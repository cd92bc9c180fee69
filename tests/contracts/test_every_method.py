"""What must hold of every method of ours. A new one is picked up by its line in the registry."""

import dataclasses
import json

import numpy as np
import pytest

from emssl_bench.data import Dataset
from emssl_bench.exceptions import LabelsWithheld, MethodError
from emssl_bench.experiments import accuracy
from emssl_bench.forward import Counted
from emssl_bench.forward.chain import CountedChain
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Adaptable, Problem
from emssl_bench.methods.gradient_method import GradientMethod
from emssl_bench.records import Store, model_files
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import distance_errors_cm, record

SMALL = {"iterations": 3, "epochs": 5, "training_batch": 32}
SAMPLES = 640
REINFORCED = ("ddpg", "dqn")
"""They ask once more, where the arm is at home."""
DRAW_NOTHING = ("lookup", "local-linear")
"""They are all that their labels say."""


@pytest.fixture(scope="module", params=registry.METHODS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def data(paper6, paper6_chain):
    return Dataset.sample(paper6_chain, JointSpace.of(paper6, 90), SAMPLES, 300, Seeds(7))


@pytest.fixture(scope="module")
def trained(name, data, paper6_chain):
    return train(name, data, paper6_chain)


def small(name, **settings):
    wanted = {**SMALL, **settings}
    return registry.configured(name, {key: wanted[key] for key in wanted.keys() & registry.settings_of(name).keys()})


def train(name, data, forward, seed=7, **settings):
    """All progress of a small training, and the forward calls it made."""
    method = small(name, **settings)
    counted = CountedChain(forward) if method.differentiates_arm else Counted(forward)
    seen = data.train if method.uses_joint_angles else data.train.unlabelled()
    return list(method.learn(Problem(seen, counted, Seeds(seed), "cpu"))), counted.calls


def test_it_says_what_it_is(name):
    cls = registry.method_class(name)
    assert cls.title
    assert not (cls.__doc__ or f"{cls.__name__}(").startswith(f"{cls.__name__}("), "no docstring of its own"
    for setting, _, _, meaning in registry.described(name):
        assert meaning, f"{name}.{setting} has no help"


def test_it_yields_once_a_unit_of_work(name, trained):
    progress, _ = trained
    method = small(name)
    assert len(progress) == method.units
    assert all(p.loss is None or np.isfinite(p.loss) for p in progress)
    if isinstance(method, GradientMethod):
        assert all(p.loss is not None for p in progress)
        steps = [p.costs.get("gradient_steps", 0) for p in progress]
        assert steps == [100, 200, 300], "all take the same gradient steps on what solves"


def test_one_that_adapts_says_whether_it_learns_a_network(name, trained):
    cls = registry.method_class(name)
    assert not issubclass(cls, Adaptable) or isinstance(trained[0][-1].solver, NetworkSolver) == cls.learns_network


def test_it_answers_with_joint_angles_within_its_joint_space(trained, data):
    model = trained[0][-1].solver
    assert isinstance(model, Solver)
    far_away = np.array([[5.0, 5.0, 5.0], [-1e6, 0.0, 0.0]])
    for positions in (data.test_targets, far_away, np.empty((0, 3)), [(0.1, 0.2, 0.0)]):
        angles = model.joint_angles(positions)
        assert angles.shape == (len(positions), 6)
        assert angles.dtype == np.float64
        assert (np.abs(angles) <= np.pi / 2).all()


def test_a_seed_decides_the_numbers(name, data, paper6_chain):
    first, same, other = (train(name, data, paper6_chain, seed, iterations=1, epochs=1)[0][-1] for seed in (7, 7, 8))
    assert first.loss == same.loss
    assert first.loss is None or first.loss != other.loss
    angles = [progress.solver.joint_angles(data.test_targets) for progress in (first, same, other)]
    np.testing.assert_array_equal(angles[0], angles[1])
    assert np.array_equal(angles[0], angles[2]) == (name in DRAW_NOTHING)


def test_it_is_better_than_guessing(trained, data, paper6_chain, paper6):
    guesses = JointSpace.of(paper6, 90).sample(300, np.random.default_rng(0))
    guessing_cm = 100 * np.linalg.norm(paper6_chain.positions(guesses) - data.test_targets, axis=1).mean()
    errors_cm = distance_errors_cm(trained[0][-1].solver, paper6_chain, data.test_targets, data.train.joint_space)
    assert errors_cm.mean() < 0.6 * guessing_cm


def test_forward_calls_are_those_of_its_sampling(name, trained):
    per_iteration = {"emssl": SAMPLES, "emssl-plus": SAMPLES, "distal-exact": SAMPLES * SMALL["epochs"]}
    queries = ("babbling", "goal-babbling", "constrained-dof", "inverted-forward", "cemssl", *REINFORCED)
    per_iteration |= dict.fromkeys(queries, SAMPLES)
    assert trained[1] == 3 * per_iteration.get(name, 0) + (name in REINFORCED)


def test_what_is_self_supervised_says_so():
    found = {name for name in registry.METHODS if not registry.method_class(name).uses_joint_angles}
    others = {"cemssl", "goal-babbling", "constrained-dof", "inverted-forward", *REINFORCED}
    assert found == {"emssl", "emssl-plus", "distal-exact", "babbling"} | others


def test_a_method_that_does_without_labels_is_given_none(name, planar3, tmp_path, monkeypatch):
    cls = registry.method_class(name)

    def curious(self, data, *rest):
        assert data.joint_angles.shape == (60, 3)
        yield from ()

    monkeypatch.setattr(cls, "learn", curious)
    (trial,) = accuracy.plan([name], planar3, [90], [0], accuracy.Budget(60, 20, {}), {}, "chain")
    with pytest.raises(MethodError if cls.uses_joint_angles else LabelsWithheld):
        accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)


def test_its_model_is_the_same_after_saving_and_loading(name, trained, data, paper6_chain, tmp_path):
    model = trained[0][-1].solver.with_arm(paper6_chain)
    path = tmp_path / "model.safetensors"
    model_files.save(model, path, record(name, 90, seed=7).trial)
    loaded = model_files.load(path).with_arm(paper6_chain)
    np.testing.assert_array_equal(loaded.joint_angles(data.test_targets), model.joint_angles(data.test_targets))


def test_its_settings_survive_the_way_to_json_and_back(name):
    method = small(name)
    settings = json.loads(json.dumps(dataclasses.asdict(method)))
    assert registry.configured(name, settings) == method
