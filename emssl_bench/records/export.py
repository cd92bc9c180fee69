"""A trained network for other programs: as ONNX, or as arrays that twenty lines of NumPy evaluate.

Scales and limits are inside: targets in metres go in, and joint angles within the joint space come out. What is
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
from torch import Tensor, nn

from emssl_bench.exceptions import MissingDependency, ModelError, one_line
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.records.trained import TrainedModel
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks import POSITION

LARGEST_DIFFERENCE = 1e-5
"""[rad], or [m]: between what is written and the model."""
NPZ_FORMAT = 1
_CHECKED = (1, 1_000)
"""Batches that are compared."""

Evaluate = Callable[[Targets], JointAngles]


def as_onnx(model: TrainedModel) -> bytes:
    """An ONNX file: input `targets`, float64 (batch, 3) [m]; output `joint_angles`, float64 (batch, dof) [rad, or m].

    Raises:
        ModelError: the model is not a network of positions, or ONNX Runtime computes something else.
        MissingDependency: onnx, onnxscript or onnxruntime is not installed.
    """
    solver = _network(model)
    runtime = _imported()
    import onnx

    graph, example = _Graph(solver).eval(), torch.zeros(2, 3, dtype=torch.float64, device="cpu")
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
        ModelError: the model is not a network of positions, or the arrays give something else.
    """
    arrays = _arrays(_network(model))
    _check(model, lambda targets: _evaluated(arrays, targets))
    names = model.robot.joint_names if model.robot else ()
    said = {"format": np.array(NPZ_FORMAT), "joint_names": np.array(names, dtype=str)}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **said, about=np.array(json.dumps(_about(model))), **arrays)
    return buffer.getvalue()


def _network(model: TrainedModel) -> NetworkSolver:
    solver = model.solver
    only = "only networks of positions without random inputs can be exported"
    if not isinstance(solver, NetworkSolver):
        raise ModelError(f"{only}, and this model of {model.method} is a {type(solver).__name__}.")
    if solver.task.name != POSITION.name:
        raise ModelError(f"{only}, and this model learned the task {solver.task.name}.")
    if solver.stochastic:
        raise ModelError(f"{only}, and this model of {model.method} draws its latent values from a hash of the target.")
    return solver


def _imported() -> Any:
    try:
        import onnxruntime
        import onnxscript
    except ImportError as error:
        raise MissingDependency(f"ONNX needs the package {error.name}: pip install emssl-bench[export].") from None
    assert onnxscript, "which torch.onnx needs, and which needs onnx"
    return onnxruntime


class _Graph(nn.Module):
    """A network with its scales: in double precision but for its layers, as `NetworkSolver` computes."""

    gain: Tensor
    shift: Tensor
    lower: Tensor
    upper: Tensor

    def __init__(self, solver: NetworkSolver):
        super().__init__()
        self.network = solver.network
        gain, shift = solver.inputs_scale.gain_and_shift
        lower, upper = solver.joints_scale.lower, solver.joints_scale.upper
        for name, values in {"gain": gain, "shift": shift, "lower": lower, "upper": upper}.items():
            self.register_buffer(name, torch.tensor(np.array(values), dtype=torch.float64, device="cpu"))

    def forward(self, targets: Tensor) -> Tensor:
        shares = self.network((targets * self.gain + self.shift).to(torch.float32)).to(torch.float64)
        angles = self.lower + shares * (self.upper - self.lower)
        return torch.minimum(torch.maximum(angles, self.lower), self.upper)


def _arrays(solver: NetworkSolver) -> dict[str, np.ndarray]:
    gain, shift = solver.inputs_scale.gain_and_shift
    bounds = {"lower": np.array(solver.joints_scale.lower), "upper": np.array(solver.joints_scale.upper)}
    layers = [layer for layer in solver.network.layers if isinstance(layer, nn.Linear)]
    found = {"gain": gain, "shift": shift, **bounds}
    for number, layer in enumerate(layers):
        found[f"weight_{number}"] = layer.weight.detach().cpu().numpy()
        found[f"bias_{number}"] = layer.bias.detach().cpu().numpy()
    return found


def _evaluated(arrays: Mapping[str, np.ndarray], targets: Targets) -> JointAngles:
    values = (targets * arrays["gain"] + arrays["shift"]).astype(np.float32)
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
    found |= {"joint_range_deg": model.joint_range_deg, "trial": trial.digest, "input": "x y z [m], base frame"}
    if model.robot:
        kinds = {joint.name: "m" if joint.kind == "prismatic" else "rad" for joint in model.robot.coordinates}
        found["output"] = ", ".join(f"{one_line(name)} [{unit}]" for name, unit in kinds.items())
    errors = zip(("error_mean_cm", "error_p95_cm"), model.expected, strict=True)
    return {**found, **{name: value for name, value in errors if value is not None}}


def _check(model: TrainedModel, evaluate: Evaluate) -> None:
    """Raises:
    ModelError: solutions differ from the model's.
    """
    solver = _network(model)
    lower, upper = np.array(solver.inputs_scale.lower), np.array(solver.inputs_scale.upper)
    generator = np.random.default_rng(0)
    for count in _CHECKED:
        targets = generator.uniform(lower - 0.1, upper + 0.1, (count, 3))
        found = np.asarray(evaluate(targets))
        expected = solver.joint_angles(targets)
        apart = np.abs(found - expected).max() if found.shape == expected.shape else np.inf
        if not apart <= LARGEST_DIFFERENCE:
            raise ModelError(f"nothing is written: it would differ from the model by {apart:.2g} rad.")
