"""Pictures of an arm and its target, by PyBullet's software renderer: no window, no GPU."""

import math
import tempfile
from pathlib import Path

import numpy as np

import robots
from emssl_bench.envs.drawn_arm import drawn
from emssl_bench.envs.floor import Floor
from emssl_bench.forward import require_pybullet
from emssl_bench.forward.quiet import silent_c_output
from robots.rotation import matrix_from_rpy
from robots.spec import RobotSpec

SIZE_PX = 480
_OVERSAMPLING = 2  # the renderer draws hard edges: a picture is drawn larger and averaged down
_FINE_PX = SIZE_PX * _OVERSAMPLING
_FIELD_OF_VIEW_DEG = 35.0
_TARGET_COLOUR = (0.10, 0.70, 0.30, 1.0)


class Scene:
    """An arm, a grid on the floor of its base, a target, and a camera that has all its reach in view.

    It has a PyBullet client of its own: open one when a picture is first wanted, and keep it.
    """

    def __init__(self, robot: RobotSpec, urdf_file: Path | None):
        """Args:
            robot: the arm.
            urdf_file: a file with its visuals; without one, or where it shows nothing, the arm is drawn simply.

        Raises:
            MissingDependency: PyBullet is not installed.
            RobotError: it cannot hold so long an arm.
        """
        require_pybullet(robot)
        with silent_c_output():
            import pybullet

            self._bullet = pybullet
            self._client = pybullet.connect(pybullet.DIRECT)
            self._arm, self._joints = self._load(robot, urdf_file)
            self._target = self._add_sphere(0.03 * robot.reach_m)
        self._view, self._projection = self._camera(robot)
        base = robot.joints[0].origin_xyz_m
        self._floor = Floor.seen(self._view, self._projection, base, robot.reach_m, _FINE_PX)
        self._open = True

    @classmethod
    def of(cls, asked: str | Path | RobotSpec, robot: RobotSpec) -> "Scene":
        """The scene of `robot`, with the visuals of the name, file or arm that was asked for."""
        if isinstance(asked, (str, Path)):
            return cls(robot, Path(asked) if robots.is_file(asked) else robots.urdf_path(str(asked)))
        unchanged = robot.name in robots.available() and robots.load(robot.name) == robot
        return cls(robot, robots.urdf_path(robot.name) if unchanged else None)

    def _load(self, robot: RobotSpec, urdf_file: Path | None) -> tuple[int, list[int]]:
        """The arm's body, and its joints in the order of `robot.joint_names`."""
        if urdf_file is not None:
            try:
                body = self._load_file(urdf_file)
            except self._bullet.error:
                body = None  # its meshes are elsewhere, for instance: it can still be drawn
            if body is not None:
                if self._bullet.getVisualShapeData(body, physicsClientId=self._client):
                    return body, self._joints_called(body, robot.joint_names)
                self._bullet.removeBody(body, physicsClientId=self._client)
        # PyBullet caches files by path, so that a changed arm at an old path would be the old arm.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{robot.digest}.urdf"
            path.write_text(drawn(robot))
            body = self._load_file(path)
        return body, self._joints_called(body, [f"joint{index}" for index in range(robot.dof)])

    def _load_file(self, path: Path) -> int:
        return self._bullet.loadURDF(str(path), useFixedBase=True, physicsClientId=self._client)

    def _joints_called(self, body: int, names) -> list[int]:
        count = self._bullet.getNumJoints(body, physicsClientId=self._client)
        infos = [self._bullet.getJointInfo(body, index, physicsClientId=self._client) for index in range(count)]
        indices = {info[1].decode(): info[0] for info in infos}
        return [indices[name] for name in names]

    def _add_sphere(self, radius_m: float) -> int:
        bullet = self._bullet
        shape = bullet.createVisualShape(
            bullet.GEOM_SPHERE, radius=radius_m, rgbaColor=_TARGET_COLOUR, physicsClientId=self._client
        )
        return bullet.createMultiBody(baseVisualShapeIndex=shape, physicsClientId=self._client)

    def _camera(self, robot: RobotSpec) -> tuple[list[float], list[float]]:
        """View and projection: the ball of the arm's reach, about its first joint, fills the picture."""
        radius_m = 1.12 * robot.reach_m  # flanges and grippers go on beyond the end effector
        distance_m = radius_m / math.sin(math.radians(_FIELD_OF_VIEW_DEG / 2))
        yaw_deg, pitch_deg = (0.0, -90.0) if _moves_flat(robot) else (50.0, -22.0)
        centre = list(robot.joints[0].origin_xyz_m)
        roll_deg, up_axis = 0.0, 2
        view = self._bullet.computeViewMatrixFromYawPitchRoll(centre, distance_m, yaw_deg, pitch_deg, roll_deg, up_axis)
        near_m, far_m = distance_m - 1.5 * radius_m, distance_m + 1.5 * radius_m
        return view, self._bullet.computeProjectionMatrixFOV(_FIELD_OF_VIEW_DEG, 1.0, near_m, far_m)

    def image(self, joint_angles: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The arm at `joint_angles` (dof,) [rad] and the `target` (3,) [m].

        Returns:
            (height, width, 3) uint8, red, green and blue.
        """
        bullet, client = self._bullet, self._client
        angles = [[angle] for angle in np.asarray(joint_angles).tolist()]
        bullet.resetJointStatesMultiDof(self._arm, self._joints, angles, physicsClientId=client)
        bullet.resetBasePositionAndOrientation(
            self._target, np.asarray(target).tolist(), (0, 0, 0, 1), physicsClientId=client
        )
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

    def close(self) -> None:
        if self._open:
            self._open = False
            self._bullet.disconnect(self._client)


def _moves_flat(robot: RobotSpec) -> bool:
    """Whether every joint turns about the vertical: such an arm is best seen from above."""
    rotation = np.eye(3)
    for joint in robot.joints:
        rotation = rotation @ matrix_from_rpy(joint.origin_rpy_rad)
        if joint.kind == "prismatic" or abs((rotation @ joint.axis)[2]) < 0.999:
            return False
    return True
