"""What `solve` prints, and the CSV file that it writes."""

import argparse
import csv
import io
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from emssl_bench.cli.solve_answers import Solved
from emssl_bench.cli.solve_input import Given
from emssl_bench.exceptions import one_line, shortened
from emssl_bench.solvers.reaching import WITHIN_DEG
from emssl_bench.system.files import write_atomically

MOST_SHOWN = 10
"""Targets that are printed; a file has them all."""
_LONGEST_NAME = 30


def show(given: Given, solved: Solved, options: argparse.Namespace) -> None:
    """Prints the first answers, and what they are together."""
    print(*map(one_line, solved.how.splitlines()), sep="\n")
    for row in range(min(len(given.targets), MOST_SHOWN)):
        print()
        print(*_answer(given, solved, row), sep="\n")
    more = len(given.targets) - MOST_SHOWN
    print()
    if more > 0:
        where = "" if options.out else " --out FILE.csv has them all."
        print(f"... and {more:,} more.{where}")
    print(_summary(solved, options.within))
    if solved.hint:
        print(solved.hint)
    if options.out:
        print(f"Answers: {options.out}")


def _answer(given: Given, solved: Solved, row: int) -> list[str]:
    target = given.targets[row]
    lines = [f"Target {row + 1}: {' '.join(f'{value:g}' for value in target[:3])} m"]
    if len(target) > 3:
        lines[0] += f", quaternion {' '.join(f'{value:.4f}' for value in target[3:])}"
    names = [shortened(one_line(name), _LONGEST_NAME) for name in solved.robot.joint_names]
    width = max(map(len, names))
    angles = solved.joint_angles[row].round(9) + 0.0  # no minus before a zero
    for name, joint, value in zip(names, solved.robot.coordinates, angles, strict=True):
        if joint.kind == "prismatic":
            lines.append(f"  {name:<{width}}  {value:9.5f} m")
        else:
            lines.append(f"  {name:<{width}}  {value:9.5f} rad  {math.degrees(value):8.2f}°")
    lines.append(f"  {error(solved, row)}, {'reached' if solved.reached[row] else 'NOT reached'}")
    return lines


def error(solved: Solved, row: int) -> str:
    """The error of one answer, in words."""
    says = f"error {_both(solved, lambda errors: errors[row])}"
    return says if solved.queries is None else f"{says}, {solved.queries[row]} queries of the arm"


def _both(solved: Solved, of: Callable[[np.ndarray], float]) -> str:
    """One number of the distances and, of poses, one of the angles."""
    distance = _millimetres(of(solved.error_m))
    return distance if solved.error_deg is None else f"{distance} and {of(solved.error_deg):.3f}°"


def _millimetres(error_m: float) -> str:
    millimetres = 1000 * error_m
    return f"{millimetres:.2f} mm" if millimetres >= 0.01 else "under 0.01 mm"


def within(solved: Solved, within_mm: float) -> str:
    """What counts as reached."""
    return f"within {within_mm:g} mm" + ("" if solved.error_deg is None else f" and {WITHIN_DEG:g}°")


def _summary(solved: Solved, within_mm: float) -> str:
    count = len(solved.reached)
    line = f"{int(solved.reached.sum()):,} of {count:,} reached {within(solved, within_mm)}"
    if count > 1:
        line += f"; mean error {_both(solved, np.mean)}, largest {_both(solved, np.max)}"
    if solved.queries is not None:
        line += f"; {solved.queries.sum():,} queries of the arm"
        line += f", {solved.queries.mean():.1f} a target" if count > 1 else ""
    return f"{line}."


def write(given: Given, solved: Solved, path: Path) -> None:
    """Writes the answers as CSV: what was given, then q1_rad, q2_rad, ... (_m for what slides), error_mm, reached.

    Raises:
        RecordError: it cannot be written.
    """
    kinds = [joint.kind for joint in solved.robot.coordinates]
    own = [f"q{number}_{'m' if kind == 'prismatic' else 'rad'}" for number, kind in enumerate(kinds, start=1)]
    own += ["error_mm", *([] if solved.error_deg is None else ["error_deg"])]
    own += ["reached", *([] if solved.queries is None else ["queries"])]
    kept = [place for place, name in enumerate(given.header) if name not in own]
    rows = given.rows or [[repr(float(value)) for value in target] for target in given.targets]
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([*(given.header[place] for place in kept), *own])
    for number, row in enumerate(rows):
        answer = [repr(float(value)) for value in solved.joint_angles[number]]
        answer.append(f"{1000 * solved.error_m[number]:.6g}")
        if solved.error_deg is not None:
            answer.append(f"{solved.error_deg[number]:.6g}")
        answer.append("yes" if solved.reached[number] else "no")
        if solved.queries is not None:
            answer.append(str(int(solved.queries[number])))
        lines.writerow([*(row[place] for place in kept), *answer])
    write_atomically(path, text.getvalue().encode())
