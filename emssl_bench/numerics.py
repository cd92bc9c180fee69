"""Numbers that do not depend on what else has been set in the process."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch

_IMPORTED_BY = os.getpid()


@contextmanager
def ordinary_numerics() -> Iterator[None]:
    """Torch and NumPy compute here as in a fresh process, whatever the caller has switched on or off.

    Gradients can be had, tensors are no inference tensors, nothing is cast to half precision, and NumPy raises
    nothing about underflow or overflow: what matters of both is checked by name. Default dtypes and devices cannot
    be set for one thread alone; that is why every tensor of the suite is made with both of its own.

    Also a decorator, but of no generator: what it has set would leak to whoever iterates.
    """
    with ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if os.getpid() != _IMPORTED_BY:
            stack.enter_context(_one_thread())
        yield


@contextmanager
def _one_thread() -> Iterator[None]:
    """For a forked process: torch's threads are not in it, and it would wait for them for ever."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
