"""The command `check`: whether the suite can use an arm."""

import argparse
import shlex
import sys

from emssl_bench.cli.argument_types import joint_range
from emssl_bench.cli.common import SOME_FAILED
from emssl_bench.cli.shared_options import add_out, add_tip

HELP = "see whether an arm can be used: its chain, its forward models, its workspace"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("robot", metavar="ARM", help="an arm's name, or the path of a URDF file")
    add_tip(parser)
    parser.add_argument(
        "--joint-range",
        type=joint_range,
        default=180.0,
        metavar="DEG",
        help="joint space: ± degrees, or limits for the arm's own limits",
    )
    add_out(parser, "where the picture of the workspace goes")


def run(options: argparse.Namespace) -> int:
    """Whether the suite can use an arm; draws its workspace."""
    import robots
    from emssl_bench.joint_space import JointSpace, narrowed, shown

    robot = robots.load(options.robot, options.tip, options.base)
    path, tip = robots.file_and_tip(options.robot, options.tip, options.base)
    joint_space = JointSpace.of(robot, options.joint_range)
    from emssl_bench.cli import agreement, arm_check
    from emssl_bench.report.figures import workspace
    from robots import urdf

    print(arm_check.chain(robot, tip))
    notes = arm_check.notes(robot, urdf.held(path, tip, options.base))
    freedom = arm_check.freedom(robot, joint_space, options.joint_range)
    print(*notes, freedom, *filter(None, [narrowed(robot, options.joint_range)]), sep="\n")
    positions = agreement.reached(robot, joint_space)
    agreements = agreement.compared(robot, path, tip, joint_space, options.base)
    print(*agreements, sep="\n")
    title = f"{robot.name} to {tip}, {shown(options.joint_range)}"
    print(f"Workspace: {workspace.write(robot, positions, title, options.out)}")
    apart = [each for each in agreements if each.disagrees]
    if apart:
        print(f"emssl-bench: {robot.name}: the forward models disagree; this arm cannot be used.", file=sys.stderr)
        return SOME_FAILED
    given = {"--tip": options.tip, "--base": options.base}
    ends = "".join(f" {option} {shlex.quote(link)}" for option, link in given.items() if link)
    without = "" if any(each.model == "PyBullet" and each.compared for each in agreements) else " --forward chain"
    print(f"The suite can use this arm: --robot {options.robot}{ends}{without}")
    return 0
