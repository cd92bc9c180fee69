"""What oneDNN needs in the environment of a process that computes by it. Nothing here imports torch."""

from collections.abc import Mapping

ENVIRONMENT: Mapping[str, str] = {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}
"""oneDNN reads it when it is first used; later it has no effect."""
