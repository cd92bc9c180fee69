"""PyBullet, the ground truth: one DIRECT client, one arm, no physics step."""

import tempfile
from pathlib import Path

import numpy as np

from emssl_bench.arrays import JointAngles, Positions, checked
from emssl_bench.forward import require_pybullet
from emssl_bench.forward.quiet import silent_c_output
from robots import urdf
from robots.spec import RobotSpec

BLOCK_ROWS = 1024


class BulletArm:
    """An arm in a PyBullet client of its own, in this process.

    Every client costs about 140 ms and 30 MB: open one and keep it.
    """

    def __init__(self, robot: RobotSpec):
        """Raises:
        MissingDependency: PyBullet is not installed.
        RobotError: it cannot hold so long an arm.
        """
        require_pybullet(robot)
        with silent_c_output():
            import pybullet

            self._bullet = pybullet
            self._client = pybullet.connect(pybullet.DIRECT)
            self._body = self._load(robot)
        links = {self._joint_info(j)[12].decode(): j for j in range(self._joint_count())}
        self._dof = robot.dof
        self._joints = [links[f"link{i + 1}"] for i in range(robot.dof)]
        self._tip = links[urdf.TIP_LINK]
        self._open = True

    def _load(self, robot: RobotSpec) -> int:
        # PyBullet caches files by path, so that a changed arm at an old path would be the old arm.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{robot.digest}.urdf"
            path.write_text(urdf.kinematics_only(robot))
            return self._bullet.loadURDF(str(path), useFixedBase=True, physicsClientId=self._client)

    def _joint_count(self) -> int:
        return self._bullet.getNumJoints(self._body, physicsClientId=self._client)

    def _joint_info(self, index: int):
        return self._bullet.getJointInfo(self._body, index, physicsClientId=self._client)

    def positions(self, joint_angles: JointAngles) -> Positions:
        """Where the end effector is at each joint vector.

        Joints are teleported: limits are not enforced.

        Args:
            joint_angles: (n, dof) [rad], in the order of `robot.joint_names`.

        Returns:
            (n, 3) [m], robot base frame, in double precision.

        Raises:
            ShapeError: not (n, dof), or not finite.

        Source: Algorithm 1, line 13.
        """
        rows = checked(joint_angles, self._dof, "joint angles")
        positions = np.empty((len(rows), 3))
        for start in range(0, len(rows), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            positions[block] = self._block(rows[block].tolist())
        return positions

    def _block(self, rows: list[list[float]]) -> list[tuple[float, float, float]]:
        # Resetting all joints in one call is three times as fast as one call per joint, and already runs the
        # forward kinematics. [0] is the centre of mass, which our URDF puts on the frame: it is in double
        # precision, where the frame itself, [4], is in single. An outer tuple of targets would crash.
        body, client, joints, tip = self._body, self._client, self._joints, self._tip
        reset, link_state = self._bullet.resetJointStatesMultiDof, self._bullet.getLinkState
        found = []
        for row in rows:
            reset(body, joints, [[angle] for angle in row], physicsClientId=client)
            found.append(link_state(body, tip, physicsClientId=client)[0])
        return found

    def close(self) -> None:
        if self._open:
            self._open = False
            self._bullet.disconnect(self._client)
