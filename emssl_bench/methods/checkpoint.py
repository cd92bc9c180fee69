"""Checkpoints: what a training needs to go on after an interruption, with the same result.

A method that can be resumed runs its loop through `Checkpoint.iterations` and gives it everything that changes
from one iteration to the next. The harness writes and reads it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from emssl_bench.exceptions import CheckpointError, error_line
from emssl_bench.numerics import ordinary_numerics

State = Mapping[str, Any]
"""Tensors, numbers, texts and nested dicts and lists of them."""


class Checkpoint:
    """The loop of a training that may have been interrupted."""

    def __init__(self, state: State | None = None):
        """`state` is what `state()` gave when the training was interrupted; None starts over."""
        self._state = state
        self._kept: tuple[Any, ...] = ()
        self._finished = 0

    def iterations(self, count: int, *kept: Any) -> Iterator[int]:
        """The numbers of the iterations still to do; what is kept is restored first.

        Args:
            count: iterations in all, counted from 0.
            kept: all that changes while iterating: modules, trainers and whatever else has `state_dict` and
                `load_state_dict`, generators of torch and numpy, and dicts of arrays.

        Raises:
            CheckpointError: the state is of something else. What is kept may then be half restored: start over.
        """
        self._kept = kept
        if self._state:
            try:
                for thing, state in zip(kept, self._state["kept"], strict=True):
                    _restore(thing, state)
            except Exception as error:  # of whatever has a `load_state_dict`
                raise CheckpointError(f"its checkpoint does not fit the method ({error_line(error)})") from None
        for iteration in range(self.already, count):
            self._finished = iteration + 1
            yield iteration

    @property
    def already(self) -> int:
        """Iterations that were finished before the interruption."""
        return self._state["finished"] if self._state else 0

    def state(self) -> State:
        """All that is needed to go on after the last finished iteration."""
        return {"finished": self._finished, "kept": [_state_of(thing) for thing in self._kept]}


UNINTERRUPTED = Checkpoint()
"""For a training that starts from the beginning and that nobody resumes; any number of them may share it."""


@ordinary_numerics()
def _state_of(thing: Any) -> Any:
    if isinstance(thing, torch.Generator):
        return thing.get_state()
    if isinstance(thing, np.random.Generator):
        return dict(thing.bit_generator.state)
    if isinstance(thing, dict):
        return {name: torch.from_numpy(array) for name, array in thing.items()}
    return thing.state_dict()


@ordinary_numerics()
def _restore(thing: Any, state: Any) -> None:
    if isinstance(thing, torch.Generator):
        thing.set_state(state)
    elif isinstance(thing, np.random.Generator):
        thing.bit_generator.state = state
    elif isinstance(thing, dict):
        if state.keys() != thing.keys():
            raise ValueError(f"{', '.join(state)} instead of {', '.join(thing)}")
        thing.update({name: tensor.numpy() for name, tensor in state.items()})
    else:
        thing.load_state_dict(state)
