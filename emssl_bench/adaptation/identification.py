"""The link parameters of a changed arm, fitted to a few measurements."""

import copy
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import mse_loss
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.exceptions import Diverged
from emssl_bench.forward.chain import ChainArm, matrices_from_rpy
from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.tasks import POSITION, Task
from robots.spec import RobotSpec

EQUIVALENT_M = 1e-9
"""Two arms are taken for the same if what they reach differs by less than this [m]."""


def measured_for(task: Task) -> Task:
    """What is measured to identify an arm that has this task: poses, if targets have orientations, or positions."""
    return task if task.oriented else POSITION


def from_measurements(
    robot: RobotSpec, measured: NoisyArm, space: JointSpace, count: int, seeds: Seeds, task: Task = POSITION
) -> ChainArm:
    """The arm that fits `count` measurements at random configurations, of what is measured for a task."""
    joint_angles = space.sample(count, seeds.numpy("measurements"))
    of = measured_for(task)
    return identified(robot, joint_angles, of.reached(measured, joint_angles), of)


@ordinary_numerics()
def identified(nominal: RobotSpec, joint_angles: JointAngles, reached: Targets, task: Task = POSITION) -> ChainArm:
    """The chain whose link parameters fit the measurements best, found by descent from the nominal arm's.

    All parameters are free: the origin and the rotation of every link. So longer links, a knock, shifted encoders and
    a tool can all be identified. Measurements do not tell all combinations of parameters apart. Such parameters stay
    near those of the nominal arm.

    What is fitted are the coordinates of the task. For poses these are positions and rotation matrices, scaled so that
    a small angle counts as the distance that the task says. They tell of an angle what a rotation vector does, and are
    smooth also at half a turn.

    Args:
        nominal: the arm before it changed.
        joint_angles: (n, dof) [rad], where it was measured.
        reached: (n, columns), what was measured there: targets of the task.
        task: what was measured.

    Raises:
        Diverged: the fit is not finite.
        InvalidValue: the task has no gradient through the arm.

    Source: Section III-C, "the forward model is updated by learning the link parameters by gradient descent";
    the descent is quasi-Newton, L-BFGS with a line search.
    """
    chain = ChainArm(nominal)
    arrays = joint_angles, task.coordinates(reached)
    q, p_m = (torch.tensor(each, dtype=torch.float64, device="cpu") for each in arrays)
    p_cm = p_m * 100
    descent = torch.optim.LBFGS(
        chain.parameters(),
        max_iter=500,
        history_size=50,
        tolerance_grad=1e-9,
        tolerance_change=1e-11,
        line_search_fn="strong_wolfe",
    )

    def misfit() -> torch.Tensor:
        descent.zero_grad()
        loss = mse_loss(task.differentiable(chain, q) * 100, p_cm)
        loss.backward()
        return loss

    loss = descent.step(misfit).detach()
    if not bool(torch.isfinite(loss)) or not all(bool(p.isfinite().all()) for p in chain.parameters()):
        raise Diverged("the link parameters fitted to the measurements are not finite.")
    return chain.requires_grad_(False)


def described(chain: ChainArm, nominal: RobotSpec) -> RobotSpec:
    """The nominal arm with the link parameters of an identified chain, for what needs a description."""
    (*offsets, tip_offset), (*rotations, tip_rotation) = chain.link_offsets.tolist(), chain.link_rotations.tolist()
    joints = [
        replace(joint, origin_xyz_m=tuple(offset), origin_rpy_rad=tuple(rotation))
        for joint, offset, rotation in zip(nominal.joints, offsets, rotations, strict=True)
    ]
    return replace(nominal, joints=tuple(joints), tip_xyz_m=tuple(tip_offset), tip_rpy_rad=tuple(tip_rotation))


class _Reached(nn.Module):
    """The coordinates of what an arm reaches, as a function of its link parameters."""

    def __init__(self, chain: ChainArm, task: Task):
        super().__init__()
        self.chain, self._task = chain, task

    def forward(self, joint_angles: Tensor) -> Tensor:
        return self._task.differentiable(self.chain, joint_angles)


@ordinary_numerics()
def nearest_equivalent(chain: ChainArm, truth: RobotSpec, joint_angles: JointAngles, task: Task = POSITION) -> ChainArm:
    """An arm that reaches what `chain` does, and with link parameters as near to the true ones as a search finds.

    Different link parameters can describe one arm: an origin may slide along the axis of its joint, if the next one
    slides back. Which of them a fit ends with says nothing about how well it has identified the arm.

    Args:
        chain: the identified arm.
        truth: the true one.
        joint_angles: (n, dof) [rad], where the two are compared; enough of them to tell arms apart.
        task: what they reach.

    Source: descent along the null space of the Jacobian of what is reached (pseudoinverse), each step followed by
    Gauss-Newton back to the same, and taken only if it gets there and comes nearer.
    """
    nearest = _Reached(copy.deepcopy(chain).requires_grad_(False), task)
    q = torch.tensor(joint_angles, dtype=torch.float64, device="cpu")
    names, parameters = zip(*nearest.named_parameters(), strict=True)
    shapes = [parameter.shape for parameter in parameters]
    targets = nearest(q)
    true = parameters_to_vector(ChainArm(truth).requires_grad_(False).parameters())

    def missed(flat: torch.Tensor) -> torch.Tensor:
        parts = flat.split([shape.numel() for shape in shapes])
        values = {name: part.view(shape) for name, part, shape in zip(names, parts, shapes, strict=True)}
        return (functional_call(nearest, values, (q,)) - targets).flatten()

    def with_inverse(flat: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The Jacobian of what is reached, and its pseudoinverse."""
        jacobian = torch.autograd.functional.jacobian(missed, flat, vectorize=True)
        assert isinstance(jacobian, torch.Tensor)
        return jacobian, torch.linalg.pinv(jacobian, rtol=1e-8)

    found = parameters_to_vector(parameters)
    (jacobian, inverse), share = with_inverse(found), 1.0
    while share > 0.01:
        towards = true - found
        tried = found + share * (towards - inverse @ (jacobian @ towards))
        for _ in range(2):
            tried = tried - with_inverse(tried)[1] @ missed(tried)
        tried_jacobian, tried_inverse = with_inverse(tried)
        tried = tried - tried_inverse @ missed(tried)
        nearer = (true - tried).norm() < 0.999 * towards.norm()
        if nearer and missed(tried).abs().max() < EQUIVALENT_M:
            found, jacobian, inverse, share = tried, tried_jacobian, tried_inverse, min(1.0, 2 * share)
        else:
            share /= 2
    vector_to_parameters(found, parameters)
    return nearest.chain


@ordinary_numerics()
def parameter_errors(chain: ChainArm, truth: RobotSpec, task: Task = POSITION) -> Mapping[str, float]:
    """Root mean square error of the links' offsets [mm] and of their rotations [deg], against the true arm's.

    A rotation's error is the angle that remains after undoing it. The last rotation, the tip's, counts only where the
    task has orientations: it moves nothing.
    """
    true = ChainArm(truth)
    with torch.no_grad():
        offsets_mm = (chain.link_offsets - true.link_offsets).norm(dim=1) * 1000
        moving = len(true.link_rotations) - (not task.oriented)
        ours, theirs = (matrices_from_rpy(each.link_rotations[:moving]) for each in (chain, true))
        between = ours.transpose(1, 2) @ theirs
        skew = torch.stack([between[:, 2, 1] - between[:, 1, 2], between[:, 0, 2] - between[:, 2, 0]], dim=1)
        skew = torch.cat([skew, (between[:, 1, 0] - between[:, 0, 1])[:, None]], dim=1)
        trace = between.diagonal(dim1=1, dim2=2).sum(dim=1)
        angles_deg = torch.rad2deg(torch.atan2(skew.norm(dim=1), trace - 1))
    return {
        "parameter_error_mm": float(offsets_mm.square().mean().sqrt()),
        "parameter_error_deg": float(angles_deg.square().mean().sqrt()),
    }
