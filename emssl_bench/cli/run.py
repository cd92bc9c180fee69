"""The command `run`: methods are trained and evaluated."""

import argparse
import sys
from collections.abc import Sequence

from emssl_bench.cli.common import once, opened, reported
from emssl_bench.cli.trials import run_trials, trainings
from emssl_bench.exceptions import UnknownName


def train(options: argparse.Namespace) -> int:
    """Trains and evaluates methods; makes Table II and Fig. 6."""
    from emssl_bench.records import Store

    methods, left_out = _chosen_methods(options.method)
    arms, device = opened(options)
    trials = [trial for arm in arms for trial in trainings(options, methods, arm, device, options.evaluate_on)]
    store = Store(options.out)
    for complaint in left_out:
        print(f"emssl-bench: {complaint}", file=sys.stderr)
    with store.claimed():
        waiting = [trial for trial in trials if not store.done(trial)]
        return reported(store, run_trials(options, waiting, len(trials), arms, store))


def _chosen_methods(chosen: Sequence[str]) -> tuple[list[str], list[str]]:
    """The methods meant, each once; and where they are all, a line for each plug-in that is left out."""
    from emssl_bench.methods import registry

    valid = [*registry.names(), "all"]
    for name in chosen:
        if name not in valid:
            raise UnknownName("method", name, valid)
    if "all" in chosen:
        return registry.usable()
    return once(chosen), []
