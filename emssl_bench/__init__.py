"""EMSSL and its rivals at robot-arm inverse kinematics: trained, timed and judged on PyBullet arms.

>>> import emssl_bench
>>> model = emssl_bench.load("results/local/models/0123456789ab.safetensors")  # doctest: +SKIP
>>> model.joint_angles([[0.20, 0.10, 0.30]])  # metres in, radians out             # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emssl_bench.records.model_files import load as load

__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    # Worker processes import this package too, and torch would cost each of them 1.6 s and 190 MB.
    if name == "load":
        from emssl_bench.records.model_files import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
