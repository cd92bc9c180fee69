"""Trained models on disk: arrays in safetensors, everything else in JSON beside them. Never pickles.

A description names its solver: one of the suite's, of `solvers.SAVED`; or the class of a plug-in that reads it (a
`SavableSolver`), which is imported from the plug-in that is installed, and from nowhere else. Nothing of a file is
believed: what it should hold is known from its description, and compared with the sizes in its header, before memory
is taken for it.
"""

import importlib
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load as arrays_of
from safetensors.numpy import save as bytes_of

from emssl_bench.exceptions import BrokenPlugin, EmsslBenchError, ModelError, error_line, one_line
from emssl_bench.forward.chain import ChainArm
from emssl_bench.methods import plugins, registry
from emssl_bench.records import Store, saved_arm
from emssl_bench.records.saved_model import FORMAT, Saved, opened
from emssl_bench.records.trial import Trial
from emssl_bench.records.weights_file import description_hash
from emssl_bench.solvers import SAVED, saved_class
from emssl_bench.solvers.base import SavableSolver, Solver
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.system.files import write_atomically
from robots.spec import RobotSpec


def save(
    solver: Solver,
    path: Path,
    trial: Trial,
    robot: RobotSpec | None = None,
    expected: Mapping[str, float] | None = None,
) -> None:
    """Writes `path` (.safetensors) and its JSON description, which carries the hash of both.

    Args:
        solver: what was learned.
        path: where to.
        trial: what learned it.
        robot: the arm that it was trained on; it is kept with the model, after the trial's change of it.
        expected: what it was measured to be; its errors on the test targets are kept (`saved_arm.EXPECTED`).

    Raises:
        ModelError: it is a model that cannot be kept; says what it lacks.
        RecordError: a file cannot be written.
    """
    content, description = _written(solver, trial)
    description |= saved_arm.known(trial, robot, expected)
    description["sha256"] = description_hash(content, description)
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


def put(
    solver: Solver,
    trial: Trial,
    store: Store,
    robot: RobotSpec | None = None,
    expected: Mapping[str, float] | None = None,
) -> None:
    """Writes the model where its trial's model is looked for; another that is there is set aside and named.

    Args:
        solver, trial, robot, expected: as of `save`.
        store: of the run.

    Raises:
        ModelError: it is a model that cannot be kept; says what it lacks.
        RecordError: it cannot be written.
    """
    path = store.model_path(trial)
    if os.path.lexists(path):
        content, description = _written(solver, trial)
        ours = Saved(path, {**description, **saved_arm.known(trial, robot, expected)}, arrays_of(content), trial)
        try:
            there = opened(path)
            if not there.same_as(ours):
                store.make_way(path, "is another model of the training that has just ended")
            elif there.robot or not robot:
                return
        except ModelError:
            store.make_way(path, "is no model that can be read")
    save(solver, path, trial, robot, expected)


def _written(solver: Solver, trial: Trial) -> tuple[bytes, dict[str, Any]]:
    """Its arrays, and what is said of it, once it is known to give the same solutions when it is read back.

    Raises:
        ModelError: it cannot be kept.
    """
    cls = type(solver)
    if not isinstance(solver, SavableSolver):
        raise ModelError(f"{cls.__name__} has no saved() and restored() (docs/extend.md shows both).")
    try:
        arrays, settings = solver.saved()
        content = bytes_of({name: np.array(array, order="C") for name, array in arrays.items()})
        settings = json.loads(json.dumps(dict(settings), allow_nan=False))
        same = _solve_alike(solver, type(solver).restored(arrays_of(content), settings))
    except Exception as error:  # a plug-in's own code: it may raise whatever it likes
        said = one_line(str(error))[:300] if isinstance(error, EmsslBenchError) else error_line(error)
        raise ModelError(f"{cls.__name__} cannot be saved ({said}).") from None
    if not same:
        raise ModelError(f"{cls.__name__} gives other solutions after saved() and restored().")
    if ours := next((name for name in SAVED if saved_class(name) is cls), None):
        return content, {"format": FORMAT, "solver": ours, "plugin": None, "settings": settings}
    method = trial.settings.trained_method
    plugin = registry.plugin(method)
    named = f"{cls.__module__}:{cls.__qualname__}"
    if plugin is None or _class_named(named, plugin) is not cls:
        raise ModelError(f"{cls.__name__} is no class of the package that has the method {method!r}.")
    return content, {"format": FORMAT, "solver": named, "plugin": plugin.identity(), "settings": settings}


def _solve_alike(solver: Solver, again: Solver) -> bool:
    """Whether both give the same solutions for some targets, up to the rounding of another device; of solvers that
    query an arm, whether both are saved alike."""
    if isinstance(solver, SavableSolver) and isinstance(again, SavableSolver) and solver.queries_arm:
        (ours, settings), (theirs, others) = solver.saved(), again.saved()
        return settings == others and all(np.array_equal(ours[name], theirs[name]) for name in ours)
    targets = solver.task.normalised(np.random.default_rng(0).uniform(-0.5, 0.5, (32, solver.task.columns)))
    ours, theirs = (np.asarray(each.joint_angles(targets.copy())) for each in (solver, again))
    return ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=0, atol=1e-3)


def _class_named(name: str, plugin: plugins.Plugin) -> Any:
    """What is so called in the plug-in's own modules; None if there is nothing."""
    module, _, qualified = name.partition(":")
    if module.partition(".")[0] not in plugin.modules():
        return None
    try:
        found = importlib.import_module(module)
        for part in qualified.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError):
        return None
    return found


def load(path: str | Path, robot: RobotSpec | None = None) -> Solver:
    """A trained inverse model: `.joint_angles(targets)`, metres in, radians within the joint space out.

    A model of a plug-in is read by the plug-in, which must be installed; where its code is not that which learned
    the model, a warning says so.

    Args:
        path: the .safetensors file; its .json must lie beside it.
        robot: the arm it is wanted for, if that is to be checked.

    Raises:
        ModelError: the files are missing, damaged, of another format, or of another arm; or of a plug-in that is not
            installed, or cannot read them.
    """
    return _solver(opened(path, robot))


def load_on(path: str | Path, robot: RobotSpec) -> Solver:
    """As `load`; a solver that queries the arm is given the exact model of this one.

    Raises:
        ModelError: as of `load`.
    """
    return on_arm(load(path, robot), robot)


def on_arm(solver: Solver, robot: RobotSpec) -> Solver:
    """The solver itself; one that queries the arm, on the exact model of this one."""
    return solver.with_arm(ChainArm(robot)) if solver.queries_arm else solver


def _solver(saved: Saved) -> Solver:
    if not saved.of_plugin:
        return _ours(saved)
    plugin, named = _plugin(saved), saved.description["solver"]
    cls = _class_named(named, plugin)
    if not (isinstance(cls, type) and hasattr(cls, "restored")):
        raise ModelError(
            f"{saved.path}: the package {plugin.package!r} has no class {one_line(named)[:100]!r} "
            "with restored(), as it had when the model was saved."
        )
    try:
        solver = cls.restored(dict(saved.arrays), saved.settings)
    except Exception as error:  # a plug-in's own code: it may raise whatever it likes
        raise ModelError(
            f"{saved.path}: the package {plugin.package!r} cannot read it ({error_line(error)})."
        ) from None
    if not isinstance(solver, Solver):
        raise ModelError(f"{saved.path}: {cls.__name__}.restored made no Solver.")
    return solver


def read(path: str | Path, robot: RobotSpec | None = None) -> tuple[Solver, Trial]:
    """As `load`, and the trial that learned it: what training can go on with.

    Raises:
        ModelError: as of `load`.
    """
    solver, saved = read_whole(path, robot)
    return solver, saved.trial


def read_whole(path: str | Path, robot: RobotSpec | None = None) -> tuple[Solver, Saved]:
    """As `load`, and all else that its files say.

    Raises:
        ModelError: as of `load`.
    """
    saved = opened(path, robot)
    return _solver(saved), saved


def _ours(saved: Saved) -> Solver:
    solver = saved_class(saved.description["solver"]).restored(saved.arrays, saved.settings)
    if isinstance(solver, NetworkSolver):
        solver.network.requires_grad_(False)
    return solver


def _plugin(saved: Saved) -> plugins.Plugin:
    """The plug-in that reads a model.

    Raises:
        ModelError: it is not installed, or broken.
    """
    method, then = saved.trial.settings.trained_method, saved.description["plugin"]
    package = one_line(then["package"])[:100]
    plugin = plugins.found(registry.METHODS).methods.get(method)
    if plugin is None or plugin.package != then["package"]:
        raise ModelError(
            f"{saved.path}: the method {one_line(method)[:100]!r} that learned it is of the package {package!r}, "
            "which is not installed here."
        )
    try:
        registry.method_class(method)
    except BrokenPlugin as error:
        raise ModelError(f"{saved.path}: {error}") from None
    now = plugin.identity()
    if now != then:
        warnings.warn(
            f"{saved.path} was learned by other code of the package {package!r} than is installed: "
            f"{one_line(str(then['code']))[:20]} then, {now['code']} now.",
            stacklevel=3,
        )
    return plugin
