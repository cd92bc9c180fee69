"""Pictures of an arm and its target, by PyBullet's software renderer: no window, no GPU."""

import math
from pathlib import Path
from typing import Any

import numpy as np

import robots
from emssl_bench.envs.drawn_arm import drawn, drawn_axes
from emssl_bench.envs.floor import Floor
from emssl_bench.exceptions import RobotError
from emssl_bench.forward import reading
from emssl_bench.forward.bullet import load_text
from emssl_bench.forward.client import Client
from emssl_bench.shapes import Frames, JointAngles, Positions
from robots.rotation import matrix_from_rpy
from robots.spec import RobotSpec

SIZE_PX = 480
_OVERSAMPLING = 2  # the renderer draws hard edges: a picture is drawn larger and averaged down
_FINE_PX = SIZE_PX * _OVERSAMPLING
_FIELD_OF_VIEW_DEG = 35.0
_TARGET_COLOUR = (0.10, 0.70, 0.30, 1.0)
_AXES = 0.12
"""The length of the axes of a frame, as a share of the reach: they stay in the picture."""


class Scene:
    """An arm, a grid on the floor of its base, a target, and a camera that has all its reach in view.

    It has a PyBullet client of its own: open one for the first picture, and keep it.
    """

    def __init__(self, robot: RobotSpec, urdf_file: Path | None):
        """Args:
            robot: the arm.
            urdf_file: a file with its visuals; without one, or where it shows nothing, the arm is drawn simply.

        Raises:
            MissingDependency: PyBullet is not installed.
            RobotError: it cannot hold so long an arm, or has read another than was written.
            SystemLimit: there is no place for the file that PyBullet reads, or there are too many clients.
        """
        self._robot, self._urdf_file = robot, urdf_file
        self._session = Client(robot, "the picture's scene")
        self._bullet, self._client = self._session.bullet, self._session.number
        try:
            with self._session:
                self._arm, self._joints = self._load(robot, urdf_file)
                self._session.mark(self._arm)
                self._target = self._add_sphere(0.03 * robot.reach_bound_m)
        except BaseException:
            self._session.close()
            raise
        self._axes: list[int] = []
        self._view, self._projection = self._camera(robot)
        base = robot.joints[0].origin_xyz_m
        self._floor = Floor.seen(self._view, self._projection, base, robot.reach_bound_m, _FINE_PX)

    @classmethod
    def of(cls, asked: str | Path | RobotSpec, robot: RobotSpec) -> "Scene":
        """The scene of `robot`, with the visuals of the name, file or arm that the user gave."""
        if isinstance(asked, (str, Path)):
            return cls(robot, Path(asked) if robots.is_file(asked) else robots.urdf_path(str(asked)))
        unchanged = robot.name in robots.available() and robots.load(robot.name) == robot
        return cls(robot, robots.urdf_path(robot.name) if unchanged else None)

    def _load(self, robot: RobotSpec, urdf_file: Path | None) -> tuple[int, list[int]]:
        """The arm's body, and its joints in the order of `robot.joints`."""
        if urdf_file is not None:
            body = None
            try:
                body = self._session.load(urdf_file)
                if self._bullet.getVisualShapeData(body, physicsClientId=self._client):
                    joints = self._joints_called(body, [joint.name for joint in robot.joints])
                    self._require_as_given(robot, body, joints)
                    return body, joints
            except (self._bullet.error, UnicodeError, KeyError, RobotError):
                pass  # its meshes are elsewhere, for instance, or PyBullet reads it otherwise: it can still be drawn
            if body is not None:
                self._bullet.removeBody(body, physicsClientId=self._client)
        try:
            body = load_text(self._session, drawn(robot), robot.digest)
        except self._bullet.error as error:
            raise RobotError(f"PyBullet cannot load the drawing of {robot.shown}: {error}") from None
        joints = self._joints_called(body, [f"joint{index}" for index in range(len(robot.joints))])
        self._require_as_given(robot, body, joints)
        return body, joints

    def _joints_called(self, body: int, names) -> list[int]:
        count = self._bullet.getNumJoints(body, physicsClientId=self._client)
        infos = [self._bullet.getJointInfo(body, index, physicsClientId=self._client) for index in range(count)]
        indices = {info[1].decode(): info[0] for info in infos}
        return [indices[name] for name in names]

    def _require_as_given(self, robot: RobotSpec, body: int, joints: list[int]) -> None:
        def positions(joint_angles: JointAngles) -> Positions:
            found = np.empty((len(joint_angles), 3))
            for row, angles in enumerate(joint_angles):
                self._move(body, joints, angles)
                state = self._bullet.getLinkState(
                    body, joints[-1], computeForwardKinematics=1, physicsClientId=self._client
                )
                rotation = np.reshape(self._bullet.getMatrixFromQuaternion(state[5]), (3, 3))
                found[row] = state[4] + rotation @ robot.tip_xyz_m
            return found

        reading.require_as_given(robot, positions, f"the visuals of {robot.shown}")

    def _move(self, body: int, joints: list[int], joint_angles: np.ndarray) -> None:
        angles = self._robot.of_every_joint(joint_angles).tolist()
        self._bullet.resetJointStatesMultiDof(body, joints, [[angle] for angle in angles], physicsClientId=self._client)

    def _add_sphere(self, radius_m: float) -> int:
        bullet = self._bullet
        shape = bullet.createVisualShape(
            bullet.GEOM_SPHERE, radius=radius_m, rgbaColor=_TARGET_COLOUR, physicsClientId=self._client
        )
        return bullet.createMultiBody(baseVisualShapeIndex=shape, physicsClientId=self._client)

    def _camera(self, robot: RobotSpec) -> tuple[list[float], list[float]]:
        """View and projection: the ball of the arm's reach, about its first joint, fills the picture."""
        radius_m = 1.12 * robot.reach_bound_m  # flanges and grippers go on beyond the end effector
        distance_m = radius_m / math.sin(math.radians(_FIELD_OF_VIEW_DEG / 2))
        yaw_deg, pitch_deg = (0.0, -90.0) if _moves_flat(robot) else (50.0, -22.0)
        centre = list(robot.joints[0].origin_xyz_m)
        roll_deg, up_axis = 0.0, 2
        view = self._bullet.computeViewMatrixFromYawPitchRoll(centre, distance_m, yaw_deg, pitch_deg, roll_deg, up_axis)
        near_m, far_m = distance_m - 1.5 * radius_m, distance_m + 1.5 * radius_m
        return view, self._bullet.computeProjectionMatrixFOV(_FIELD_OF_VIEW_DEG, 1.0, near_m, far_m)

    def image(self, joint_angles: np.ndarray, target: np.ndarray, frames: Frames | None = None) -> np.ndarray:
        """A picture.

        Args:
            joint_angles: (dof,) [rad], where the arm is.
            target: (3,) [m], where its target is.
            frames: (k, 7), whose axes are shown: x red, y green and z blue.

        Returns:
            (height, width, 3) uint8, red, green and blue.

        Raises:
            Closed: the scene is closed, or its client was by other code.
        """
        with self._session:
            return self._image(joint_angles, target, np.empty((0, 7)) if frames is None else frames)

    def _image(self, joint_angles: np.ndarray, target: np.ndarray, frames: Frames) -> np.ndarray:
        bullet, client = self._bullet, self._client
        self._move(self._arm, self._joints, np.asarray(joint_angles))
        bullet.resetBasePositionAndOrientation(
            self._target, np.asarray(target).tolist(), (0, 0, 0, 1), physicsClientId=client
        )
        self._show(frames)
        size = _FINE_PX
        _, _, colours, depths, bodies = bullet.getCameraImage(
            size,
            size,
            self._view,
            self._projection,
            lightDirection=(1, -1, 2),
            shadow=1,
            renderer=bullet.ER_TINY_RENDERER,
            physicsClientId=client,
        )
        colours = np.reshape(colours, (size, size, 4))[..., :3]
        fine = self._floor.behind(colours, np.reshape(depths, (size, size)), np.reshape(bodies, (size, size)) < 0)
        blocks = fine.reshape(SIZE_PX, _OVERSAMPLING, SIZE_PX, _OVERSAMPLING, 3)
        return blocks.mean(axis=(1, 3)).round().astype(np.uint8)

    def _show(self, frames: Frames) -> None:
        """Moves axes to the frames, of which there may be more or fewer than in the picture before."""
        bullet, client, robot = self._bullet, self._client, self._robot
        while len(self._axes) > len(frames):
            bullet.removeBody(self._axes.pop(), physicsClientId=client)
        while len(self._axes) < len(frames):
            self._axes.append(load_text(self._session, drawn_axes(_AXES * robot.reach_bound_m), f"{robot.digest}-axes"))
        for body, frame in zip(self._axes, np.asarray(frames).tolist(), strict=True):
            bullet.resetBasePositionAndOrientation(body, frame[:3], frame[3:], physicsClientId=client)

    def close(self) -> None:
        self._session.close()

    def __reduce__(self) -> tuple[Any, ...]:
        self._session.require_usable()
        return type(self), (self._robot, self._urdf_file)


def _moves_flat(robot: RobotSpec) -> bool:
    """Whether every joint turns about the vertical: such an arm is best seen from above."""
    rotation = np.eye(3)
    for joint in robot.joints:
        rotation = rotation @ matrix_from_rpy(joint.origin_rpy_rad)
        if joint.kind == "prismatic" or abs((rotation @ joint.axis)[2]) < 0.999:
            return False
    return True
