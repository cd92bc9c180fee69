"""The trials of the commands that train: planned as the options say, and run with a display."""

import argparse
import functools
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from emssl_bench.cli import places
from emssl_bench.cli.common import ending_unheard, once
from emssl_bench.exceptions import InvalidValue, UnknownName
from emssl_bench.records.settings import AccuracySettings


def trainings(
    options: argparse.Namespace,
    methods: Sequence[str],
    arm,
    device: str,
    evaluated_on: Any = AccuracySettings.evaluated_on,
) -> list[Any]:
    """The trials that train methods as the options say; names the joints of which the ranges leave little."""
    from emssl_bench.experiments import accuracy
    from emssl_bench.joint_space import narrowed
    from emssl_bench.methods import registry

    trials = accuracy.plan(
        methods,
        arm,
        once(options.joint_range),
        once(options.seeds),
        accuracy.budget(options.budget, options.task),
        settings_by_method(options.set, methods, registry),
        options.forward,
        device,
        fewest_threads(options),
        evaluated_on,
        options.task,
        matmul(options, device),
    )
    for joint_range in once(options.joint_range):
        if cut := narrowed(arm, joint_range):
            print(f"emssl-bench: {arm.name}: {cut}", file=sys.stderr)
    return trials


def run_trials(
    options: argparse.Namespace, waiting: list[Any], of: int, arms: Sequence[Any], store: Any, later: int = 0
) -> list[Any]:
    """Runs what is waiting, of so many trials, and returns their records; so many are to run after these.

    The records are without curves and tables, which are in the store.

    Raises:
        Interrupted: the output was closed while they ran.
        ClusterError: the cluster cannot be used.
    """
    asked = options
    if not places.on_cluster(options):
        waiting, asked = _for_this_machine(options, waiting)

    def first_line(crew: Any) -> str:
        return (
            f"{len(waiting)} of {of} trials to run on {', '.join(arm.name for arm in arms)}, {crew.words}; "
            f"results in {store.folder}" + _plugins_among(waiting)
        )

    return run_shown(asked, waiting, arms, store, first_line, later)


def run_shown(
    options: argparse.Namespace,
    waiting: list[Any],
    arms: Sequence[Any],
    store: Any,
    first_line: Callable[[Any], str],
    later: int = 0,
    alone: bool = False,
) -> list[Any]:
    """Runs the trials where the options say, with a display, and returns their records without curves and tables.

    Args:
        options: of the command.
        waiting: what to run.
        arms: of the trials.
        store: where records go.
        first_line: what is said first, of the crew that runs them.
        later: how many trials there are to run after these.
        alone: whether each needs a machine for itself, since it is timed.

    Raises:
        Interrupted: the output was closed while they ran.
        ClusterError: the cluster cannot be used.
    """
    from emssl_bench.cli import display, watching
    from emssl_bench.engine import driver

    console = display.open_console()
    with places.crew(options, waiting, arms, store, alone=alone) as crew, ending_unheard():
        console.print(first_line(crew), highlight=False, soft_wrap=True)
        with (
            display.shown(waiting, console, crew.jobs, later) as shown,
            watching.watched(options.watch, shown, waiting, store, console, later) as shown,
        ):
            return driver.run_trials(waiting, crew.engine, store, shown, whole=False)


def _for_this_machine(options: argparse.Namespace, waiting: Sequence[Any]) -> tuple[list[Any], argparse.Namespace]:
    """The trials and options with as many jobs, threads and workers as this machine has cores for."""
    from emssl_bench.records import machine

    cores = machine.physical_cores()
    at_once = max(1, cores // fewest_threads(options)) if options.jobs == "auto" else options.jobs
    jobs = min(len(waiting), at_once) or 1
    require_products(waiting)
    if options.threads == "auto":
        waiting = [_with_threads(trial, max(1, cores // jobs)) for trial in waiting]
    workers = max(1, cores // jobs) if options.workers == "auto" else options.workers
    return list(waiting), argparse.Namespace(**{**vars(options), "jobs": jobs, "workers": workers})


def fewest_threads(options: argparse.Namespace) -> int:
    """The torch threads that every trial has; one that they do not change may get more."""
    return 1 if options.threads == "auto" else options.threads


@functools.cache
def _chosen_matmul(requested: str, device: str) -> Any:
    from emssl_bench.solvers import products

    return products.chosen(requested, device)


def matmul(options: argparse.Namespace, device: str) -> Any:
    """What computes matrix products, "onednn" or "default"; measured once in a command where that is to be chosen."""
    return _chosen_matmul(options.matmul, device)


def require_products(waiting: Sequence[Any]) -> None:
    """
    Raises:
        MissingDependency: a trial needs matrix products that this machine cannot compute.
    """
    if any(trial.settings.by_onednn for trial in waiting):
        from emssl_bench.solvers import products

        products.require_available()


def _with_threads(trial: Any, threads: int) -> Any:
    """The trial with so many torch threads, if they change none of its numbers."""
    if not trial.settings.by_onednn:
        return trial
    return replace(trial, settings=replace(trial.settings, threads=threads))


def _plugins_among(trials: Sequence[Any]) -> str:
    """Which of the methods to run are of other packages, in words."""
    from emssl_bench.methods import plugins, registry

    found = plugins.found(registry.METHODS).methods
    names = sorted({trial.settings.trained_method for trial in trials if trial.experiment == "accuracy"} & found.keys())
    if not names:
        return ""
    return f"; among the methods are plug-ins: {', '.join(f'{name} ({found[name].package})' for name in names)}"


def settings_by_method(
    texts: Sequence[str], methods: Sequence[str], registry: Any, option: str = "--set"
) -> dict[str, dict[str, Any]]:
    """Settings by method from texts like "emssl.iterations=20", of which a later one counts.

    Raises:
        InvalidValue: one is no such text.
        UnknownName: no such method in this run, or no such setting of it.
    """
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for text in texts:
        name, equals, value = text.partition("=")
        method, dot, key = name.partition(".")
        if not (equals and dot):
            raise InvalidValue(f"{option} takes METHOD.SETTING=VALUE, such as emssl.iterations=20, not {text!r}.")
        if method not in methods:
            if method in registry.names():
                registry.method_class(method)  # says why, if it is a broken plug-in
            raise UnknownName(f"method (of this run) in {option}", method, methods)
        now = registry.current_name(method, key)
        if now != key:
            print(f"emssl-bench: {method}.{key} is now {method}.{now}.", file=sys.stderr)
        found[method][now] = registry.parsed(method, now, value)
    return found
