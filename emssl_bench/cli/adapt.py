"""The command `adapt`: learned models are adapted to changed arms."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from emssl_bench.cli import base_models
from emssl_bench.cli.argument_types import add_renamed, joint_range, path, positive_or_zero, real_number, whole
from emssl_bench.cli.common import once, opened, reported
from emssl_bench.cli.places import add_on, share
from emssl_bench.cli.shared_options import JOINT_RANGES, add_out, add_robot, add_training
from emssl_bench.cli.trials import fewest_threads, matmul, run_trials, settings_by_method, trainings
from emssl_bench.exceptions import InvalidValue
from emssl_bench.records.settings import AdaptationSettings
from robots.changes import KINDS

HELP = "adapt learned models to a changed arm; makes Table IV"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"Changes: {'; '.join(KINDS.values())}."
    add_robot(parser)
    parser.add_argument(
        "--approach",
        nargs="+",
        default=["all"],
        metavar="NAME",
        help="identify, replace (the paper's), align (ours), scratch, direct, distal (to compare), or all",
    )
    parser.add_argument(
        "--learner",
        default=AdaptationSettings.learner,
        metavar="METHOD",
        help="method that adapts in identify, replace, align and scratch, and whose model they start from; any that "
        "has adapt, a plug-in's too (default: emssl)",
    )
    add_renamed(
        parser,
        *("--targets", "--wanted"),
        choices=["reachable", "all"],
        default=AdaptationSettings.targets,
        help="targets to evaluate on: those that the changed arm can reach, or all",
    )
    parser.add_argument(
        "--extend-cm", nargs="*", type=real_number, default=[1, 3, 5], metavar="CM", help="every link longer by so much"
    )
    parser.add_argument(
        "--change",
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND=AMOUNT",
        help="other changes, or beyond for a set of five; they are listed below",
    )
    parser.add_argument(
        "--from",
        nargs="+",
        type=path,
        metavar="MODEL",
        dest="models",
        help="trained models (.safetensors) of the unchanged arm; seeds, joint ranges and data are theirs "
        "(default: train them first, in the same folder)",
    )
    parser.add_argument("--joint-range", nargs="+", type=joint_range, default=[90], metavar="DEG", help=JOINT_RANGES)
    parser.add_argument(
        "--samples",
        type=whole(1),
        metavar="N",
        help="arm queries in an iteration of adaptation (default: one for every training target)",
    )
    parser.add_argument(
        "--schedule",
        choices=["constant", "cosine"],
        default=AdaptationSettings.schedule,
        help="of the learning rate in each iteration of adaptation; scratch has that of the training",
    )
    parser.add_argument(
        "--adapt-with",
        nargs="+",
        action="extend",
        default=[],
        metavar="METHOD.SETTING=VALUE",
        help="settings while adapting, over those that the model was trained with",
    )
    parser.add_argument(
        "--measurements",
        type=whole(1, 10**6),
        default=AdaptationSettings.measurements,
        metavar="N",
        help="configurations measured on the changed arm to identify it, or to align the network",
    )
    parser.add_argument(
        "--noise-mm",
        type=positive_or_zero,
        default=AdaptationSettings.noise_mm,
        metavar="MM",
        help="standard deviation of measured coordinates; measured orientations turn by as much at 0.3 m (1 mm: 0.19°)",
    )
    add_training(parser)
    add_on(parser)
    of_training = ("set", "budget", "seeds", "joint_range", "task")
    parser.set_defaults(of_training={name: parser.get_default(name) for name in of_training})
    add_out(parser, "where results go")


def run(options: argparse.Namespace) -> int:
    """Adapts learned models to changed arms; makes Table IV."""
    from emssl_bench.records import Store

    changes = _chosen_changes(options)
    arms, device = opened(options)
    from emssl_bench.experiments import adaptation

    approaches = adaptation.chosen(options.approach, options.learner)
    store = Store(options.out)
    models = []
    if options.models:
        base_models.refuse_training_options(options)
        models = base_models.read(options.models, arms)
        given = [trial for _, trial, _ in models]
        approaches = base_models.startable(approaches, options.learner, given, "all" in options.approach)
        bases = [(trial, arm) for _, trial, arm in models]
    else:
        methods = once([adaptation.base_method(approach, options.learner) for approach in approaches])
        bases = [(trial, arm) for arm in arms for trial in trainings(options, methods, arm, device)]
        bases = share(options, bases)  # with all that is adapted from each: none is trained twice
    trials = _adaptations(options, approaches, changes, bases, device)
    if options.models:
        trials = share(options, trials)
    if options.shard and not trials:
        return 0
    with store.claimed():
        for model, trial, _ in models:
            base_models.put(model, trial, store)
        waiting = [trial for trial in trials if not store.done(trial)]
        needed = {getattr(trial.settings, "base", None) for trial in waiting}
        untrained = [
            base for base, arm in bases if base.digest in needed and not base_models.usable(store.model_path(base), arm)
        ]
        records = []
        if untrained:
            records += run_trials(options, untrained, len(bases), arms, store, later=len(waiting))
            failed = {record.trial.digest for record in records if record.status == "failed"}
            waiting = [trial for trial in waiting if getattr(trial.settings, "base", None) not in failed]
            _tell_of_other_bases(records, store)
        records += run_trials(options, waiting, len(trials), arms, store)
        return reported(store, records)


def _chosen_changes(options: argparse.Namespace) -> list[Any]:
    """The changes of the arm that the options name, each once.

    Raises:
        InvalidValue: there is none, or one is no change.
    """
    from robots.changes import BEYOND, Change

    changes = [Change.parse(f"links={cm:g}") for cm in options.extend_cm]
    for text in options.change:
        changes += [Change.parse(each) for each in (BEYOND if text == "beyond" else (text,))]
    if not changes:
        raise InvalidValue("no change of the arm: give --extend-cm or --change.")
    return once(changes)


def _adaptations(
    options: argparse.Namespace,
    approaches: Sequence[str],
    changes: Sequence[Any],
    bases: Sequence[tuple[Any, Any]],
    device: str,
) -> list[Any]:
    """The trials that adapt the models of the bases, each of which is a trial and its arm."""
    from emssl_bench.experiments import adaptation, identification
    from emssl_bench.methods import registry

    run_with = (options.forward, device, fewest_threads(options))
    adapting = settings_by_method(
        options.adapt_with, sorted({base.name for base, _ in bases}), registry, "--adapt-with"
    )
    trials = []
    for arm in once([arm for _, arm in bases]):
        of_arm = [base for base, its in bases if its == arm]
        trials += adaptation.plan(
            approaches,
            changes,
            of_arm,
            arm,
            *run_with,
            matmul(options, device),
            measurements=options.measurements,
            noise_mm=options.noise_mm,
            schedule=options.schedule,
            samples=options.samples,
            learner=options.learner,
            targets=options.targets,
            hyperparameters=adapting,
        )
        if "identify" in approaches:
            trials += identification.plan(changes, of_arm, arm, *run_with)
    return trials


def _tell_of_other_bases(records: Sequence[Any], store: Any) -> None:
    """Says of which models the adaptation is not that of their records."""
    from emssl_bench.records.trial import numbers

    for record in records:
        there = store.find(record.trial)
        if there is None or record.status != "done":
            continue
        if numbers(replace(there, curve={})) != numbers(replace(record, curve={})):
            store.tell(
                f"{record.trial.label}: the model just trained is adapted; the record in the folder has other numbers."
            )
