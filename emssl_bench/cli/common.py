"""What several commands do: where results are reported, on what device networks are trained."""

import argparse
import itertools
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emssl_bench.exceptions import Interrupted, InvalidValue, MissingDependency

if TYPE_CHECKING:
    from emssl_bench.joint_space import JointRange
    from robots.spec import RobotSpec

SOME_FAILED = 1


def reported(store, records: Sequence[Any]) -> int:
    """Writes and prints the report after so many new records; the exit code."""
    from emssl_bench import report
    from emssl_bench.cli import display
    from emssl_bench.report import terminal

    console = display.open_console()
    data = report.ReportData.of(store)
    sections = report.make_sections(data)
    written = report.write_sections(sections, data, store.folder)

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True)

    say(f"Page: {written[0]}")
    terminal.print_sections(sections, console)
    say(f"Report: {made(written)}")
    with_models = [record for record in records if record.model]
    if len(with_models) == 1:
        (record,) = with_models
        say(f"Model of {display.describe(record.trial)}: {store.folder / record.model}")
    elif with_models:
        say(f"Models: {len(with_models)} in {store.folder / 'models'}; each record names its own")
    failed = [record for record in records if record.status == "failed"]
    if failed:
        print(f"emssl-bench: {len(failed)} of {len(records)} trials failed; the report names them.", file=sys.stderr)
    without = {record.error: record for record in reversed(records) if record.status == "done" and record.error}
    for why, record in reversed(without.items()):
        print(f"emssl-bench: {display.describe(record.trial)} has no row: {why}", file=sys.stderr)
    none_measured = bool(records) and all(record.error for record in records)
    return SOME_FAILED if failed or none_measured else 0


def made(written: Sequence[Path]) -> str:
    """What a report is made of, in a line: report.md, then how many tables and figures lie where."""
    _, *others, page = written
    parts = [str(page)]
    for what in ("tables", "figures"):
        folders = {path.parent for path in others if path.parent.name == what}
        count = len({path.stem for path in others if path.parent.name == what})
        if folders:
            parts.append(f"{count} {what if count > 1 else what[:-1]} in {folders.pop()}")
    return ", ".join(parts)


def require_ranges(arms: Iterable["RobotSpec"], ranges: "Sequence[JointRange]") -> None:
    """
    Raises:
        InvalidValue: no arm can have this joint range, or one of them has nothing of it.
    """
    from emssl_bench.joint_space import JointSpace

    for arm, each in itertools.product(arms, ranges):
        JointSpace.of(arm, each)


def opened(options: argparse.Namespace) -> tuple[list["RobotSpec"], str]:
    """The arms and the device of a command, once it is known that they can be had.

    Raises:
        InvalidValue: what applies to one arm only is given for several, or an arm has nothing of a joint range.
    """
    import robots
    from emssl_bench.cli import places
    from robots.reach import require_moving

    places.require(options)
    names = once(options.robot)
    for option, given in (("--tip", options.tip), ("--base", options.base)):
        if given and len(names) > 1:
            raise InvalidValue(
                f"{option} applies to one arm only, and --robot names {len(names)}: give each a command of its own, "
                "with the same --out."
            )
    arms = {(arm.name, arm.digest): arm for arm in (robots.load(name, options.tip, options.base) for name in names)}
    for arm in arms.values():
        require_moving(arm)
    of_nodes = places.on_cluster(options) and options.device == "cuda"  # theirs, and not this machine's
    device = options.device if of_nodes else chosen_device(options.device)
    from emssl_bench.forward import require_usable

    for arm in arms.values():
        require_usable(getattr(options, "forward", "bullet"), arm)
    ranges = getattr(options, "joint_range", [])
    require_ranges(arms.values(), ranges if isinstance(ranges, list) else [ranges])
    return list(arms.values()), device


@contextmanager
def ending_unheard() -> Iterator[None]:
    """Interrupts what takes long once the command's output has been closed.

    Raises:
        Interrupted: as by Ctrl-C.
    """
    try:
        yield
    except BrokenPipeError:
        raise Interrupted(getattr(signal, "SIGPIPE", 13)) from None


def chosen_device(requested: str) -> str:
    """Where networks are trained, "cpu" or "cuda", for what was requested: auto, cpu or cuda.

    Raises:
        MissingDependency: there is no CUDA device.
    """
    if requested == "cpu":
        return requested
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if requested == "cuda":
        raise MissingDependency("--device cuda needs a CUDA device and a CUDA build of torch; use --device cpu.")
    return "cpu"


def once(values: Sequence[Any]) -> list[Any]:
    """The values, each once, in order."""
    return list(dict.fromkeys(values))
