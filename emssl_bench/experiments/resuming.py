"""Trials that were interrupted go on after their last finished iteration, with the same numbers in the end."""

import math
import warnings
from typing import Any

import torch

from emssl_bench.methods.checkpoint import Checkpoint
from emssl_bench.records import Store, Trial, checkpoint_files, machine


class Resuming:
    """A trial's checkpoint in its store, and what the harness keeps beside it."""

    def __init__(self, trial: Trial, store: Store):
        """Finds what an interrupted run of the trial left, if it was of the same code on the same machine."""
        self._path = store.checkpoint_path(trial)
        self._identity = {"trial": trial.digest, "machine": machine.digest(), "code": machine.code_digest()}
        found = checkpoint_files.load(self._path)
        if found and found.get("identity") != self._identity:
            warnings.warn("starts over: its checkpoint was written by other code or on another machine", stacklevel=2)
            found = None
        if found and not _whole(found):
            warnings.warn("starts over: its checkpoint was not written by emssl-bench", stacklevel=2)
            found = None
        self.checkpoint = Checkpoint(found["checkpoint"] if found else None)
        self.extra_state: dict[str, Any] | None = found["notes"] if found else None
        """What was kept beside it; None if the trial starts over."""

    def save(self, **extra_state: Any) -> None:
        """Keeps the state after the iteration just finished.

        Raises:
            RecordError: the file cannot be written.
        """
        content = {"identity": self._identity, "checkpoint": self.checkpoint.state(), "notes": extra_state}
        checkpoint_files.save(self._path, content)


def _whole(found: dict[str, Any]) -> bool:
    """Whether a file has what `save` puts into it, and numbers that are finite."""
    checkpoint, notes = found.get("checkpoint"), found.get("notes")
    if not (isinstance(checkpoint, dict) and isinstance(notes, dict) and notes):
        return False
    finished = checkpoint.get("finished")
    return type(finished) is int and finished > 0 and isinstance(checkpoint.get("kept"), list) and _finite(found)


def _finite(thing: Any) -> bool:
    if isinstance(thing, torch.Tensor):
        return not thing.is_floating_point() or bool(thing.isfinite().all())
    if isinstance(thing, dict):
        return all(map(_finite, thing.values()))
    if isinstance(thing, list | tuple):
        return all(map(_finite, thing))
    return not isinstance(thing, float) or math.isfinite(thing)
