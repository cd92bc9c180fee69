"""How long a network takes to answer: in torch, in ONNX Runtime and in NumPy, on one thread."""

import numpy as np
import pytest
import torch

from emssl_bench.joint_space import JointSpace
from emssl_bench.records import export
from emssl_bench.records.answers import Expected
from emssl_bench.records.trained import TrainedModel
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import record


@pytest.fixture(scope="module")
def model(paper6):
    network = InverseNetwork(6, "he_uniform", torch.Generator().manual_seed(0)).requires_grad_(False)
    scales = Normaliser((-0.6,) * 3, (0.6,) * 3, -1, 1), Normaliser.of_joint_space(JointSpace.of(paper6, 90))
    return TrainedModel(NetworkSolver(network, *scales, 512), record("emssl", 90).trial, paper6, Expected())


def by_onnx(model):
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(export.as_onnx(model), options, providers=["CPUExecutionProvider"])
    return lambda targets: session.run(None, {"targets": targets})[0]


def by_numpy(model):
    arrays = export._arrays(model.solver)
    return lambda targets: export._evaluated(arrays, targets)


WAYS = {"torch": lambda model: model.joint_angles, "ONNX Runtime": by_onnx, "NumPy": by_numpy}


@pytest.mark.parametrize("batch", [1, 32, 1_024])
@pytest.mark.parametrize("way", WAYS)
def test_answers_of_a_network(benchmark, model, rng, way, batch):
    benchmark.group = f"answers of a network, batch {batch:,}, one thread"
    targets = rng.uniform(-0.5, 0.5, (batch, 3))
    found = benchmark(WAYS[way](model), targets)
    np.testing.assert_allclose(found, model.joint_angles(targets), atol=1e-5, rtol=0)
