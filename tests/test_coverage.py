import numpy as np
import pytest

from emssl_bench.experiments.coverage import NEIGHBOURS, PLACES, coverage
from emssl_bench.experiments.evaluation import Errors
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.base import Solver
from emssl_bench.tasks import POSITION
from emssl_bench.tasks.pose import POSE


class Remembers(Solver):
    """Answers as it was told for each position."""

    def __init__(self, positions, joint_angles):
        self._answers = dict(zip(map(tuple, positions), joint_angles, strict=True))

    def solve(self, targets, samples=1):
        return np.array([[self._answers[tuple(target)]] for target in targets])


@pytest.fixture
def elbows(planar3, planar3_chain, rng):
    """Positions of planar3, and two joint configurations for each: the first two joints, elbow down and up."""
    down = np.column_stack([rng.uniform(-0.4, 0.4, 2000), rng.uniform(0.6, 1.2, 2000), np.zeros(2000)])
    positions = planar3_chain.positions(down)
    from_base = np.arctan2(positions[:, 1], positions[:, 0])
    up = np.column_stack([2 * from_base - down[:, 0], -down[:, 1], -down[:, 2]])  # mirrored at the line from the base
    np.testing.assert_allclose(planar3_chain.positions(up), positions, atol=1e-12)
    return positions, down, up


@pytest.fixture
def places(planar3_chain):
    """Of answers to the first half of the positions, judged on the second."""

    def found(positions, answers, errors_cm):
        learned_from, judged = np.split(positions, 2)
        model = Remembers(learned_from, answers[: len(learned_from)])
        errors = Errors({"error_{}_cm": errors_cm}, "error_{}_cm")
        return {name: value for name, (value,) in coverage(model, planar3_chain, learned_from, judged, errors).items()}

    return found


def test_one_branch_everywhere_is_covered_and_does_not_branch(places, elbows):
    positions, down, _ = elbows
    found = places(positions, down, np.ones(1000))
    assert (found["uncovered_share"], found["branching_share"]) == (0, 0)
    assert found["covered_error_cm"] == 1


def test_always_the_same_answer_covers_next_to_nothing(places, elbows):
    positions, down, _ = elbows
    found = places(positions, np.tile(down[:1], (2000, 1)), np.ones(1000))
    assert found["uncovered_share"] > 0.95


def test_half_of_the_workspace_is_half_uncovered(places, elbows):
    positions, down, _ = elbows
    half = down.copy()
    half[:, 0] = np.abs(half[:, 0])
    assert places(positions, half, np.ones(1000))["uncovered_share"] == pytest.approx(0.45, abs=0.1)


def test_two_branches_mixed_meet_everywhere_and_side_by_side_only_at_their_border(places, elbows):
    positions, down, up = elbows
    even = (np.arange(2000) % 2 == 0)[:, None]
    assert places(positions, np.where(even, down, up), np.ones(1000))["branching_share"] > 0.9
    left = positions[:, 1:2] > 0.3
    assert 0 < places(positions, np.where(left, down, up), np.ones(1000))["branching_share"] < 0.5


def test_few_answers_of_one_branch_do_not_branch(places, elbows):
    """Were those counted that lead far, the arm's curvature between them would be taken for branches."""
    positions, down, _ = elbows
    few = down.copy()
    few[np.arange(2000) % 40 > 0] = down[0]
    found = places(positions, few, np.ones(1000))
    assert 0.3 < found["uncovered_share"] < 0.9
    assert found["branching_share"] == 0


def test_shares_add_up_to_one_and_errors_to_the_mean(places, elbows, rng):
    positions, down, up = elbows
    errors_cm = rng.uniform(0, 9, 1000)
    low, middle, _ = np.array_split(np.argsort(positions[:, 1]), 3)
    answers = down.copy()
    answers[low] = down[low[0]]
    answers[middle[::2]] = up[middle[::2]]
    found = places(positions, answers, errors_cm)
    assert all(found[f"{place}_share"] > 0 for place in PLACES)
    assert sum(found[f"{place}_share"] for place in PLACES) == pytest.approx(1)
    assert sum(found[f"{place}_error_cm"] for place in PLACES) == pytest.approx(errors_cm.mean())


@pytest.mark.parametrize(("missing", "uncovered"), [(0, 0), (NEIGHBOURS - 2, 0), (NEIGHBOURS + 4, 1)])
def test_a_gap_wider_than_what_holds_the_neighbours_is_uncovered(planar3_chain, missing, uncovered):
    angles = np.column_stack([np.zeros((101, 2)), np.linspace(-1, 1, 101)])
    positions = planar3_chain.positions(angles)
    answers = angles.copy()
    answers[50 - missing // 2 : 50 + missing // 2] = angles[0]
    model, middle = Remembers(positions, answers), positions[50:51]
    found = coverage(model, planar3_chain, positions, middle, Errors({"error_{}_cm": np.ones(1)}, "error_{}_cm"))
    assert found["uncovered_share"] == [uncovered]


def shares(space, arm, answers, task, count=1500):
    """The places of poses or positions of an arm, by answers that are a function of the true joint angles."""
    angles = space.sample(2 * count, np.random.default_rng(0))
    targets = task.reached(arm, angles)
    model = Remembers(targets[:count], answers(angles[:count]))
    model.task = task
    errors = Errors({"error_{}_cm": np.ones(count)}, "error_{}_cm")
    found = coverage(model, arm, targets[:count], targets[count:], errors)
    return [found[f"{place}_share"][0] for place in PLACES]


@pytest.mark.parametrize("task", [POSITION, POSE], ids=["positions", "poses"])
def test_poses_are_uncovered_or_branch_where_positions_do(task, paper6, paper6_chain):
    """Joint angles of one branch, of every branch, always the same, and of half of the joint space."""
    narrow, whole = JointSpace.of(paper6, 30), JointSpace.of(paper6, 180)

    def of(space, answers=lambda angles: angles):
        return shares(space, paper6_chain, answers, task)

    assert of(narrow)[:2] == [0, 0]
    assert of(whole)[1] > 0.9
    assert of(narrow, lambda angles: np.tile(angles[:1], (len(angles), 1)))[0] > 0.95
    uncovered, branching, _ = of(
        narrow, lambda angles: np.abs(angles * [1, 0, 0, 0, 0, 0]) + angles * [0, 1, 1, 1, 1, 1]
    )
    assert 0.25 < uncovered < 0.5
    assert branching == 0
