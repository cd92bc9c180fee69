"""Trained models on disk: weights in safetensors, everything else in JSON beside them. Never pickles."""

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from emssl_bench.data import Normaliser
from emssl_bench.errors import ModelError
from emssl_bench.files import write_atomically
from emssl_bench.network import InverseNetwork, NetworkInverse
from emssl_bench.records import Store, Trial
from robots.spec import RobotSpec

FORMAT = 1


def save(model: NetworkInverse, path: Path, trial: Trial) -> None:
    """Writes `path` (.safetensors) and its JSON description, which carries the hash of both."""
    weights = {name: tensor.cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    content = save_tensors(weights)
    description = {
        "format": FORMAT,
        "dof": model.network.dof,
        "latent_size": model.network.latent_size,
        "positions_scale": asdict(model.positions_scale),
        "joints_scale": asdict(model.joints_scale),
        "inference_batch": model.inference_batch,
        "trial": asdict(trial),
    }
    description["sha256"] = _hash(content, description)
    # The weights last: where they are, a killed process has left the whole model.
    write_atomically(path.with_suffix(".json"), (json.dumps(description, indent=1) + "\n").encode())
    write_atomically(path, content)


def copy(path: Path, target: Path) -> None:
    """Copies a model that can be loaded.

    Raises:
        RecordError: it cannot be written.
        ModelError: it cannot be read any more.
    """
    for suffix in (".json", ".safetensors"):
        try:
            content = path.with_suffix(suffix).read_bytes()
        except OSError as error:
            raise ModelError(f"{path.with_suffix(suffix)}: cannot be read ({error.strerror}).") from None
        write_atomically(target.with_suffix(suffix), content)


def put(model: NetworkInverse, trial: Trial, store: Store) -> None:
    """Writes the model where its trial's model is looked for; another that is there is set aside and named.

    Raises:
        RecordError: it cannot be written.
    """
    path = store.model_path(trial)
    if os.path.lexists(path):
        try:
            if load(path).same_as(model):
                return
            store.make_way(path, "is another model of the training that has just ended")
        except ModelError:
            store.make_way(path, "is no model that can be read")
    save(model, path, trial)


def _hash(weights: bytes, description: dict[str, Any]) -> str:
    """Of the weights and of what is said of them."""
    return hashlib.sha256(weights + json.dumps(description, sort_keys=True).encode()).hexdigest()


def load(path: str | Path, robot: RobotSpec | None = None) -> NetworkInverse:
    """A trained inverse model: `.joint_angles(positions)`, metres in, radians within the joint space out.

    Args:
        path: the .safetensors file; its .json must lie beside it.
        robot: the arm it is wanted for, if that is to be checked.

    Raises:
        ModelError: the files are missing, damaged, of another format, or of another arm.
    """
    return read(path, robot)[0]


def read(path: str | Path, robot: RobotSpec | None = None) -> tuple[NetworkInverse, Trial]:
    """As `load`, and the trial that learned the model."""
    path = Path(path)
    try:
        path = path.with_suffix(".safetensors")
        description = json.loads(path.with_suffix(".json").read_text())
        sha256 = description.pop("sha256")
        content = path.read_bytes()
        if description["format"] != FORMAT:
            raise ModelError(f"{path}: model format {description['format']}, this version reads {FORMAT}.")
        if _hash(content, description) != sha256:
            raise ModelError(f"{path}: it or its .json is not what was saved (the hash differs).")
        trial = Trial(**description["trial"])
        if robot is not None and trial.arm_digest != robot.digest:
            raise ModelError(
                f"{path}: a model of the arm {trial.arm} ({trial.arm_digest}), not of {robot.name} ({robot.digest})."
            )
        network = InverseNetwork(
            description["dof"], "he_uniform", torch.Generator("cpu"), latent_size=description["latent_size"]
        )
        network.load_state_dict(load_tensors(content))
        inference_batch = description["inference_batch"]
        positions_scale, joints_scale = (_scale(**description[key]) for key in ("positions_scale", "joints_scale"))
    except OSError as error:
        raise ModelError(f"{error.filename}: cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{path}: not a model of this suite ({type(error).__name__}: {error}).") from None
    return NetworkInverse(network.requires_grad_(False), positions_scale, joints_scale, inference_batch), trial


def _scale(lower: list[float], upper: list[float], low: float, high: float) -> Normaliser:
    return Normaliser(tuple(lower), tuple(upper), low, high)
