"""PyBullet by one call a joint, as in most code: the baseline of the timings."""

from emssl_bench.forward.bullet import BulletArm


class UsualArm(BulletArm):
    """An arm with one call a joint, and a forward-kinematics flag that repeats what the resets have done.

    The frame of the link is in single precision this way, 1e-7 m off.
    """

    def _block(self, rows: list[list[float]], oriented: bool) -> list[tuple[float, ...]]:
        body, client, joints, tip = self._body, self._client, self._joints, self._tip
        bullet = self._bullet
        found = []
        for row in rows:
            for joint, angle in zip(joints, row, strict=True):
                bullet.resetJointState(body, joint, angle, physicsClientId=client)
            state = bullet.getLinkState(body, tip, computeForwardKinematics=1, physicsClientId=client)
            found.append(state[4] + state[5] if oriented else state[4])
        return found
