"""Models saved for tests, and spoiled so that their hash still fits."""

import json

import torch
from safetensors.numpy import save as save_tensors

from emssl_bench.experiments import accuracy
from emssl_bench.experiments.training import run_trial
from emssl_bench.records import Store, weights_file
from emssl_bench.records.model_files import load, save
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.convolutional import ConvolutionalNetwork
from emssl_bench.solvers.corrected import CorrectedSolver
from emssl_bench.solvers.corrections import Corrections, forward_network
from emssl_bench.solvers.mixture import MixtureNetwork
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import record


def untrained_network(space, targets, task, latent_size=0):
    """A solver of such targets whose weights are random."""
    layers = InverseNetwork(space.dof, "he_uniform", torch.Generator().manual_seed(0), latent_size, task.features_size)
    scales = Normaliser.of_inputs(task.features(targets)), Normaliser.of_joint_space(space)
    return NetworkSolver(layers, *scales, 512, task)


def untrained_convolutional(space, targets, task):
    """As `untrained_network`, with convolutions over the features."""
    generator = torch.Generator().manual_seed(0)
    layers = ConvolutionalNetwork(space.dof, task.features_size, (5, 7), 11, "he_uniform", generator)
    scales = Normaliser.of_inputs(task.features(targets)), Normaliser.of_joint_space(space)
    return NetworkSolver(layers, *scales, 512, task)


def untrained_mixture(space, targets, task, components=5):
    """As `untrained_network`, with several answers to a target."""
    scales = Normaliser.of_inputs(task.features(targets)), Normaliser.of_joint_space(space)
    generator = torch.Generator().manual_seed(0)
    network = MixtureNetwork(scales[1], "he_uniform", generator, task.features_size, components)
    solver = NetworkSolver(network, *scales, 512, task)
    network.spread_outputs(solver.prepared(targets), 0.5, 0.0, generator)
    return solver


def untrained_corrected(space, targets, task):
    """As `untrained_mixture`, corrected through a forward network whose weights are random."""
    aims = task.coordinates(targets)
    forward = forward_network(space.dof, aims.shape[1], "he_uniform", torch.Generator().manual_seed(1))
    corrections = Corrections(forward, Normaliser.alike(aims), Normaliser.of_joint_space(space), 2, task)
    return CorrectedSolver.of(untrained_mixture(space, targets, task), corrections)


def saved_model(folder):
    """The path of a sound model of an untrained network."""
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 6, (1.0,) * 6, 0, 1)
    path = folder / "model.safetensors"
    save(NetworkSolver(network, *scales, 512), path, record("emssl", 90).trial)
    load(path)
    return path


def trained(folder, arm, method="emssl-plus", iterations=2, task="position", more=None):
    """The record of a small training, with more settings of its method, and the path of its model."""
    size = accuracy.Budget(600, 200, {"iterations": iterations, "epochs": 1, **(more or {})})
    (trial,) = accuracy.plan([method], arm, [90], [0], size, {}, "chain", task=task)
    store = Store(folder)
    try:
        return run_trial(trial, arm, store, 1, lambda status: None), store.model_path(trial)
    finally:
        torch.set_flush_denormal(False)  # a trial's own process would have ended


def rewritten(saved, weights=None, **changes):
    """The model with other weights or another description, and a hash that fits them."""
    path = saved.with_suffix(".json")
    if weights is not None:
        saved.write_bytes(weights if isinstance(weights, bytes) else save_tensors(weights))
    description = json.loads(path.read_text())
    for key, value in changes.items():
        place = description if key in description else description["settings"]
        place[key] = value
    del description["sha256"]
    description["sha256"] = weights_file.description_hash(saved.read_bytes(), description)
    path.write_text(json.dumps(description))
