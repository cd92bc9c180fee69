"""PyBullet, the ground truth: one DIRECT client, one arm, no physics step."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from emssl_bench.exceptions import RobotError, SystemLimit
from emssl_bench.forward import reading
from emssl_bench.forward.client import Client
from emssl_bench.shapes import FRAME_COLUMNS, Frames, JointAngles, Positions, checked
from robots import urdf
from robots.spec import RobotSpec

BLOCK_ROWS = 1024


class BulletArm:
    """An arm in a PyBullet client of its own, in this process.

    Every client costs about 140 ms and 30 MB: open one and keep it. A forked child's copy works by itself; a pickled
    or copied arm is a new one with a client of its own.
    """

    def __init__(self, robot: RobotSpec):
        """Raises:
        MissingDependency: PyBullet is not installed.
        RobotError: it cannot hold so long an arm, or has read another than was written.
        SystemLimit: there is no place for the file that PyBullet reads, or there are too many clients.
        """
        self._robot = robot
        self._session = Client(robot, "the PyBullet arm")
        self._bullet, self._client = self._session.bullet, self._session.number
        try:
            self._open(robot)
        except BaseException:
            self._session.close()
            raise

    def _open(self, robot: RobotSpec) -> None:
        with self._session:
            self._body = self._load(robot)
            self._session.mark(self._body)
            links = {self._joint_info(j)[12].decode(): j for j in range(self._joint_count())}
            self._dof = robot.dof
            self._joints = [links[f"link{i + 1}"] for i in range(len(robot.joints))]
            self._tip = links[urdf.TIP_LINK]
            reading.require_as_given(robot, lambda rows: self._rows(rows, 3), f"the arm {robot.shown}")

    def _load(self, robot: RobotSpec) -> int:
        try:
            return load_text(self._session, urdf.kinematics_only(replace(robot, name="arm")), robot.digest)
        except self._bullet.error as error:
            raise RobotError(f"PyBullet cannot load the arm {robot.shown}: {error} Use --forward chain.") from None

    def _joint_count(self) -> int:
        return self._bullet.getNumJoints(self._body, physicsClientId=self._client)

    def _joint_info(self, index: int):
        return self._bullet.getJointInfo(self._body, index, physicsClientId=self._client)

    def positions(self, joint_angles: JointAngles) -> Positions:
        """The position of the end effector at each joint vector.

        Joints are teleported: limits are not enforced.

        Args:
            joint_angles: (n, dof) [rad], in the order of `robot.joint_names`.

        Returns:
            (n, 3) [m], robot base frame, in double precision.

        Raises:
            ShapeError: not (n, dof), or not finite.
            Closed: the arm is closed, or its client was by other code.

        Source: Algorithm 1, line 13.
        """
        return self._computed(joint_angles, 3)

    def frames(self, joint_angles: JointAngles) -> Frames:
        """The position and orientation of the end effector at each joint vector.

        Returns:
            (n, 7), robot base frame: x y z [m] and a unit quaternion x y z w, in double precision.
        """
        return self._computed(joint_angles, FRAME_COLUMNS)

    def _computed(self, joint_angles: JointAngles, columns: int) -> np.ndarray:
        rows = checked(joint_angles, self._dof, "joint angles")
        with self._session:
            return self._rows(rows, columns)

    def _rows(self, rows: JointAngles, columns: int) -> np.ndarray:
        found, rows = np.empty((len(rows), columns)), self._robot.of_every_joint(rows)
        for start in range(0, len(rows), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            found[block] = self._block(rows[block].tolist(), columns == FRAME_COLUMNS)
        return found

    def _block(self, rows: list[list[float]], oriented: bool) -> list[tuple[float, ...]]:
        # Resetting all joints in one call is three times as fast as one call per joint, and already runs the
        # forward kinematics. [0] and [1] are of the centre of mass, which our URDF puts on the frame: they are in
        # double precision, where the frame itself, [4], is in single. An outer tuple of targets would crash.
        body, client, joints, tip = self._body, self._client, self._joints, self._tip
        reset, link_state = self._bullet.resetJointStatesMultiDof, self._bullet.getLinkState
        found = []
        for row in rows:
            reset(body, joints, [[angle] for angle in row], physicsClientId=client)
            state = link_state(body, tip, physicsClientId=client)
            found.append(state[0] + state[1] if oriented else state[0])
        return found

    def close(self) -> None:
        self._session.close()

    def __reduce__(self) -> tuple[Any, ...]:
        self._session.require_usable()
        return type(self), (self._robot,)


def load_text(client: Client, text: str, name: str) -> int:
    """The body that PyBullet makes of a URDF.

    Args:
        client: the client that loads it; in use by the caller.
        text: the URDF.
        name: the name of the file; texts that differ need names that differ.

    Raises:
        SystemLimit: there is no place for the file that PyBullet reads.
        pybullet.error: it cannot be loaded.
    """
    # PyBullet caches files by path, so that a changed arm at an old path would be the old arm.
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.urdf"
            path.write_text(text, encoding="utf-8")
            return client.load(path)
    except OSError as error:
        raise SystemLimit(
            f"no temporary file can be written for PyBullet to read ({error}): make room, or let TMPDIR name a folder "
            "with some."
        ) from None
