"""Without numba the solvers run as plain Python: the same answers, slowly, and one warning."""

import json
import subprocess
import sys

import numpy as np
import pytest

import robots
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers import compiled
from emssl_bench.solvers.distilled import small_network
from emssl_bench.solvers.evolution import asked_of
from emssl_bench.solvers.genetic import Genetic
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.solvers.marquardt import frames_of, jacobians_of
from emssl_bench.solvers.memetic import Memetic
from emssl_bench.solvers.sample_table import SampleTable
from emssl_bench.tasks import task

SOLVING = """
import json, sys, warnings
sys.modules["numba"] = None
import numpy as np
from tests import test_solver_fallback
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    found = test_solver_fallback.found()
known = [[str(each.message), each.filename] for each in told]
print(json.dumps({"compiled": test_solver_fallback.compiled.AVAILABLE, "warnings": known, "found": found}))
"""


def found():
    """Answers of every compiled loop, small ones, as lists by name."""
    arm, numbers = robots.load("paper6"), {}
    space = JointSpace.of(arm, 90)
    chain = Chain.of(arm, space)
    angles = space.sample(4, np.random.default_rng(3))
    frames = frames_of(angles, chain.links)
    numbers["frames"], numbers["jacobians"] = frames, jacobians_of(angles, chain.links, 6, 0.3)
    for name, rows in (("position", np.ascontiguousarray(frames[:, :3])), ("pose", frames)):
        table = SampleTable(chain, name == "pose", 300, 3, 2)
        solver = LevenbergMarquardt(arm, space, task(name), table, restarts=20)
        answers = solver.answers(rows)
        assert answers.reached.all()
        numbers |= {
            f"{name} angles": answers.joint_angles,
            f"{name} steps": answers.steps,
            f"{name} starts": table(rows),
        }
        numbers[f"{name} path"] = solver.path(rows).joint_angles
        out_of_reach = np.hstack([rows[:, :3] * 3, rows[:, 3:]])
        far = LevenbergMarquardt(arm, space, task(name), table, restarts=1).answers(out_of_reach)
        numbers[f"{name} far"] = np.column_stack([far.error_m, far.tries])
    for evolution in (Genetic(population=8, generations=3), Memetic(generations=2, steps=3)):
        asked = asked_of(chain, task("pose"), frames[0], np.array([0.1]))
        evolution.search(asked, angles[1], 1e-4, np.random.default_rng(5))
        numbers[type(evolution).__name__] = np.concatenate([asked.best, asked.counts[:2]])
    weights = [np.random.default_rng(4).normal(size=size) for size in ((8, 3), 8, (8, 8), 8, (2, 8), 2)]
    numbers["network"] = small_network(np.ascontiguousarray(frames[:, :3]), *weights)
    return {name: np.asarray(each).tolist() for name, each in numbers.items()}


@pytest.fixture(scope="module")
def plain():
    """What a process without numba finds, and what it says."""
    ended = subprocess.run([sys.executable, "-c", SOLVING], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_the_same_answers_are_found_without_numba(plain):
    pytest.importorskip("numba")
    assert (compiled.AVAILABLE, plain["compiled"]) == (True, False)
    expected = found()
    assert plain["found"].keys() == expected.keys()
    for name, numbers in expected.items():
        np.testing.assert_allclose(plain["found"][name], numbers, rtol=0, atol=1e-9, err_msg=name)


def test_it_says_so_once_where_the_user_asked(plain):
    ((message, filename),) = plain["warnings"]
    assert message == "numba is not installed: solving is a thousand times slower (pip install numba)."
    assert filename.endswith("test_solver_fallback.py")


def test_with_numba_nothing_is_said(paper6):
    pytest.importorskip("numba")
    compiled.warn_if_slow.cache_clear()
    compiled.warn_if_slow()
