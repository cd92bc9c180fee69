"""Random streams by name, so that one part's draws never shift another's."""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Seeds:
    """The random streams of one trial.

    A stream depends on the base seed and its name alone: every method that asks for "data" at one seed gets
    the same data, and a new stream changes no old one.
    """

    base: int

    def number(self, stream: str) -> int:
        """A seed in [0, 2^63) for the named stream."""
        sequence = np.random.SeedSequence(self.base, spawn_key=(zlib.crc32(stream.encode()),))
        return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))

    def numpy(self, stream: str) -> np.random.Generator:
        return np.random.default_rng(self.number(stream))

    def torch(self, stream: str, device: str = "cpu") -> "torch.Generator":
        import torch

        return torch.Generator(device).manual_seed(self.number(stream))
