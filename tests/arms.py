"""Arms that misbehave, for pools whose workers import them."""

import locale
import os
import time

from emssl_bench.forward.bullet import BulletArm


class RaisingArm(BulletArm):
    """Raises on the row of zeros."""

    def positions(self, joint_angles):
        if not joint_angles.any(axis=1).all():
            raise ZeroDivisionError("a row of zeros")
        return super().positions(joint_angles)


class DyingArm(BulletArm):
    """Ends its process when it is opened."""

    def __init__(self, robot):
        os._exit(3)


class SlowArm(BulletArm):
    """Takes its time."""

    def positions(self, joint_angles):
        time.sleep(0.05)
        return super().positions(joint_angles)


class CommaArm(BulletArm):
    """Is opened in a process that writes numbers with a decimal comma."""

    def __init__(self, robot):
        locale.setlocale(locale.LC_ALL, "")
        assert locale.localeconv()["decimal_point"] == ","
        super().__init__(robot)


class MisreadingArm(BulletArm):
    """Has PyBullet read a longer arm."""

    def _load(self, robot):
        return super()._load(robot.lengthened(0.01))
