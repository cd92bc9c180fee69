"""Checkpoints on disk: one file a trial, there while it runs."""

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.system.files import read_regular, write_atomically

LARGEST = 2**32
"""Bytes of a file that may be a checkpoint: a hundred times what a large network's has."""


def save(path: Path, content: dict[str, Any]) -> None:
    """Writes tensors, numbers, texts and nested dicts and lists of them, with their hash before them.

    Raises:
        RecordError: the file cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    data = buffer.getvalue()
    write_atomically(path, hashlib.sha256(data).digest() + data)


@ordinary_numerics()
def load(path: Path) -> dict[str, Any] | None:
    """What `save` wrote; None if there is nothing, or nothing whole."""
    try:
        written = read_regular(path, LARGEST)
    except OSError:
        return None
    digest, data = written[:32], written[32:]
    if hashlib.sha256(data).digest() != digest:
        return None
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)  # no code in it is ever run
    except MemoryError:
        raise
    except Exception:  # what a file that is none of ours makes torch raise is of many kinds
        return None
    return content if isinstance(content, dict) else None
