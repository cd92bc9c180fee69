"""The machine and the versions that numbers were measured with, taken down when they were measured."""

import functools
import hashlib
import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

PACKAGES = ("pybullet", "torch", "numpy", "scipy", "pandas", "gymnasium")


def physical_cores() -> int:
    """Physical cores this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(psutil.cpu_count(logical=False) or 1, usable or 1))


@functools.cache
def description() -> dict[str, str]:
    """CPU, cores, memory, system and versions, in words."""
    import cpuinfo

    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return {
        "cpu": cpuinfo.get_cpu_info().get("brand_raw", platform.machine()),
        "cores": f"{physical_cores()} physical, {os.cpu_count()} logical",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **found,
    }


def digest() -> str:
    """Names the hardware and versions, for timings: equal where they may be compared."""
    return hashlib.sha256(json.dumps(description(), sort_keys=True).encode()).hexdigest()[:12]


def load() -> str:
    """Load averages over 1, 5 and 15 minutes: how busy the machine is with other work."""
    return " ".join(f"{value:.2f}" for value in psutil.getloadavg())


@functools.cache
def commit() -> str:
    """The commit of this source tree, "+dirty" where it has changes; the version where it is not a clone."""
    from emssl_bench import __version__

    top = Path(__file__).resolve().parent.parent
    try:
        if Path(_git(top, "rev-parse", "--show-toplevel")).resolve() != top:
            return f"version {__version__}"
        # Results are written while trials run: they are no change of the source.
        changed = _git(top, "status", "--porcelain", "--", ".", ":!results")
        return _git(top, "rev-parse", "--short=12", "HEAD") + ("+dirty" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return f"version {__version__}"


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
