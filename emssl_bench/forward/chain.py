"""The arm as a differentiable torch function: gradients to joint angles and to link parameters."""

import time
from collections.abc import Callable

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor, nn

from emssl_bench.forward import Counted
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Frames, JointAngles, Positions, checked
from emssl_bench.system.opened import Opened
from robots.spec import RobotSpec


class ChainArm(nn.Module):
    r"""Forward kinematics of a chain, batched.

    With :math:`T_i(v) = R_i v + t_i` the placement of joint i on the link before it and :math:`M_i(q_i)` its
    motion about (or along) its axis, the end effector is at

    .. math:: p = T_1 M_1(q_1) \, T_2 M_2(q_2) \cdots T_n M_n(q_n) \, t_{tip}

    It is computed from the tip down: positions then need no rotations of the links.

    A joint that follows another is at a multiple of that one's angle, plus an offset (URDF: mimics).

    Link parameters, both learnable, for an arm with n joints, followers among them:
        link_offsets: (n + 1, 3) [m], the :math:`t_i`; the last row is the tip.
        link_rotations: (n + 1, 3) [rad], roll, pitch and yaw of the :math:`R_i`; the last row turns the tip alone.
    """

    axes: Tensor
    prismatic: tuple[bool, ...]
    _driven: Tensor

    @ordinary_numerics()
    def __init__(self, robot: RobotSpec, dtype: torch.dtype = torch.float64):
        super().__init__()
        offsets = [*(joint.origin_xyz_m for joint in robot.joints), robot.tip_xyz_m]
        rotations = [*(joint.origin_rpy_rad for joint in robot.joints), robot.tip_rpy_rad]
        self.link_offsets = nn.Parameter(torch.tensor(offsets, dtype=dtype, device="cpu"))
        self.link_rotations = nn.Parameter(torch.tensor(rotations, dtype=dtype, device="cpu"))
        axes = [joint.axis for joint in robot.joints]
        self.register_buffer("axes", torch.tensor(axes, dtype=dtype, device="cpu"))
        self.prismatic = tuple(joint.kind == "prismatic" for joint in robot.joints)
        self.dof = robot.dof
        places, multipliers, offsets = zip(*robot.driven, strict=True)
        self._places = list(places) if robot.followers else None
        driven = torch.tensor([multipliers, offsets], dtype=dtype, device="cpu")
        self.register_buffer("_driven", driven, persistent=False)
        self._opened = Opened("the chain")

    def forward(self, joint_angles: Tensor) -> Tensor:
        """Positions (\\*, 3) [m] of joint angles (\\*, dof) [rad].

        Raises:
            Closed: the chain is closed.
        """
        self._opened.require_usable()
        joint_angles = self._of_every_joint(joint_angles)
        rotations = matrices_from_rpy(self.link_rotations)
        position = self.link_offsets[-1].expand(*joint_angles.shape[:-1], 3)
        for i in reversed(range(len(self.prismatic))):
            angle, axis = joint_angles[..., i, None], self.axes[i]
            if self.prismatic[i]:
                position = position + angle * axis
            else:
                position = _rotated(position, axis, angle)
            position = position @ rotations[i].T + self.link_offsets[i]
        return position

    def orientations(self, joint_angles: Tensor) -> Tensor:
        r"""Rotation matrices (\*, 3, 3) of the end effector, for joint angles (\*, dof) [rad].

        Raises:
            Closed: the chain is closed.
        """
        self._opened.require_usable()
        joint_angles = self._of_every_joint(joint_angles)
        rotations = matrices_from_rpy(self.link_rotations)
        orientation = rotations[-1].expand(*joint_angles.shape[:-1], 3, 3)
        for i in reversed(range(len(self.prismatic))):
            if not self.prismatic[i]:
                columns = orientation.transpose(-1, -2)
                turned = _rotated(columns, self.axes[i], joint_angles[..., i, None, None])
                orientation = turned.transpose(-1, -2)
            orientation = rotations[i] @ orientation
        return orientation

    def placed(self, joint_angles: Tensor) -> tuple[Tensor, Tensor]:
        """Positions (\\*, 3) [m] and rotation matrices (\\*, 3, 3), for joint angles (\\*, dof) [rad]."""
        return self(joint_angles), self.orientations(joint_angles)

    def _of_every_joint(self, joint_angles: Tensor) -> Tensor:
        if self._places is None:
            return joint_angles
        return joint_angles[..., self._places] * self._driven[0] + self._driven[1]

    def positions(self, joint_angles: JointAngles) -> Positions:
        """Positions (n, 3) [m] of joint angles (n, dof) [rad], without gradients.

        Raises:
            ShapeError: not (n, dof), or not finite.
            Closed: the chain is closed.
        """
        return self._computed(self, joint_angles)

    def frames(self, joint_angles: JointAngles) -> Frames:
        """Positions and orientations (n, 7) [m, unit quaternion x y z w], without gradients."""
        positions, matrices = (self._computed(each, joint_angles) for each in (self, self.orientations))
        turns = Rotation.from_matrix(matrices).as_quat() if len(matrices) else np.empty((0, 4))
        return np.concatenate([positions, turns], axis=1)

    def _computed(self, function: Callable[[Tensor], Tensor], joint_angles: JointAngles) -> np.ndarray:
        rows = checked(joint_angles, self.dof, "joint angles")
        with ordinary_numerics(), torch.no_grad():
            found = function(torch.tensor(rows, dtype=torch.float64, device="cpu").to(self.link_offsets))
            return found.to("cpu", torch.float64).numpy()

    def close(self) -> None:
        """Marks the chain as closed: like every forward model it cannot be used afterwards."""
        self._opened.end()


class CountedChain(Counted):
    """The exact arm with its gradient, for a method that `differentiates_arm`; it counts its queries."""

    def __init__(self, chain: ChainArm):
        super().__init__(chain)
        self._chain = chain

    def differentiable(
        self, joint_angles: Tensor, compute: Callable[[ChainArm, Tensor], Tensor] = ChainArm.forward
    ) -> Tensor:
        """What is computed of the chain with gradients, by default positions (n, 3) [m]: a query of the arm each.

        Args:
            joint_angles: (n, dof) [rad].
            compute: of chain and joint angles, such as `Task.differentiable`.
        """
        with self._opened:
            start = time.perf_counter()
            found = compute(self._chain, joint_angles)
            self.seconds += time.perf_counter() - start
            self.calls += len(joint_angles)
            return found


def _rotated(vector: Tensor, axis: Tensor, angle: Tensor) -> Tensor:
    """The `vector` turned about the unit `axis` by `angle`. Source: Rodrigues' rotation formula."""
    along = (vector @ axis)[..., None] * axis
    across = torch.linalg.cross(axis.expand_as(vector), vector)
    return along + (vector - along) * torch.cos(angle) + across * torch.sin(angle)


def matrices_from_rpy(rpy: Tensor) -> Tensor:
    """Rotations (n, 3, 3) of URDF's fixed-axis roll, pitch, yaw (n, 3) [rad]: Rz(yaw) Ry(pitch) Rx(roll)."""
    (sr, sp, sy), (cr, cp, cy) = torch.sin(rpy).unbind(-1), torch.cos(rpy).unbind(-1)
    rows = (
        (cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr),
        (sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr),
        (-sp, cp * sr, cp * cr),
    )
    return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=-2)


def opened(robot: RobotSpec, workers: int, device: str) -> ChainArm:
    """The forward model "chain", which needs no workers."""
    return ChainArm(robot).to(device)


def require_usable(robot: RobotSpec) -> None:
    """Any arm will do."""
