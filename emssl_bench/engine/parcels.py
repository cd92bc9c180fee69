"""The files that travel with a trial to where it runs, and those that come home with its result."""

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path

from emssl_bench.exceptions import ModelError
from emssl_bench.records import Store, Trial
from emssl_bench.system.files import read_regular, write_atomically

_LARGEST = 2**32
"""Bytes of a model or checkpoint."""
_MODEL = (".json", ".safetensors")
"""The weights last: where they are, the whole model is."""


def outgoing(trial: Trial, store: Store) -> dict[str, bytes]:
    """What a trial needs where it runs, by place in the run's folder; what is not there is left out."""
    files = {}
    for digest in _models_needed(trial):
        for suffix in _MODEL:
            path = store.folder / "models" / f"{digest}{suffix}"
            try:
                files[str(path.relative_to(store.folder))] = _content(path, path.stat().st_mtime_ns)
            except OSError:
                pass  # the trial says that it is missing, as it would here
    checkpoint = store.checkpoint_path(trial)
    try:
        files[str(checkpoint.relative_to(store.folder))] = read_regular(checkpoint, _LARGEST)
    except OSError:
        pass  # it begins anew
    return files


def bring_models(models: Mapping[str, bytes], store: Store) -> None:
    """Writes models that came home; another of the same training that lies there is set aside.

    Args:
        models: by place in the run's folder.
        store: of the run.

    Raises:
        RecordError: they cannot be written.
    """
    for name in [name for name in models if name.endswith(_MODEL[1])]:
        path = store.folder / name
        if path.exists():
            if _same(models, path):
                continue
            store.make_way(path, "is another model of the training that has just ended")
        for part in (path.with_suffix(suffix).relative_to(store.folder) for suffix in _MODEL):
            write_atomically(store.folder / part, models[str(part)])


def models_of(folder: Path) -> dict[str, bytes]:
    """All models in a run's folder, by their place in it."""
    found = [path for suffix in _MODEL for path in (folder / "models").glob(f"*{suffix}")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def _models_needed(trial: Trial) -> list[str]:
    """The digests of trained models that a trial starts from, or measures."""
    model = getattr(trial.settings, "model", None)
    return [digest for digest in (getattr(trial.settings, "base", None), (model or {}).get("digest")) if digest]


@functools.lru_cache(maxsize=16)
def _content(path: Path, changed_ns: int) -> bytes:
    """Of a model from which many trials start: the same object each time."""
    return read_regular(path, _LARGEST)


def _same(models: Mapping[str, bytes], path: Path) -> bool:
    """Whether the model that lies there is the one that came, and can be read."""
    from emssl_bench.records import saved_model  # here: a node that only passes models on need not import it

    with tempfile.TemporaryDirectory() as folder:
        for name, content in models.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        try:
            return saved_model.opened(path).same_as(saved_model.opened(Path(folder) / path.name))
        except ModelError:
            return False
