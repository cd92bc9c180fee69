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

from emssl_bench.system.cores import physical_cores

TOP = Path(__file__).resolve().parents[2]
SOURCE = ("emssl_bench", "baselines", "robots")
PACKAGES = ("pybullet", "torch", "numpy", "scipy", "pandas", "gymnasium")


@functools.cache
def description() -> dict[str, str]:
    """CPU, GPU if there is one, cores, memory, system and versions, in words."""
    import cpuinfo

    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    import torch

    gpu = {"gpu": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}
    return {
        "cpu": cpuinfo.get_cpu_info().get("brand_raw", platform.machine()),
        **gpu,
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

    try:
        if Path(_git("rev-parse", "--show-toplevel")).resolve() != TOP:
            return f"version {__version__}"
        # Results are written while trials run: they are no change of the source.
        changed = _git("status", "--porcelain", "--", ".", ":!results")
        return _git("rev-parse", "--short=12", "HEAD") + ("+dirty" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return f"version {__version__}"


@functools.cache
def code_digest() -> str:
    """Names the suite's source as it lies there, committed or not."""
    files = sorted(file for package in SOURCE for file in (TOP / package).rglob("*.py"))
    content = b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)
    return hashlib.sha256(content).hexdigest()[:12]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(TOP), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()
