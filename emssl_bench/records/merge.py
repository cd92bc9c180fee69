"""Records and models of several folders, brought together in one."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emssl_bench.exceptions import ModelError, RecordError
from emssl_bench.records import Record, Store, Trial, model_files, saved_model
from emssl_bench.records.timings import BENCHMARKS, MEASURED_TOGETHER
from emssl_bench.records.trial import example_of_difference, numbers


@dataclass(frozen=True)
class _Kept:
    """What is kept of one trial, or of all cases of one sampling measurement."""

    records: Mapping[str, Record]
    store: Store
    """Where they are from."""
    agreeing: Sequence[Store]
    """Others that have the same numbers."""
    differences: Sequence[str]
    """A line for each that has others."""


def merge(folders: Sequence[Path], out: Store, strict: bool, tell: Callable[[str], None]) -> dict[Path, int]:
    """Brings the records and models of the folders into `out`, which may have some of its own.

    Of a trial with the same numbers in several folders one record is kept; training seconds may differ, and are
    those of that record. Of different numbers, those of `out` are kept, or else of the first folder given, and each
    difference is told of. A result is kept before a failure.

    Args:
        folders: only read; what is damaged in them is told of and left alone.
        out: where to.
        strict: with different numbers, write nothing.
        tell: told, in a line each, of what was left out.

    Returns:
        How many records came from each folder.

    Raises:
        FolderBusy: another command is writing into `out`.
        RecordError: a folder without records, or different numbers where that is not wanted, or `out` cannot be
            written.
    """
    sources = _opened(folders, out, tell)
    if strict and (differences := [line for kept in _chosen([out, *sources]) for line in kept.differences]):
        for line in differences:
            tell(line)
        raise RecordError(f"nothing is written (--strict): {len(differences)} trials have different numbers.")
    with out.claimed():
        came = {store.folder: 0 for store in sources}
        known = set()
        for kept in _chosen([out, *sources]):
            for line in kept.differences:
                tell(line)
            for digest, record in kept.records.items():
                known.add(digest)
                stores = [kept.store, *kept.agreeing]
                _bring_model(digest, [out, *stores] if out in stores else stores, out, tell)
                if kept.store is not out:
                    out.save(record)
                    came[kept.store.folder] += 1
        for store in sources:  # models that others are adapted from need no record
            for path in sorted((store.folder / "models").glob("*.safetensors")):
                if path.stem not in known:
                    _bring_model(path.stem, [out, store], out, tell)
            if (path := store.folder / BENCHMARKS).is_file():
                tell(f"{path} is left there: benchmarks are of one machine, and are not merged.")
    return came


def _opened(folders: Sequence[Path], out: Store, tell: Callable[[str], None]) -> list[Store]:
    """The folders that are not `out` itself, each once."""
    others = {folder.resolve(): folder for folder in reversed(folders) if folder.resolve() != out.folder.resolve()}
    sources = [Store(folder, tell) for folder in reversed(others.values())]
    if not sources:
        raise RecordError(f"nothing to merge: {out.folder} is the only folder given.")
    for store in sources:
        if not store.records():
            raise RecordError(f"no records under {store.folder / 'records'}: nothing is merged.")
    return sources


def _chosen(stores: Sequence[Store]) -> Iterator[_Kept]:
    """What is kept of everything in the stores, the first of which come first."""
    found: dict[str, dict[Store, dict[str, Record]]] = {}
    for store in stores:
        for record in store.records():
            trial = record.trial
            found.setdefault(_belongs_to(trial), {}).setdefault(store, {})[trial.digest] = record
    for by_store in found.values():
        done = {s: records for s, records in by_store.items() if any(r.status == "done" for r in records.values())}
        (store, records), *others = (done or by_store).items()
        agreeing, differences = [], []
        for other, theirs in others:
            difference = _difference(records, theirs)
            if difference:
                differences.append(f"{difference} in {store.folder} and in {other.folder}: the first is kept.")
            else:
                agreeing.append(other)
        yield _Kept(records, store, agreeing, differences)


def _belongs_to(trial: Trial) -> str:
    """Names what is kept or left together: a trial, or all cases of a sampling measurement."""
    if not trial.settings.timed:
        return trial.digest
    return json.dumps([trial.robot, [getattr(trial.settings, name) for name in MEASURED_TOGETHER[1:]]])


def _difference(ours: Mapping[str, Record], theirs: Mapping[str, Record]) -> str:
    """What is different, in words; nothing where all of theirs have the numbers that ours have."""
    for digest, their in theirs.items():
        our = ours.get(digest)
        if our is None or (their.trial.settings.timed and numbers(our) != numbers(their)):
            what = f"{their.trial.experiment} on {their.trial.robot}"
            return f"{what} was measured twice on the same machine, with the same settings,"
        if our.status == "done" and numbers(our) != numbers(their):
            return f"{their.trial.label} has different numbers ({example_of_difference(our, their)})"
    return ""


def _bring_model(digest: str, stores: Sequence[Store], out: Store, tell: Callable[[str], None]) -> None:
    """Brings the first sound model of the trial among the stores' to `out`, which keeps its own if it is among them."""
    target = out.model_of(digest)
    for store in dict.fromkeys(stores):
        path = store.model_of(digest)
        if not path.is_file():
            continue
        try:
            model = saved_model.opened(path)
        except ModelError as error:
            tell(f"{error} {'Another is taken, if there is one.' if store is out else 'It is left there.'}")
            continue
        if store is not out:
            if os.path.lexists(target):
                if _holds(target, model):
                    return
                out.make_way(target, f"is replaced by {path}, since it is not the model of the record that is kept")
            model_files.copy(path, target)
        return


def _holds(path: Path, model: saved_model.Saved) -> bool:
    try:
        return saved_model.opened(path).same_as(model)
    except ModelError:
        return False
