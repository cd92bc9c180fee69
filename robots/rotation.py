"""URDF's roll, pitch and yaw as rotation matrices, and back."""

import math

import numpy as np


def matrix_from_rpy(rpy_rad) -> np.ndarray:
    """(3, 3) rotation of fixed-axis roll, pitch, yaw [rad]: R = Rz(yaw) Ry(pitch) Rx(roll)."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a), math.cos(a)) for a in rpy_rad)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def rpy_from_matrix(rotation: np.ndarray) -> tuple[float, float, float]:
    """Roll, pitch, yaw [rad] of a (3, 3) rotation, exact also where pitch is ±90°.

    Yaw is taken first, and pitch and roll from what remains after undoing it. At ±90° any yaw will do, so
    its rounding error does not matter: the roll makes up for it.
    """
    r = rotation
    yaw = math.atan2(r[1, 0], r[0, 0])
    s, c = math.sin(yaw), math.cos(yaw)
    pitch = math.atan2(-r[2, 0], c * r[0, 0] + s * r[1, 0])
    roll = math.atan2(s * r[0, 2] - c * r[1, 2], c * r[1, 1] - s * r[0, 1])
    return (roll, pitch, yaw)
