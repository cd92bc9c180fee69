"""The network that takes a target for an image with one row."""

import shutil

import numpy as np
import pytest
import torch

import emssl_bench
from emssl_bench.exceptions import ModelError
from emssl_bench.records import export
from emssl_bench.solvers.convolutional import ConvolutionalNetwork
from tests.models import rewritten, trained


def network(channels=(5, 7), inputs=9):
    return ConvolutionalNetwork(6, inputs, channels, 11, "he_uniform", torch.Generator().manual_seed(0))


@pytest.mark.parametrize("channels", [(4,), (5, 7), (2, 3, 4)])
def test_its_shapes_are_known_without_making_it(channels):
    made = network(channels)
    shapes = {name: tuple(each.shape) for name, each in made.named_parameters()}
    assert ConvolutionalNetwork.shapes(made.settings, 9) == shapes


def test_a_filter_sees_a_feature_and_its_neighbours():
    """What the first convolution finds at a place changes with the features there, and with no others."""
    first = network().layers[:2]
    inputs = torch.zeros(1, 9, requires_grad=True)
    first(inputs)[0, :, 4].sum().backward()
    assert inputs.grad[0].nonzero().flatten().tolist() == [3, 4, 5]


@pytest.mark.parametrize("initialisation", ["he_uniform", "xavier_uniform", "torch_default"])
def test_its_weights_follow_from_the_generator_alone(initialisation):
    def drawn(seed):
        made = ConvolutionalNetwork(6, 9, (5, 7), 11, initialisation, torch.Generator().manual_seed(seed))
        return torch.cat([each.detach().flatten() for each in made.parameters()])

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
    assert drawn(1).isfinite().all()


def test_first_predictions_are_spread_as_wanted(rng):
    made, inputs = network(), torch.from_numpy(rng.uniform(-1, 1, (500, 9))).float()
    made.spread_outputs(inputs, 0.5, 0.0, torch.Generator())
    before_sigmoid = torch.logit(made(inputs))
    np.testing.assert_allclose(before_sigmoid.std(dim=0).detach(), 0.5, rtol=1e-3)
    np.testing.assert_allclose(before_sigmoid.mean(dim=0).detach(), 0, atol=1e-4)


@pytest.fixture(scope="module")
def path(tmp_path_factory, planar3):
    return trained(tmp_path_factory.mktemp("model"), planar3, "cnn")[1]


def test_it_is_exported_as_a_graph(path):
    pytest.importorskip("onnxruntime")
    assert export.as_onnx(emssl_bench.load(path))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"channels": [32]}, "its arrays are not those of a network with its settings"),
        ({"channels": [32, 0]}, "its channels must be whole numbers from 1"),
        ({"channels": 32}, "its channels must be a list"),
        ({"hidden_width": None}, "its hidden_width must be a whole number from 1"),
        ({"network": "recurrent"}, "its network must be one of "),
    ],
)
def test_a_description_that_is_none_of_such_a_network_is_refused(path, changes, says, tmp_path):
    for each in (path, path.with_suffix(".json")):
        shutil.copy(each, tmp_path)
    rewritten(tmp_path / path.name, **changes)
    with pytest.raises(ModelError, match=says):
        emssl_bench.load(tmp_path / path.name)
