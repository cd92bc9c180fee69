"""Shapes and units, said once.

Arrays cross module borders as NumPy float64 in these units; torch tensors stay inside methods and networks.
"""

import numpy as np
from jaxtyping import Float

from emssl_bench.exceptions import NotFinite, ShapeError, one_line

JointAngles = Float[np.ndarray, "n dof"]
"""(n, dof) [rad], or [m] on a prismatic joint; columns in the order of `RobotSpec.joint_names`."""

JointAnglesOfOneOrMore = Float[np.ndarray, "*n dof"]
"""As `JointAngles`, or those of a single configuration, (dof,)."""

Positions = Float[np.ndarray, "n 3"]
"""(n, 3) [m], of the end effector in the robot's base frame."""

Targets = Float[np.ndarray, "n columns"]
"""(n, columns), what an arm is to reach: positions, or whatever else a `Task` says."""

FRAME_COLUMNS = 7
Frames = Float[np.ndarray, "n 7"]
"""(n, 7), of the end effector in the robot's base frame: x y z [m] and a unit quaternion x y z w."""

Solutions = Float[np.ndarray, "n samples dof"]
"""(n, samples, dof) [rad], or [m] on a prismatic joint: solutions of every target."""


LARGEST = 1e6
"""[m] or [rad]: no arm is so long and no joint turns so often, and beyond it single precision has no decimals left."""


def checked(rows, columns: int, what: str) -> np.ndarray:
    """The rows as a finite, C-contiguous (n, columns) float64 array.

    Raises:
        NotFinite: they are numbers, but not all finite.
        ShapeError: they are not real numbers, some are masked, not (n, columns), or beyond ±`LARGEST`.
    """
    array = _numbers(rows, columns, what)
    if array.shape == (0,):
        array = array.reshape(0, columns)
    if array.ndim != 2 or array.shape[1] != columns:
        raise ShapeError(f"{what} must have shape (n, {columns}), not {array.shape}.")
    finite = np.isfinite(array)
    if not finite.all():
        row = _first_bad(finite)
        raise NotFinite(f"{what} must be finite: row {row} is {array[row].tolist()}.")
    sensible = np.abs(array) <= LARGEST
    if not sensible.all():
        row = _first_bad(sensible)
        raise ShapeError(f"{what} must be within ±{LARGEST:,.0f}: row {row} is {array[row].tolist()}.")
    return array


def checked_one_or_more(rows, columns: int, what: str) -> tuple[np.ndarray, bool]:
    """As `checked`, of rows or of a single one, (columns,); and whether it was a single one.

    Raises:
        NotFinite, ShapeError: as of `checked`.
    """
    array = _numbers(rows, columns, what)
    alone = array.shape == (columns,)
    return checked(array[None] if alone else array, columns, what), alone


def _numbers(rows, columns: int, what: str) -> np.ndarray:
    """Raises:
    ShapeError: they are not real numbers, or some are masked.
    """
    if any(isinstance(each, np.ma.MaskedArray) and np.ma.is_masked(each) for each in _parts(rows)):
        raise ShapeError(f"{what} must be numbers in {columns} columns: some are masked.")
    try:
        given = np.asarray(rows)
        if given.size and given.dtype.kind not in "biuf":
            raise TypeError(f"found {given.dtype}")
        with np.errstate(all="ignore"):  # what is too large for float64 becomes infinite, and is then refused
            return np.ascontiguousarray(given, dtype=np.float64) if given.ndim else given.astype(np.float64)
    except MemoryError:
        raise
    except Exception as error:  # of any object's own way to become an array, as of a tensor that carries gradients
        raise ShapeError(f"{what} must be numbers in {columns} columns: {one_line(str(error))[:200]}.") from None


def _parts(rows) -> list:
    return [rows, *rows] if isinstance(rows, list | tuple) else [rows]


def _first_bad(good: np.ndarray) -> int:
    return int(np.flatnonzero(~good.all(axis=1))[0])
