"""Reinforcement learning: what the suite adds to stable-baselines3, which is not tested here."""

import importlib.util
import random

import numpy as np
import pytest
import torch

import emssl_bench
from baselines.ddpg import Ddpg
from baselines.dqn import Dqn
from baselines.rl import REWARD_M, GlobalState, arms_for
from baselines.rl_arms import LearningArms
from emssl_bench.data import Dataset
from emssl_bench.envs import ReachEnv
from emssl_bench.exceptions import MissingDependency
from emssl_bench.experiments import accuracy
from emssl_bench.forward import Counted
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.records import Store
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from emssl_bench.report.sections.costs import printed_costs
from emssl_bench.seeding import Seeds
from tests.commands import run
from tests.examples import record
from tests.models import trained
from tests.runs import TINY


@pytest.fixture
def problem(planar3, planar3_chain):
    data = Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 60, 20, Seeds(0)).train
    return Problem(data.unlabelled(), Counted(planar3_chain), Seeds(0))


def begun(method, problem, count):
    """The arms that a method learns on, and its solver."""
    model, solver = method.begun(problem, count)
    assert isinstance(model.env, LearningArms)
    return model.env, solver


def test_an_iteration_can_always_be_divided_among_the_arms():
    assert [arms_for(*each) for each in ((14_000, 28), (640, 28), (7, 28), (29, 28), (1, 1))] == [28, 20, 7, 1, 1]


def test_the_exported_actor_gives_the_actions_of_stable_baselines(problem):
    method = Ddpg(iterations=2)
    model, solver = method.begun(problem, 20)
    first = solver.joint_angles(problem.targets)
    with torch.no_grad():
        for parameter in model.actor.parameters():
            parameter += 0.02
    scaled = model.predict(solver.inputs_scale.normalise(problem.targets).astype(np.float32))[0]
    found = method.solver_of(model, solver).joint_angles(problem.targets)
    np.testing.assert_allclose(found, scaled * np.pi / 2, atol=1e-5)
    assert np.abs(found - first).max() > 0.01


def test_the_actor_begins_as_the_networks_of_the_other_methods_do(problem):
    from emssl_bench.methods.emssl import Emssl

    model, solver = Ddpg().begun(problem, 20)
    expected = Emssl().new_solver(problem).joint_angles(problem.targets)
    np.testing.assert_array_equal(solver.joint_angles(problem.targets), expected)
    np.testing.assert_allclose(Ddpg().solver_of(model, solver).joint_angles(problem.targets), expected, atol=1e-6)


def test_every_target_is_reached_for_once_an_iteration_and_rewarded_as_by_the_environment(problem, planar3, opened):
    arms, env, seen = begun(Ddpg(), problem, 20)[0], opened(ReachEnv, planar3, 90), []
    arms.reset()
    for _ in range(3):
        seen.append(arms._episodes.targets.copy())
        actions = np.stack([arms.action_space.sample() for _ in range(20)])
        _, rewards, dones, infos = arms.step(actions)
        assert dones.all()
        assert not any(info["TimeLimit.truncated"] for info in infos)
        for target, action, reward in list(zip(seen[-1], actions, rewards, strict=True))[:3]:
            env.reset(options={"target": target})
            assert reward * REWARD_M == pytest.approx(env.step(action)[1], abs=1e-6)
    np.testing.assert_array_equal(np.unique(np.concatenate(seen), axis=0), np.unique(problem.targets, axis=0))


def test_the_rewards_of_a_walk_add_up_to_what_it_gained(problem):
    arms, walk = begun(Dqn(steps=6), problem, 5)
    gained, infos = np.zeros(5), []
    arms.reset()
    before = arms._episodes.judged().costs_m
    targets = arms._episodes.targets.copy()
    for step in range(6):
        _, rewards, dones, infos = arms.step(np.array([arms.action_space.sample() for _ in range(5)]))
        gained += rewards * REWARD_M
        assert dones.all() == (step == 5)
    last = np.stack([info["terminal_observation"] for info in infos])
    assert all(info["TimeLimit.truncated"] for info in infos)
    aims, there = last[:, :3], last[:, 6:9]
    np.testing.assert_allclose(aims, walk.inputs_scale.normalise(targets), atol=1e-6)
    reached = walk.inputs_scale.restore(there.astype(float))
    np.testing.assert_allclose(before - gained, np.linalg.norm((reached - targets)[:, :2], axis=1), atol=1e-5)


def test_queries_for_solutions_are_counted_apart_from_those_of_learning(planar3, tmp_path):
    more = {"steps": 7, "arms": 20, "hidden_widths": (16,)}
    walked, path = trained(tmp_path, planar3, "dqn", more=more)
    assert walked.metrics["forward_calls"] == walked.curve["forward_calls"][-1] == 2 * 600 + 1
    assert 0 < walked.metrics["queries_per_solution"] <= 7 + 1 / 200
    assert "queries_per_solution" not in record("emssl", 90).metrics
    printed = printed_costs(table_2(accuracy_runs([walked, record("emssl", 90)])))
    each = dict(zip(printed["Method"].str[:3], printed["for each solution"], strict=True))
    assert each == {"EMS": "0", "DQN": f"{walked.metrics['queries_per_solution']:.0f}"}
    model = emssl_bench.load(path)
    found = model.solve([[0.2, 0.1, 0.0]] * 2)
    assert found.joint_angles.shape == (2, 1, 3)
    np.testing.assert_array_equal(model.joint_angles([0.2, 0.1, 0.0]), found.joint_angles[0, 0])
    assert "for each solution" not in printed_costs(table_2(accuracy_runs([record("emssl", 90)])))


@pytest.mark.parametrize("name", ["ddpg", "dqn"])
def test_poses_are_learned_too(name, planar3, tmp_path):
    more = {"arms": 20, "hidden_widths": (16,), "critic_widths": (16,), "steps": 5}
    metrics = trained(tmp_path, planar3, name, task="pose", more=more)[0].metrics
    assert 0 < metrics["angle_mean_deg"] < 180
    assert metrics["labelled_samples"] == 0


def test_a_package_draws_from_its_own_stream_and_leaves_the_process_as_it_was():
    def drawn():
        return random.random(), np.random.random(), torch.rand(1, dtype=torch.float32, device="cpu").item()  # noqa: NPY002

    def twice(between):
        state, found = GlobalState(5), []
        for _ in range(2):
            with state.own():
                found.append(drawn())
                assert torch.get_default_dtype() == torch.float32
            between()
        return found

    before = random.getstate(), torch.get_rng_state().tolist()
    alone = twice(lambda: None)
    assert (random.getstate(), torch.get_rng_state().tolist()) == before
    assert alone == twice(drawn), "whatever the process draws meanwhile"
    assert alone[0] != alone[1]


def test_without_the_package_a_line_says_how_to_install_it(planar3, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "stable_baselines3" else find(name, *rest)
    )
    with pytest.raises(MissingDependency, match=r"'dqn' needs the package 'stable_baselines3': .*emssl-bench\[rl\]"):
        accuracy.plan(["dqn"], planar3, [90], [0], TINY, {}, "chain")


@pytest.mark.parametrize(
    "command",
    [
        ("paths", "--shape", "line", "--count", "2", "--step-cm", "3"),
        ("solvers", "--task", "position", "--count", "5", "--cpu-seconds", "1"),
        ("answers", "--samples", "1", "2", "--configurations", "200000"),
    ],
)
def test_a_model_that_queries_the_arm_is_measured_wherever_models_are(command, planar3, tmp_path, capsys):
    more = {"steps": 7, "arms": 20, "hidden_widths": (16,)}
    _, path = trained(tmp_path, planar3, "dqn", more=more)
    given = ("--from", str(path)) if command[0] == "answers" else ("--solver", "learned", "--model", str(path))
    arm = ("--robot", "planar3", "--joint-range", "90", "--out", str(tmp_path / "out"))
    code, said, err = run(capsys, *command, *given, *arm)
    assert code == 0, err
    assert "DQN" in said
    records = Store(tmp_path / "out").records()
    assert [record.status for record in records if record.error] in ([], ["done"]), "paths: one answer, none is nearer"
