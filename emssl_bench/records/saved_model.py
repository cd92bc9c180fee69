"""A model as it lies on disk, once it is known to be what was saved.

Nothing of a file is believed: what it should hold is known from its description, and compared with the sizes in its
header, before memory is taken for it.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as arrays_of

from emssl_bench.exceptions import ModelError, RecordError, error_line, one_line
from emssl_bench.records import saved_arm
from emssl_bench.records.trial import FORMAT as RECORD_FORMAT
from emssl_bench.records.trial import Trial, read_trial
from emssl_bench.records.weights_file import LARGEST_DESCRIPTION, hash_of, header_or_damage, once_each
from emssl_bench.solvers import SAVED, saved_class
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.system.files import read_regular
from robots.spec import RobotSpec

FORMAT = 4
"""What is written. Formats 1 (networks), 2 (models of plug-ins) and 3 (without the arm) are read too."""


@dataclass(frozen=True)
class Saved:
    """A model as it lies on disk: sound as far as can be told without its class."""

    path: Path
    description: Mapping[str, Any]
    """As of the format that is written, without its hash."""
    arrays: Mapping[str, np.ndarray]
    trial: Trial
    robot: RobotSpec | None = None
    """The arm that it is for; None where the file does not have it."""

    @property
    def expected(self) -> dict[str, float] | None:
        """Its errors on the test targets, named as in `saved_arm.EXPECTED`; None where the file has none."""
        return self.description["expected"]

    @property
    def settings(self) -> dict[str, Any]:
        """Of the solver itself."""
        return self.description["settings"]

    @property
    def of_plugin(self) -> bool:
        """Whether its solver is of another package; ours are named in `solvers.SAVED`."""
        return self.description["solver"] not in SAVED

    def same_as(self, other: "Saved") -> bool:
        """Whether both give the same solutions, having the same class, settings and arrays."""
        what = ("solver", "plugin", "settings")
        ours, theirs = ([each.description[key] for key in what] for each in (self, other))
        return (
            ours == theirs
            and self.arrays.keys() == other.arrays.keys()
            and all(
                array.dtype == other.arrays[name].dtype and np.array_equal(array, other.arrays[name])
                for name, array in self.arrays.items()
            )
        )


def opened(path: str | Path, robot: RobotSpec | None = None) -> Saved:
    """The files of a model, once they are known to be what was saved; no plug-in is imported.

    Raises:
        ModelError: as of `load`, but for what only a plug-in can tell.
    """
    weights = _asked_for(path)
    shown = one_line(str(weights))
    try:
        description = _description(weights.with_suffix(".json"))
        sha256 = description.pop("sha256")
        header, damage = header_or_damage(weights)
        format = description["format"]
        if type(format) is not int or not 1 <= format <= FORMAT:
            raise ModelError(f"{shown}: model format {format}, this version reads 1 to {FORMAT}.")
        if hash_of(weights, description) != sha256:
            raise ModelError(f"{shown}: it or its .json is not what was saved (the hash differs).")
        if damage:
            raise damage
        trial = _trial(description["trial"], format)
        description = _current(description)
        _check_described(description)
        arm = saved_arm.checked(description, trial)
        saved = Saved(weights, description, {}, trial)
        cls = None if saved.of_plugin else saved_class(description["solver"])
        if cls:
            cls.check_settings(saved.settings)
            expected = cls.shapes(saved.settings)
            if header != {name: (cls.dtype, shape) for name, shape in expected.items()}:
                raise ModelError(f"its arrays are not those of a {description['solver']} with its settings")
        if robot is not None and trial.settings.arm_digest != robot.digest:
            raise ModelError(
                f"{shown}: a model of the arm {one_line(trial.arm)} ({trial.settings.arm_digest}), not of {robot.name} "
                f"({robot.digest})."
            )
        arrays = arrays_of(read_regular(weights, os.stat(weights).st_size))
        if cls:
            cls.check_arrays(arrays)
            for each in filter(None, (robot, arm)):
                if (dof := cls.dof(saved.settings)) != each.dof:
                    raise ModelError(f"it has {dof} outputs for the {each.dof} joints of {each.name}")
    except OSError as error:
        raise ModelError(f"{one_line(str(error.filename))}: cannot be read ({error.strerror}).") from None
    except (ModelError, RecordError) as error:
        said = str(error)
        raise ModelError(said if said.startswith(shown) else f"{shown}: not a model of this suite ({said}).") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, SafetensorError) as error:
        raise ModelError(f"{shown}: not a model of this suite ({error_line(error)}).") from None
    return Saved(weights, description, arrays, trial, arm)


def _asked_for(path: str | Path) -> Path:
    """The .safetensors file meant by what was asked for, its .json beside it.

    Raises:
        ModelError: one of the two is not there, or it is something else; names what was asked for.
    """
    if not isinstance(path, str | os.PathLike):
        raise ModelError(f"a model is named by the path of its .safetensors file, not by {type(path).__name__}.")
    given = Path(path)
    shown = one_line(str(given))[:300] if str(path) else "''"
    try:
        if given.is_dir():
            inside = sorted([*given.glob("*.safetensors"), *given.glob("models/*.safetensors")])
            such = f", such as {one_line(str(inside[0]))}" if inside else ""
            raise ModelError(f"{shown} is a folder: give the .safetensors file of a model{such}.")
        if given.suffix in (".safetensors", ".json"):
            weights = given.with_suffix(".safetensors")
        elif given.exists():
            raise ModelError(f"{shown} is no model: the file of a model ends in .safetensors.")
        else:
            weights = given.with_name(given.name + ".safetensors")
        there = {each.suffix: each.exists() for each in (weights, weights.with_suffix(".json"))}
        if not any(there.values()):
            raise ModelError(f"{shown}: there is no such file.")
        if not there[".safetensors"]:
            raise ModelError(f"{shown}: {one_line(weights.name)} is not there, only its description.")
        if not there[".json"]:
            raise ModelError(
                f"{shown}: its description, {one_line(weights.with_suffix('.json').name)}, is not beside it."
            )
    except OSError as error:
        raise ModelError(f"{shown}: cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise ModelError(f"{shown}: there is no such file ({error}).") from None
    return weights


def _description(path: Path) -> dict[str, Any]:
    """What a model's JSON says.

    Raises:
        OSError: it cannot be read, or is too large.
        ValueError: it is no JSON, has a key twice or a number that is none.
        TypeError: it is no object.
    """
    description = json.loads(
        read_regular(path, LARGEST_DESCRIPTION),
        object_pairs_hook=once_each,
        parse_constant=_finite,
        parse_float=_finite,
    )
    if not isinstance(description, dict):
        raise TypeError("its description is no JSON object")
    return description


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"its description has the number {text[:20]}")
    return value


def _check_described(description: Mapping[str, Any]) -> None:
    """Raises:
    ModelError: something is missing or of the wrong kind.
    """
    kinds: dict[str, Any] = {"format": int, "solver": str, "plugin": dict | None, "settings": dict, "trial": dict}
    kinds |= dict.fromkeys(("robot", "expected"), dict | None)
    if description.keys() != kinds.keys() or not all(isinstance(description[k], kind) for k, kind in kinds.items()):
        raise ModelError(f"its description must have {', '.join(kinds)}")
    plugin = description["plugin"]
    if (plugin is None) != (description["solver"] in SAVED):
        raise ModelError("its description must have a plug-in where its solver is none of ours")
    if plugin and not all(isinstance(plugin.get(key), str) for key in ("package", "code")):
        raise ModelError("its description must have the plug-in's package and code")


def _current(description: Mapping[str, Any]) -> dict[str, Any]:
    """A description of an older format as it would be written now; one of this format as it is."""
    if description["format"] == FORMAT:
        return dict(description)
    trial = {"format": FORMAT, "trial": description["trial"], "robot": None, "expected": None}
    if description["format"] == 3:
        return {**trial, **{key: description[key] for key in ("solver", "plugin", "settings")}}
    if description["format"] == 2:
        named = {"solver": description["model"], "plugin": description["plugin"]}
        return {**trial, **named, "settings": description["settings"]}
    settings = {key: value for key, value in description.items() if key not in ("format", "trial")}
    return {**trial, "solver": "network", "plugin": None, "settings": NetworkSolver.current(settings)}


def _trial(described: Any, format: int) -> Trial:
    """Raises:
    TypeError, ValueError, KeyError, RecordError: it is no trial.
    """
    trial = read_trial(described, RECORD_FORMAT if format >= 3 else RECORD_FORMAT - 1)
    if type(trial.seed) is not int or not isinstance(trial.robot, str):
        raise TypeError("its trial has no seed or no robot")
    for wrong in trial.settings.complaints():
        raise TypeError(f"of its trial, {wrong}")
    return trial
