"""Options that several commands have."""

import argparse
from pathlib import Path

from emssl_bench.cli.argument_types import (
    SeedsAction,
    count_or_auto,
    path,
    seeds_of,
    task_text,
)
from emssl_bench.forward import FORWARD_MODELS
from emssl_bench.tasks import POSITION, TASKS

JOINT_RANGES = "joint spaces: ± degrees, or limits for the arm's own limits"
BUDGETS = (
    "targets (training and test), iterations, epochs in each: smoke (4,000, 3, 2), a minute; quick (20,000, 15, 5; for "
    "poses 40,000, 15, 3), minutes a trial; paper (100,000, 200, 10: Table I), hours a trial"
)


def add_training(parser: argparse.ArgumentParser) -> None:
    """Options of every command that trains."""
    parser.add_argument(
        "--seeds",
        nargs="+",
        type=seeds_of,
        action=SeedsAction,
        default=[0],
        metavar="N",
        help="base seeds, one trial of everything each; 0-9 stands for all from 0 to 9",
    )
    add_task(parser)
    parser.add_argument("--budget", default="quick", metavar="NAME", help=BUDGETS)
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="METHOD.SETTING=VALUE",
        help="settings of methods, over the budget's; see emssl-bench methods NAME",
    )
    parser.add_argument(
        "--workers", type=count_or_auto, default="auto", metavar="N", help="forward-model processes of a trial"
    )
    parser.add_argument("--jobs", type=count_or_auto, default="auto", metavar="N", help="trials side by side")
    parser.add_argument(
        "--threads",
        type=count_or_auto,
        default="auto",
        metavar="N",
        help="torch threads of a trial, which change rounding unless --matmul is onednn (auto: 1, or with onednn as "
        "many as there are cores for each trial)",
    )
    parser.add_argument(
        "--matmul",
        choices=["auto", "onednn", "default"],
        default="auto",
        help="what computes the matrix products of networks on a CPU; auto: oneDNN where it is exact and faster",
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where networks are trained")
    parser.add_argument(
        "--forward", choices=list(FORWARD_MODELS), default="bullet", help="forward model: PyBullet, or the torch chain"
    )
    add_watch(parser)


def add_task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--task",
        type=task_text,
        default=POSITION.name,
        metavar="TASK",
        help=f"what targets are: {' or '.join(TASKS)}, and its settings, such as pose:orientation=quaternion",
    )


def add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch",
        action="store_true",
        help="write report.html anew as trials progress; it refreshes itself in a browser",
    )


def add_robot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--robot", nargs="+", default=["paper6"], metavar="ARM", help="arms: names, or paths of URDF files"
    )
    add_tip(parser)


def add_tip(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tip", metavar="LINK", help="end effector of a URDF file with several branches")
    parser.add_argument(
        "--base",
        metavar="LINK",
        help="where the arm begins: what carries that link, a mobile base for instance, is left out",
    )


def add_models(parser: argparse.ArgumentParser) -> None:
    """Of commands that measure trained models beside other solvers."""
    parser.add_argument(
        "--model",
        nargs="+",
        type=path,
        default=[],
        metavar="PATH",
        help="trained models: .safetensors files, or folders of runs, of which those of the arms are taken",
    )


def add_out(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("--out", type=path, default=Path("results/local"), metavar="FOLDER", help=help)
