"""A trained network for other programs: as ONNX, or as arrays that twenty lines of NumPy evaluate.

Scales and limits are inside: positions or poses go in, and joint angles within the joint space come out. What is
written has been computed with, and compared with the model.
"""

import io
import json
import logging
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from scipy.special import expit
from torch import nn

from emssl_bench.exceptions import MissingDependency, ModelError, one_line
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.records.export_graph import Graph, features_of
from emssl_bench.records.trained import TrainedModel
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.corrected import CorrectedSolver
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks.base import Features
from emssl_bench.tasks.pose import PoseTask
from emssl_bench.tasks.position import PositionTask

LARGEST_DIFFERENCE, OF_CORRECTED = 1e-5, 1e-3
"""[rad], or [m]: between what is written and the model; corrections of an answer magnify single precision."""
NPZ_FORMATS = {PositionTask: 1, PoseTask: 2}
"""By what the network has learned: a program that reads positions does not take a network of poses for one."""
_CHECKED = (1, 1_000)
"""Batches that are compared."""

Evaluate = Callable[[Targets], JointAngles]


def as_onnx(model: TrainedModel) -> bytes:
    """An ONNX file: input `targets`, float64 (batch, columns); output `joint_angles`, float64 (batch, dof) [rad, or m].

    Raises:
        ModelError: the model is not a network of positions or poses, or ONNX Runtime computes something else.
        MissingDependency: onnx, onnxscript or onnxruntime is not installed.
    """
    solver = _network(model)
    runtime = _imported()
    import onnx

    graph, example = Graph(solver).eval(), torch.from_numpy(_targets(solver, np.random.default_rng(0), 2))
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)  # of packages that it could support and that are not there
    try:
        with ordinary_numerics(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecations within the exporter
            program = torch.onnx.export(
                graph,
                (example,),
                dynamo=True,
                verbose=False,
                input_names=["targets"],
                output_names=["joint_angles"],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                external_data=False,
            )
    finally:
        logging.disable(level)
    assert program is not None
    written = program.model_proto
    onnx.helper.set_model_props(written, {name: str(value) for name, value in _about(model).items()})
    content = written.SerializeToString()
    onnx.checker.check_model(content)
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    _check(model, lambda targets: session.run(None, {"targets": targets})[0])
    return content


def as_npz(model: TrainedModel) -> bytes:
    """A .npz file of the arrays that docs/export.md describes.

    Raises:
        ModelError: the model is not a network of positions or poses with one answer, or the arrays give something else.
    """
    solver = _network(model)
    if type(solver) is not NetworkSolver or type(solver.network) is not InverseNetwork:
        raise ModelError("arrays are written of networks with one answer that is not corrected: --to onnx has all.")
    arrays, of_task = _arrays(solver), solver.task
    _check(model, lambda targets: _evaluated(arrays, features_of(of_task, targets, np)))
    names = model.robot.joint_names if model.robot else ()
    said = {"format": np.array(NPZ_FORMATS[type(of_task)]), "joint_names": np.array(names, dtype=str)}
    if isinstance(of_task, PoseTask):
        said["orientation"] = np.array(of_task.orientation)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **said, about=np.array(json.dumps(_about(model))), **arrays)
    return buffer.getvalue()


def _network(model: TrainedModel) -> NetworkSolver:
    solver = model.solver
    only = "only networks of positions or poses without random inputs can be exported"
    if not isinstance(solver, NetworkSolver):
        raise ModelError(f"{only}, and the model of {model.method} is not one.")
    if type(solver.task) not in NPZ_FORMATS:
        raise ModelError(f"{only}, and this model learned the task {solver.task.name}.")
    if solver.stochastic:
        raise ModelError(f"{only}, and this model of {model.method} draws its latent values from a hash of the target.")
    return solver


def largest_difference(model: TrainedModel) -> float:
    """How far what is written may be from the model [rad, or m]."""
    return OF_CORRECTED if isinstance(model.solver, CorrectedSolver) else LARGEST_DIFFERENCE


def _imported() -> Any:
    try:
        import onnxruntime
        import onnxscript
    except ImportError as error:
        raise MissingDependency(f"ONNX needs the package {error.name}: pip install 'emssl-bench[export]'.") from None
    assert onnxscript, "which torch.onnx needs, and which needs onnx"
    return onnxruntime


def _arrays(solver: NetworkSolver) -> dict[str, np.ndarray]:
    gain, shift = solver.inputs_scale.gain_and_shift
    bounds = {"lower": np.array(solver.joints_scale.lower), "upper": np.array(solver.joints_scale.upper)}
    layers = [layer for layer in solver.network.modules() if isinstance(layer, nn.Linear)]
    found = {"gain": gain, "shift": shift, **bounds}
    for number, layer in enumerate(layers):
        found[f"weight_{number}"] = layer.weight.detach().cpu().numpy()
        found[f"bias_{number}"] = layer.bias.detach().cpu().numpy()
    return found


def _evaluated(arrays: Mapping[str, np.ndarray], features: Features) -> JointAngles:
    values = (features * arrays["gain"] + arrays["shift"]).astype(np.float32)
    last = sum(name.startswith("weight_") for name in arrays) - 1
    for number in range(last + 1):
        values = values @ arrays[f"weight_{number}"].T + arrays[f"bias_{number}"]
        values = expit(values) if number == last else np.maximum(values, 0)
    lower, upper = arrays["lower"], arrays["upper"]
    return np.clip(lower + values.astype(np.float64) * (upper - lower), lower, upper)


def _about(model: TrainedModel) -> dict[str, Any]:
    """What a file says of itself."""
    trial = model.trial
    found: dict[str, Any] = {
        "method": model.method,
        "robot": one_line(trial.arm),
        "robot_digest": trial.settings.arm_digest,
    }
    target = "x y z [m] and a quaternion x y z w" if model.task.columns == 7 else "x y z [m]"
    found |= {"joint_range_deg": model.joint_range_deg, "trial": trial.digest, "input": f"{target}, base frame"}
    if model.robot:
        kinds = {joint.name: "m" if joint.kind == "prismatic" else "rad" for joint in model.robot.coordinates}
        found["output"] = ", ".join(f"{one_line(name)} [{unit}]" for name, unit in kinds.items())
    return found | {name: value for name, value in model.expected._asdict().items() if value is not None}


def _targets(solver: NetworkSolver, generator: np.random.Generator, count: int) -> Targets:
    """Random targets (count, columns), somewhat beyond those of the training."""
    lower, upper = (np.array(bounds[:3]) for bounds in (solver.inputs_scale.lower, solver.inputs_scale.upper))
    positions = generator.uniform(lower - 0.1, upper + 0.1, (count, 3))
    if solver.task.columns == 3:
        return positions
    return solver.task.normalised(np.concatenate([positions, generator.normal(size=(count, 4))], axis=1))


def _check(model: TrainedModel, evaluate: Evaluate) -> None:
    """Raises:
    ModelError: solutions differ from the model's.
    """
    solver, generator = _network(model), np.random.default_rng(0)
    for count in _CHECKED:
        targets = _targets(solver, generator, count)
        found = np.asarray(evaluate(targets))
        expected = solver.joint_angles(targets)
        apart = np.abs(found - expected).max() if found.shape == expected.shape else np.inf
        if not apart <= largest_difference(model):
            raise ModelError(f"nothing is written: it would differ from the model by {apart:.2g} rad.")
