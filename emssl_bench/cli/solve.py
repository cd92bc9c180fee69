"""The command `solve`: joint angles for targets, by a trained model or by least squares."""

import argparse
import math
import re
import sys
from pathlib import Path
from typing import Any

from emssl_bench.cli.argument_types import joint_range, path, positive_or_zero, real_number
from emssl_bench.cli.common import SOME_FAILED
from emssl_bench.cli.shared_options import add_tip
from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward import FORWARD_MODELS
from emssl_bench.joint_space import JointRange

HELP = "find the joint angles that bring an arm to targets, by a trained model or by least squares"
EPILOG = (
    "Exit codes. 0: every target is reached; 1: some are not, the last line says how many; 2: bad input. "
    "Examples: emssl-bench solve --robot ur5 --target 0.4 0.2 0.3; "
    "emssl-bench solve --robot ur5 --pose 0.4 0.2 0.3 --rpy 180 0 90"
)
DEFAULT_RANGE: JointRange = 180.0
PICTURES = (".png", ".pdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser._negative_number_matcher = re.compile(r"-(\d|\.\d|inf|nan)")  # argparse takes -1e-3 for an option
    parser.add_argument("--model", type=path, metavar="FILE", help="the .safetensors file of a trained model")
    parser.add_argument(
        "--robot",
        metavar="ARM",
        help="in place of a model: solve for this arm by least squares. Beside a model: the arm that it must be of",
    )
    add_tip(parser)
    parser.add_argument(
        "--joint-range",
        type=joint_range,
        metavar="DEG",
        help="with --robot alone: ± degrees, or limits for the arm's own limits (default: 180)",
    )
    several: dict[str, Any] = {"nargs": "+", "type": real_number, "action": "append", "metavar": "N"}
    parser.add_argument(
        "--target",
        help="a position, x y z in metres in the arm's base frame; or a pose, as of --pose. Repeatable",
        **several,
    )
    parser.add_argument(
        "--pose",
        help="x y z in metres and a unit quaternion x y z w, in the arm's base frame; or x y z and --rpy. Repeatable",
        **several,
    )
    parser.add_argument(
        "--rpy",
        nargs=3,
        type=real_number,
        action="append",
        metavar=("ROLL", "PITCH", "YAW"),
        help="in degrees, about the fixed x, y and z axes in this order, as in URDF: for each x y z of --pose or "
        "--target",
    )
    parser.add_argument(
        "--targets",
        type=path,
        metavar="FILE",
        help="a CSV file with the columns x, y, z, and for poses qx, qy, qz, qw",
    )
    parser.add_argument(
        "--refine",
        choices=["none", "model", "queries"],
        default="none",
        help="improve a model's answers: by least squares on the arm's known model, or by queries of the arm alone",
    )
    parser.add_argument(
        "--forward",
        choices=list(FORWARD_MODELS),
        default="bullet",
        help="what --refine queries asks in the arm's place",
    )
    parser.add_argument(
        "--within", type=positive_or_zero, default=1.0, metavar="MM", help="error up to which a target is reached"
    )
    parser.add_argument("--out", type=path, metavar="FILE", help="write the answers to this CSV file")
    parser.add_argument("--draw", type=path, metavar="FILE", help="draw the arm at the targets, to a .png or .pdf file")


def run(options: argparse.Namespace) -> int:
    """Solves the targets, prints the answers, and writes and draws them where that is asked for."""
    _check(options)
    from emssl_bench.cli import solve_answers, solve_input, solve_output

    with_model = options.model is not None
    solving = solve_answers.by_model(options) if with_model else solve_answers.by_least_squares(options)
    given = solve_input.read(options)
    solved = solving(given)
    if options.out:
        solve_output.write(given, solved, options.out)
    solve_output.show(given, solved, options)
    if options.draw:
        from emssl_bench.cli import solve_figure

        print(f"Picture: {solve_figure.write(given, solved, options.draw)}")
    missed = int((~solved.reached).sum())
    if missed:
        of = f"{missed:,} of {len(solved.reached):,} targets" if len(solved.reached) > 1 else "the target"
        are = "was" if missed == 1 else "were"
        print(f"emssl-bench: {of} {are} not reached {solve_output.within(solved, options.within)}.", file=sys.stderr)
    return SOME_FAILED if missed else 0


def _check(options: argparse.Namespace) -> None:
    """Refuses what cannot be, before anything is loaded.

    Raises:
        InvalidValue: options that do not go together, are missing, or name files of the wrong kind.
        RecordError: a file could not be written.
    """
    if options.model is None and options.robot is None:
        raise InvalidValue("give --model FILE, a trained model, or --robot ARM to solve by least squares.")
    ways = {
        "--target X Y Z": options.target,
        "--pose X Y Z QX QY QZ QW": options.pose,
        "--targets FILE.csv": options.targets,
    }
    if sum(given is not None for given in ways.values()) != 1:
        *first, last = ways
        one = "one of them" if any(ways.values()) else "in metres"
        raise InvalidValue(f"give {', '.join(first)} or {last}, {one}.")
    if options.model is None and options.refine != "none":
        raise InvalidValue("--refine improves the answers of a --model; least squares with --robot are exact already.")
    if options.model is not None and options.joint_range is not None:
        raise InvalidValue("--joint-range cannot be combined with --model: the model fixes it.")
    for option, link in (("--tip", options.tip), ("--base", options.base)):
        if link and options.robot is None:
            raise InvalidValue(f"{option} belongs to --robot.")
    if options.rpy and options.targets:
        raise InvalidValue("--rpy belongs to --pose or --target; a CSV file has the columns qx, qy, qz, qw.")
    if not math.isfinite(options.within) or options.within <= 0:
        raise InvalidValue("--within is over 0 mm.")
    _check_written("--out", options.out, (".csv",), options.targets)
    _check_written("--draw", options.draw, PICTURES, options.targets)


def _check_written(option: str, file: Any, endings: tuple[str, ...], read: Path | None) -> None:
    from emssl_bench.system.files import check_writable

    if file is None:
        return
    if file.suffix.lower() not in endings:
        raise InvalidValue(f"{option} {file}: the file must end in {' or '.join(endings)}.")
    if file.is_dir():
        raise InvalidValue(f"{option} {file}: it is a folder.")
    if read is not None and file.exists() and read.exists() and file.samefile(read):
        raise InvalidValue(f"{option} {file}: it is the file of the targets, which would be lost.")
    check_writable(file.parent)
