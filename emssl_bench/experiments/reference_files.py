"""Reference sets in files: made where they are first needed, and kept in the folder of the run.

A file can be removed at any time, since the set is made again.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from emssl_bench.experiments.references import Reference, ReferenceSettings, make
from emssl_bench.methods.phases import busy_with
from emssl_bench.system.files import write_atomically
from emssl_bench.tasks import task
from robots.spec import RobotSpec


def opened(settings: Mapping[str, Any], robot: RobotSpec, task_text: str, folder: Path) -> Reference:
    """The reference set, from its file or, where there is none that can be read, made and kept there.

    Args:
        settings: of `ReferenceSettings`, as a record has them.
        robot: the arm.
        task_text: what targets are, as a record has it.
        folder: of the run.

    Raises:
        CannotSolve: as of `make`.
        RecordError: the file cannot be written.
    """
    of = ReferenceSettings(**settings)
    path = path_of(of, folder)
    try:
        return _read(path.read_bytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        pass  # there is none, or what a killed command has left
    busy_with("making the reference set")
    made = make(of, robot, task(task_text))
    write_atomically(path, _written(made))
    return made


def path_of(settings: ReferenceSettings, folder: Path) -> Path:
    """The file of a reference set in a run's folder."""
    return folder / "references" / f"{settings.digest}.npz"


def _written(reference: Reference) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        targets=reference.targets,
        moved=reference.moved,
        needed_deg=reference.needed_deg,
        solutions=np.concatenate(reference.solutions),
        counts=np.array([len(each) for each in reference.solutions]),
    )
    return buffer.getvalue()


def _read(content: bytes) -> Reference:
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        ends = np.cumsum(held["counts"])[:-1]
        solutions = tuple(np.split(held["solutions"], ends))
        return Reference(held["targets"], held["moved"], held["needed_deg"], solutions)
