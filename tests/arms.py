"""Arms that misbehave, for pools whose workers import them."""

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
