"""Shapes and units, said once.

Arrays cross module borders as NumPy float64 in these units; torch tensors stay inside methods and networks.
"""

import numpy as np
from jaxtyping import Float

from emssl_bench.errors import ShapeError

JointAngles = Float[np.ndarray, "n dof"]
"""(n, dof) [rad], or [m] on a prismatic joint; columns in the order of `RobotSpec.joint_names`."""

Positions = Float[np.ndarray, "n 3"]
"""(n, 3) [m], of the end effector in the robot's base frame."""


def checked(rows, columns: int, what: str) -> np.ndarray:
    """The rows as a finite, C-contiguous (n, columns) float64 array.

    Raises:
        ShapeError: they are not numbers, not (n, columns), or not finite.
    """
    try:
        given = np.asarray(rows)
        if given.size and given.dtype.kind not in "biuf":
            raise TypeError(f"found {given.dtype}")
        array = np.ascontiguousarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{what} must be numbers in {columns} columns: {error}.") from None
    if array.shape == (0,):
        array = array.reshape(0, columns)
    if array.ndim != 2 or array.shape[1] != columns:
        raise ShapeError(f"{what} must have shape (n, {columns}), not {array.shape}.")
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise ShapeError(f"{what} must be finite: row {row} is {array[row].tolist()}.")
    return array
