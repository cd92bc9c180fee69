"""The targets of `solve`: of the command line, or of a CSV file."""

import argparse
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np

from emssl_bench.exceptions import InvalidValue, listed, one_line, quoted, shortened
from emssl_bench.shapes import LARGEST, Targets
from emssl_bench.system.files import read_regular
from emssl_bench.system.numerals import finite_number
from emssl_bench.tasks import POSITION, Task
from emssl_bench.tasks.pose import NEARLY_UNIT, POSE, length_told

POSITION_COLUMNS = ("x", "y", "z")
QUATERNION_COLUMNS = ("qx", "qy", "qz", "qw")
LARGEST_FILE = 2**30
"""Bytes; ten million targets."""
_BESIDE_RPY = (3,), "3 numbers (x y z in metres) beside --rpy"
_TAKES = {
    ("--target", False): ((3, 7), "3 numbers (x y z in metres), or 7 (and a unit quaternion x y z w)"),
    ("--target", True): _BESIDE_RPY,
    ("--pose", False): ((7,), "7 numbers (x y z in metres and a unit quaternion x y z w), or x y z and --rpy"),
    ("--pose", True): _BESIDE_RPY,
}
"""By the option and whether there is --rpy: how many numbers it takes, and the same in words."""


@dataclass(frozen=True)
class Given:
    """Targets, and the file that they are of."""

    task: Task
    targets: Targets
    header: Sequence[str] = POSITION_COLUMNS
    rows: Sequence[Sequence[str]] = field(default=())
    """The rows of the file as they are, in the order of the header; of the command line there are none."""


def read(options: argparse.Namespace) -> Given:
    """The targets asked for.

    Raises:
        InvalidValue: there are none, or one of them is none; says which.
    """
    return _of_file(options.targets) if options.targets else _of_options(options)


def _of_options(options: argparse.Namespace) -> Given:
    name, given = ("--pose", options.pose) if options.pose else ("--target", options.target)
    for number, row in enumerate(given, start=1):
        _check_numbers(f"{name} {number}", row, *_TAKES[name, bool(options.rpy)])
    rows = [list(row) for row in given]
    if options.rpy:
        if len(options.rpy) != len(rows):
            raise InvalidValue(f"there are {len(rows)} {name} and {len(options.rpy)} --rpy: each needs its own.")
        rows = [[*row, *_quaternion(rpy)] for row, rpy in zip(rows, options.rpy, strict=True)]
    if len({len(row) for row in rows}) > 1:
        raise InvalidValue(f"{name} has positions or poses, not both in one command.")
    for number, row in enumerate(rows, start=1):
        _check_quaternion(f"{name} {number}", row)
    task = POSITION if len(rows[0]) == POSITION.columns else POSE
    return Given(task, task.normalised(np.array(rows)), (*POSITION_COLUMNS, *QUATERNION_COLUMNS)[: task.columns])


def _check_numbers(where: str, row: Sequence[float], sizes: Sequence[int], takes: str) -> None:
    if len(row) not in sizes:
        raise InvalidValue(f"{where} takes {takes}, and has {len(row)}.")
    for place, value in enumerate(row):
        if not abs(value) <= LARGEST:
            unit = " and in metres" if place < POSITION.columns else ""
            raise InvalidValue(f"{where} has the number {value:g}: numbers are within ±{LARGEST:g}{unit}.")


def _quaternion(rpy_deg: Sequence[float]) -> list[float]:
    from scipy.spatial.transform import Rotation

    for each in rpy_deg:
        if not abs(each) <= LARGEST:
            raise InvalidValue(f"--rpy has the number {each:g}: angles are in degrees, within ±{LARGEST:g}.")
    return Rotation.from_euler("xyz", rpy_deg, degrees=True).as_quat().tolist()


def _check_quaternion(where: str, row: Sequence[float]) -> None:
    quaternion = np.array(row[3:])
    if len(quaternion) and abs(np.linalg.norm(quaternion) - 1) > NEARLY_UNIT:
        raise InvalidValue(f"{where} has a {length_told(quaternion)}.")


def _of_file(path: Path) -> Given:
    shown = one_line(str(path))
    try:
        text = read_regular(path, LARGEST_FILE).decode("utf-8-sig")
    except OSError as error:
        raise InvalidValue(f"{shown}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise InvalidValue(f"{shown}: it is no CSV file in UTF-8.") from None
    lines = csv.reader(io.StringIO(text, newline=""))

    def refuse(says: str) -> NoReturn:
        raise InvalidValue(f"{shown}, line {lines.line_num}: {says}.")

    try:
        header = [name.strip() for name in next(lines, [])]
        columns = _columns(header, shown)
        places = [header.index(name) for name in columns]
        rows, targets = [], []
        for row in lines:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                refuse(f"it has {len(row)} columns, and the first line {len(header)}")
            pairs = zip(columns, places, strict=True)
            numbers = [_number(row[place].strip(), name, refuse) for name, place in pairs]
            _check_quaternion(f"{shown}, line {lines.line_num}", numbers)
            rows.append(row)
            targets.append(numbers)
    except csv.Error as error:
        refuse(one_line(str(error)))
    if not rows:
        raise InvalidValue(f"{shown}: it has no targets, only {'a header' if header else 'nothing'}.")
    task = POSE if len(columns) == 7 else POSITION
    return Given(task, task.normalised(np.array(targets)), header, rows)


def _columns(header: list[str], shown: str) -> tuple[str, ...]:
    """The columns that targets are of."""
    turned = any(name in header for name in QUATERNION_COLUMNS)
    columns = (*POSITION_COLUMNS, *(QUATERNION_COLUMNS if turned else ()))
    if missing := [name for name in columns if name not in header]:
        has = listed([quoted(name) for name in header]) or "nothing"
        raise InvalidValue(
            f"{shown}: the column {', '.join(missing)} is missing; its first line must name x, y, z, separated by "
            f"commas, and has {has}."
        )
    if twice := [name for name in columns if header.count(name) > 1]:
        raise InvalidValue(f"{shown}: it has the column {twice[0]} twice.")
    return columns


def _number(cell: str, name: str, refuse: Callable[[str], NoReturn]) -> float:
    try:
        value = finite_number(cell)
    except ValueError:
        refuse(f"{name} is {shortened(one_line(cell), 40)!r}, which is no finite number")
    if not abs(value) <= LARGEST:
        refuse(f"{name} is {value:g}: numbers are in metres")
    return value
