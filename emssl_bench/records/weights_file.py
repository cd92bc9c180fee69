"""The file of a model's arrays, looked at before it is read: its header, and its hash."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emssl_bench.system.files import open_regular


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("its description has a key twice")
    return found


LARGEST_DESCRIPTION = 2**22
"""Bytes; a thousand times what one has. Large things are arrays."""


_CHUNK = 2**20


_LONG_TO_HASH = 2**30


def _header(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of each array in a safetensors file, once the file is as large as they say.

    Raises:
        OSError: it cannot be read.
        ValueError, KeyError, TypeError: it is no such file, or longer or shorter than it says.
    """
    with open(open_regular(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(size - 8, LARGEST_DESCRIPTION):
            raise ValueError("no safetensors file")
        header = json.loads(file.read(length), object_pairs_hook=once_each)
    header.pop("__metadata__", None)
    ends = [each["data_offsets"][1] for each in header.values()]
    if not all(type(end) is int for end in ends) or size != 8 + length + max(ends, default=0):
        raise ValueError("a safetensors file of another length than it says")
    return {name: (each["dtype"], tuple(each["shape"])) for name, each in header.items()}


def header_or_damage(path: Path) -> tuple[dict[str, tuple[str, tuple[int, ...]]], Exception | None]:
    """As `_header`, or what is wrong with it, so that the hash can be looked at first: it says more of a file that was
    cut off. A file so large that this takes long is refused at once."""
    try:
        return _header(path), None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if os.stat(path).st_size > _LONG_TO_HASH:
            raise
        return {}, error


def description_hash(weights: bytes, description: Mapping[str, Any]) -> str:
    """Of the weights and of what is said of them."""
    return hashlib.sha256(weights + json.dumps(description, sort_keys=True).encode()).hexdigest()


def hash_of(path: Path, description: Mapping[str, Any]) -> str:
    """As `_hash`, of weights in a file, of which little is in memory at a time."""
    found = hashlib.sha256()
    with open(open_regular(path), "rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    found.update(json.dumps(description, sort_keys=True).encode())
    return found.hexdigest()
