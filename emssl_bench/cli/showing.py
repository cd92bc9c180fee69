"""The commands that measure nothing: what records hold, which arms and methods there are, whether an arm will do."""

import argparse
import shlex
import sys

from emssl_bench.cli.common import SOME_FAILED, made, once, reported
from emssl_bench.exceptions import MissingDependency


def check_arm(options: argparse.Namespace) -> int:
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


def show_report(options: argparse.Namespace) -> int:
    """Makes tables, figures and report.md from the records."""
    from emssl_bench import report
    from emssl_bench.records import Store
    from emssl_bench.report.selection import Selection

    store = Store(options.out)
    store.try_to_set_aside()
    chosen = Selection(tuple(once(options.method)), tuple(once(options.robot)), not options.no_variants)
    print(f"Report: {made(report.write(store, chosen, options.into))}")
    return 0


def merge_folders(options: argparse.Namespace) -> int:
    """Brings records and models of several folders together."""
    from emssl_bench.records import Store, merge
    from emssl_bench.records.store import to_stderr

    store = Store(options.out)
    for folder, count in merge.merge(options.folders, store, options.strict, to_stderr).items():
        print(f"{count} records from {folder}")
    return reported(store, [])


def list_robots(options: argparse.Namespace) -> int:
    """The arms."""
    import robots

    print(f"{'name':10}{'joints':>7}{'reach':>9}  source")
    for name in robots.available():
        try:
            spec = robots.load(name)
        except MissingDependency as error:
            print(f"{name:10}{'':16}  {error}")
            continue
        print(f"{name:10}{spec.dof:>7}{spec.reach_m:>7.2f} m  {spec.source}")
    return 0


def list_methods(options: argparse.Namespace) -> int:
    """The methods, or one's settings."""
    from emssl_bench.methods import registry

    if options.name is not None:
        print(f"{options.name:10} {_summary(registry.method_class(options.name))}")
        for key, kind, default, meaning in registry.described(options.name):
            print(f"  --set {options.name}.{key}=...  [{kind}; default {default}]\n      {meaning}")
        return 0
    usable, left_out = registry.usable()
    for name in usable:
        print(f"{name:12} {_summary(registry.method_class(name))}")
    for complaint in left_out:
        print(complaint)
    return 0


def _summary(method: type) -> str:
    return ((method.__doc__ or "").strip().splitlines() or [""])[0]
