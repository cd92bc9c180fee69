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
from emssl_bench.tasks.pose import POSE, normalise

POSITION_COLUMNS = ("x", "y", "z")
QUATERNION_COLUMNS = ("qx", "qy", "qz", "qw")
LARGEST_FILE = 2**30
"""Bytes; ten million targets."""


@dataclass(frozen=True)
class Given:
    """Targets, and the file that they are of."""

    task: Task
    targets: Targets
    header: Sequence[str] = POSITION_COLUMNS
    rows: Sequence[Sequence[str]] = field(default=())
    """The rows of the file as they are, in the order of the header; of the command line there are none."""


def read(options: argparse.Namespace, poses: bool) -> Given:
    """The targets asked for.

    Args:
        options: of the command.
        poses: whether targets may have an orientation.

    Raises:
        InvalidValue: there are none, or one of them is none; says which.
    """
    return _of_file(options.targets, poses) if options.targets else _of_options(options, poses)


def _of_options(options: argparse.Namespace, poses: bool) -> Given:
    rows = [list(each) for each in options.target]
    takes = "3 numbers (x y z in metres)"
    if poses:
        takes += ", or 7 (and a quaternion x y z w)"
    for number, row in enumerate(rows, start=1):
        if len(row) not in ((3, 7) if poses else (3,)):
            only = "" if poses or len(row) != 7 else ": a model learns positions; --robot in its place solves poses"
            raise InvalidValue(f"--target {number} takes {takes}, not {len(row)}{only}.")
        for value in row:
            if not abs(value) <= LARGEST:
                raise InvalidValue(f"--target {number} has the number {value:g}: numbers are finite, in metres.")
    if options.rpy:
        if not poses:
            raise InvalidValue("--rpy is for poses: a model learns positions; --robot in its place solves poses.")
        if len(options.rpy) != len(rows) or any(len(row) != 3 for row in rows):
            raise InvalidValue(
                f"--rpy belongs to a --target x y z each: there are {len(rows)} --target and {len(options.rpy)} --rpy."
            )
        rows = [[*row, *_quaternion(rpy)] for row, rpy in zip(rows, options.rpy, strict=True)]
    if len({len(row) for row in rows}) > 1:
        raise InvalidValue("--target has positions or poses, not both in one command.")
    targets = np.array(rows)
    for number, row in enumerate(targets, start=1):
        _normalise(row, f"--target {number}")
    task = POSITION if targets.shape[1] == 3 else POSE
    return Given(task, targets, (*POSITION_COLUMNS, *QUATERNION_COLUMNS)[: task.columns])


def _quaternion(rpy_deg: Sequence[float]) -> list[float]:
    from scipy.spatial.transform import Rotation

    if not all(abs(each) <= LARGEST for each in rpy_deg):
        raise InvalidValue("--rpy has angles in degrees.")
    return Rotation.from_euler("xyz", rpy_deg, degrees=True).as_quat().tolist()


def _normalise(row: np.ndarray, where: str) -> None:
    if len(row) == POSE.columns:
        normalise(row, where)


def _of_file(path: Path, poses: bool) -> Given:
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
        columns = _columns(header, poses, shown)
        places = [header.index(name) for name in columns]
        rows, targets = [], []
        for row in lines:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                refuse(f"it has {len(row)} columns, and the first line {len(header)}")
            pairs = zip(columns, places, strict=True)
            numbers = np.array([_number(row[place].strip(), name, refuse) for name, place in pairs])
            _normalise(numbers, f"{shown}, line {lines.line_num}")
            rows.append(row)
            targets.append(numbers)
    except csv.Error as error:
        refuse(one_line(str(error)))
    if not rows:
        raise InvalidValue(f"{shown}: it has no targets, only {'a header' if header else 'nothing'}.")
    task = POSE if len(columns) == 7 else POSITION
    return Given(task, np.array(targets), header, rows)


def _columns(header: list[str], poses: bool, shown: str) -> tuple[str, ...]:
    """The columns that targets are of."""
    turned = [name for name in QUATERNION_COLUMNS if name in header] if poses else []
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
