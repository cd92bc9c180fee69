"""The positions that an arm can reach at all, found by least squares: no method can reach others."""

import numpy as np
import torch
from scipy.optimize import least_squares
from scipy.spatial import KDTree
from torch import Tensor

from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Positions, checked
from robots import reach
from robots.spec import RobotSpec

WITHIN_M = 0.001
STARTS = 6
"""Random configurations from which a position is searched for: those that reach nearest to it."""
RANDOM_CONFIGURATIONS = 400_000
FEW_CONFIGURATIONS = 20_000
STEPS = 12
_DAMPING = 1e-6
_LONGEST_STEP = 0.5


@ordinary_numerics()
def reachable(robot: RobotSpec, space: JointSpace, positions: Positions) -> np.ndarray:
    """Whether the arm comes within `WITHIN_M` of each position, with joint angles in the space.

    This is a search by damped least squares on the exact chain, from the nearest of many random configurations. A
    position that it finds is reached. A position that it does not find is taken to be out of reach.

    Args:
        robot: the arm.
        space: where its joint angles must lie.
        positions: (n, 3) [m].

    Returns:
        (n,) of bool.

    Raises:
        ShapeError: not (n, 3), not finite, or much too far away.

    Source: Wampler, "Manipulator inverse kinematic solutions based on ... damped least-squares methods" (1986).
    """
    positions = checked(positions, 3, "positions")
    chain = ChainArm(robot).requires_grad_(False)
    configurations = space.sample(RANDOM_CONFIGURATIONS, np.random.default_rng(0))
    nearest = np.asarray(KDTree(chain.positions(configurations)).query(positions, k=STARTS)[1])
    found = np.zeros(len(positions), dtype=bool)
    for starts in nearest.T:
        missing = np.flatnonzero(~found)
        if not len(missing):
            break
        joint_angles = torch.from_numpy(configurations[starts[missing]])
        targets = torch.from_numpy(positions[missing])
        for _ in range(STEPS):
            joint_angles = _stepped(chain, joint_angles, targets, space)
        found[missing] = (chain(joint_angles) - targets).norm(dim=1).numpy() <= WITHIN_M
    return found


class Search:
    """A search for how near an arm comes to positions, for many calls with few positions each.

    It searches as `reachable` does, but from fewer configurations first. These are quickly made, and find nearly all
    positions that can be reached. For the others it starts from as many configurations as `reachable` does. Both sets
    are made when first needed.
    """

    def __init__(self, robot: RobotSpec, space: JointSpace):
        self._space, self._moved = space, reach.Jacobian(robot)
        self._chain = ChainArm(robot).requires_grad_(False)
        self._drawn: dict[int, tuple[np.ndarray, KDTree]] = {}

    @ordinary_numerics()
    def missed_m(self, positions: Positions) -> np.ndarray:
        """The distance (n,) [m] of each of the positions (n, 3) from the nearest place found.

        The search for a position ends within `WITHIN_M` of it.
        """
        positions = checked(positions, 3, "positions")
        missed_m = np.full(len(positions), np.inf)
        for count in (FEW_CONFIGURATIONS, RANDOM_CONFIGURATIONS):
            missing = np.flatnonzero(missed_m > WITHIN_M)
            if not len(missing):
                break
            configurations, tree = self._configurations(count)
            nearest = np.asarray(tree.query(positions[missing], k=STARTS)[1])
            for approached_m in (self._stepped_m, self._bounded_m):
                for starts in nearest.T:
                    left = missed_m[missing] > WITHIN_M
                    if left.any():
                        rows = missing[left]
                        found_m = approached_m(configurations[starts[left]], positions[rows])
                        missed_m[rows] = np.minimum(missed_m[rows], found_m)
        return missed_m

    def _configurations(self, count: int) -> tuple[np.ndarray, KDTree]:
        if count not in self._drawn:
            configurations = self._space.sample(count, np.random.default_rng(0))
            self._drawn[count] = configurations, KDTree(self._chain.positions(configurations))
        return self._drawn[count]

    def _stepped_m(self, configurations: np.ndarray, positions: Positions) -> np.ndarray:
        """The least distance [m] of each position that steps from its configuration reach."""
        joint_angles, targets = torch.from_numpy(configurations), torch.from_numpy(positions)
        nearest_m = (self._chain(joint_angles) - targets).norm(dim=1)
        for _ in range(STEPS):
            if bool((nearest_m <= WITHIN_M).all()):
                break
            joint_angles = _stepped(self._chain, joint_angles, targets, self._space)
            nearest_m = torch.minimum(nearest_m, (self._chain(joint_angles) - targets).norm(dim=1))
        return nearest_m.numpy()

    def _bounded_m(self, configurations: np.ndarray, positions: Positions) -> np.ndarray:
        """As `_stepped_m`, by a trust region that follows the bounds of the joint space, one by one."""
        bounds = np.nextafter(self._space.lower, -np.inf), np.nextafter(self._space.upper, np.inf)
        found = []
        for start, target in zip(configurations, positions, strict=True):
            solved = least_squares(
                lambda joint_angles, target=target: self._moved(joint_angles)[0] - target,
                start,
                jac=lambda joint_angles: self._moved(joint_angles)[1],  # pyright: ignore[reportArgumentType]
                bounds=bounds,
                method="dogbox",
                max_nfev=50,
                ftol=None,  # pyright: ignore[reportArgumentType]
                xtol=1e-10,
                gtol=1e-10,
            )
            found.append(np.linalg.norm(solved.fun))
        return np.array(found)


def _stepped(chain: ChainArm, joint_angles: Tensor, targets: Tensor, space: JointSpace) -> Tensor:
    """One damped least-squares step of all rows; a joint that would leave the space is held where it is."""
    bounds = space.lower, space.upper
    lower, upper = (torch.tensor(each, dtype=torch.float32, device="cpu") for each in bounds)  # as solutions are
    joint_angles.requires_grad_(True)
    reached = chain(joint_angles)
    rows = [torch.autograd.grad(reached[:, i].sum(), joint_angles, retain_graph=True)[0] for i in range(3)]
    jacobian, missed = torch.stack(rows, dim=1), (targets - reached.detach())[:, :, None]
    joint_angles = joint_angles.detach()
    free, step = torch.ones_like(joint_angles), torch.zeros_like(joint_angles)
    for _ in range(2):
        of_free = jacobian * free[:, None, :]
        damped = of_free @ of_free.transpose(1, 2) + _DAMPING * torch.eye(3, dtype=jacobian.dtype, device="cpu")
        step = (of_free.transpose(1, 2) @ torch.linalg.solve(damped, missed))[:, :, 0]
        free = free * ((joint_angles + step >= lower) & (joint_angles + step <= upper))
        step = step * free
    return torch.clamp(joint_angles + step.clamp(-_LONGEST_STEP, _LONGEST_STEP), lower, upper)
