"""Sets of targets to compare solvers on: easy ones, and those that solvers are known to fail at."""

from collections.abc import Callable, Mapping

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import Frames, JointAngles, Targets
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.marquardt import frames_of, jacobians_of
from emssl_bench.tasks import Task
from emssl_bench.tasks.pose import METRES_A_RADIAN
from robots.spec import RobotSpec

PATH_TARGETS, PATH_STEP_M = 100, 0.001
_CHOSEN_AMONG = 20
"""Random configurations for each target of a set that is chosen among them: the most extreme twentieth."""
_FEWEST_DRAWN = 20_000
_NEAR_LIMIT = 0.02
"""Share of a joint's range."""
_VOXELS = 24
"""Along each axis."""


def targets(
    name: str, robot: RobotSpec, space: JointSpace, task: Task, count: int, generator: np.random.Generator
) -> Targets:
    """Targets (count, columns) of the set of a name, of `TARGET_SETS`."""
    chain = Chain.of(robot, space)
    frames = TARGET_SETS[name](chain, space, task, count, generator)
    return np.ascontiguousarray(frames if task.columns == 7 else frames[:, :3])


def uniform(chain: Chain, space: JointSpace, task: Task, count: int, generator: np.random.Generator) -> Frames:
    """Joint angles uniform in the joint space."""
    return frames_of(space.sample(count, generator), chain.links)


def volume(chain: Chain, space: JointSpace, task: Task, count: int, generator: np.random.Generator) -> Frames:
    """Positions uniform in the volume that the arm reaches, by voxels."""
    frames = frames_of(_drawn(space, count, generator), chain.links)
    positions = frames[:, :3]
    width = np.maximum(np.ptp(positions, axis=0), 1e-9)
    cells = np.minimum((positions - positions.min(axis=0)) / width * _VOXELS, _VOXELS - 1).astype(int)
    _, cell, crowd = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    chances = 1 / crowd[cell.ravel()]
    return frames[generator.choice(len(frames), count, replace=False, p=chances / chances.sum())]


def limits(chain: Chain, space: JointSpace, task: Task, count: int, generator: np.random.Generator) -> Frames:
    """Half of the joints within 2 % of their range from a limit."""
    angles = space.sample(count, generator)
    lower, upper = chain.bounds
    near = generator.random(angles.shape).argsort(axis=1) < (chain.dof + 1) // 2
    share = generator.random(angles.shape) * _NEAR_LIMIT
    at_limit = np.where(generator.random(angles.shape) < 0.5, share, 1 - share)
    return frames_of(np.where(near, lower + at_limit * (upper - lower), angles), chain.links)


def singular(chain: Chain, space: JointSpace, task: Task, count: int, generator: np.random.Generator) -> Frames:
    """The configurations whose Jacobians have the least singular values."""
    angles = _drawn(space, count, generator)
    jacobians = jacobians_of(angles, chain.links, 6 if task.columns == 7 else 3, METRES_A_RADIAN)
    least = np.linalg.svd(jacobians, compute_uv=False)[:, -1]
    return frames_of(_first(angles, least, count, generator), chain.links)


def edge(chain: Chain, space: JointSpace, task: Task, count: int, generator: np.random.Generator) -> Frames:
    """The positions that are farthest from the first joint."""
    angles = _drawn(space, count, generator)
    distances = np.linalg.norm(frames_of(angles, chain.links)[:, :3] - _first_joint(chain), axis=1)
    return frames_of(_first(angles, -distances, count, generator), chain.links)


def path(chain: Chain, space: JointSpace, task: Task, count: int, generator: np.random.Generator) -> Frames:
    """Paths of a hundred targets a millimetre apart, along straight lines in joint space."""
    found = []
    for _ in range(-(-count // PATH_TARGETS)):
        ends = space.sample(2, generator)
        shares = np.linspace(0, 1, 2001)[:, None]
        frames = frames_of(ends[0] + shares * (ends[1] - ends[0]), chain.links)
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(frames[:, :3], axis=0), axis=1))])
        step = min(PATH_STEP_M, along[-1] / PATH_TARGETS)
        at = np.interp(np.arange(PATH_TARGETS) * step, along, shares[:, 0])[:, None]
        found.append(frames_of(ends[0] + at * (ends[1] - ends[0]), chain.links))
    return np.concatenate(found)[:count]


def unreachable(chain: Chain, space: JointSpace, task: Task, count: int, generator: np.random.Generator) -> Frames:
    """Positions 2 to 20 % farther from the first joint than any that the arm was seen to reach."""
    frames = frames_of(_drawn(space, count, generator), chain.links)
    outwards = frames[:, :3] - _first_joint(chain)
    distances = np.linalg.norm(outwards, axis=1)
    chosen = frames[:count].copy()
    shares = generator.uniform(1.02, 1.2, count) * distances.max() / np.maximum(distances[:count], 1e-9)
    chosen[:, :3] = _first_joint(chain) + outwards[:count] * shares[:, None]
    return chosen


TARGET_SETS: Mapping[str, Callable[..., Frames]] = {
    each.__name__: each for each in (uniform, volume, limits, singular, edge, path, unreachable)
}


def _drawn(space: JointSpace, count: int, generator: np.random.Generator) -> JointAngles:
    return space.sample(max(_CHOSEN_AMONG * count, _FEWEST_DRAWN), generator)


def _first(angles: JointAngles, order: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Of the first twentieth, by `order`, so many."""
    least = np.argsort(order, kind="stable")[: max(count, len(angles) // _CHOSEN_AMONG)]
    return angles[generator.choice(least, count, replace=False)]


def _first_joint(chain: Chain) -> np.ndarray:
    return chain.links[0, 9:12]
