"""How fast the hot paths are, beside what they are measured against. `tox -e bench` runs them."""

import pytest
import torch
from torch.nn.functional import mse_loss

from emssl_bench.data import Dataset
from emssl_bench.experiments import sampling
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.forward.pool import BulletPool
from emssl_bench.forward.usual import UsualArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.methods.trainer import Trainer
from emssl_bench.scaling import Normaliser
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver

CONFIGURATIONS = 20_000
BATCH = 128


@pytest.fixture
def angles(robot, rng):
    return rng.uniform(-3, 3, (CONFIGURATIONS, robot.dof))


@pytest.mark.parametrize("arm_type", [UsualArm, BulletArm])
def test_pybullet(benchmark, robot, arm_type, angles):
    benchmark.group = f"forward model, {robot.name}, {CONFIGURATIONS:,} configurations"
    arm = arm_type(robot)
    benchmark(arm.positions, angles)
    arm.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_bullet_pool(benchmark, robot, angles, workers):
    benchmark.group = f"forward model, {robot.name}, {CONFIGURATIONS:,} configurations"
    pool = BulletPool(robot, workers)
    benchmark(pool.positions, angles)
    pool.close()


def test_chain(benchmark, robot, angles):
    benchmark.group = f"forward model, {robot.name}, {CONFIGURATIONS:,} configurations"
    benchmark(ChainArm(robot).positions, angles)


def matrix_products(rows, network):
    """The products of one training step on the network, and nothing else: the bound."""
    linear = [layer for layer in network.layers if isinstance(layer, torch.nn.Linear)]
    operands = []
    for number, layer in enumerate(linear):
        x, y = torch.randn(rows, layer.in_features), torch.randn(rows, layer.out_features)
        operands += [(x, layer.weight.detach().T), (y.T, x)]
        if number:  # the gradient with respect to the positions is not needed
            operands.append((y, layer.weight.detach()))
    return operands


def test_matrix_products_of_a_training_step(benchmark):
    benchmark.group = f"training step, batch {BATCH}, one thread"
    operands = matrix_products(BATCH, InverseNetwork(6, "he_uniform", torch.Generator()))

    def multiply():
        for left, right in operands:
            left @ right

    benchmark(multiply)


def test_training_step(benchmark):
    benchmark.group = f"training step, batch {BATCH}, one thread"
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    trainer = Trainer(network, 0.0015)
    positions, joint_angles = torch.rand(BATCH, 3) * 2 - 1, torch.rand(BATCH, 6)
    benchmark(lambda: trainer.step(mse_loss(network(positions), joint_angles)))


SAMPLES = 4_000


@pytest.fixture(scope="module")
def model(paper6):
    network = InverseNetwork(6, "he_uniform", torch.Generator().manual_seed(0))
    space = JointSpace.of(paper6, 180)
    wanted = Normaliser((-0.6,) * 3, (0.6,) * 3, -1, 1)
    return NetworkSolver(network, wanted, Normaliser.of_joint_space(space), 512)


@pytest.mark.parametrize("batch", [1, 128, 512, 4096])
def test_inference(benchmark, model, rng, batch):
    benchmark.group = f"inference, {SAMPLES:,} positions"
    batched = NetworkSolver(model.network, model.inputs_scale, model.joints_scale, batch)
    benchmark(batched.joint_angles, rng.uniform(-0.5, 0.5, (SAMPLES, 3)))


TABLE_3 = [case for case in sampling.plan(512, 2, 1) if case.part == "table3"]


@pytest.mark.parametrize("case", TABLE_3, ids=lambda case: case.strategy.replace(" ", "-"))
def test_sampling_pass(benchmark, paper6, model, rng, case):
    benchmark.group = f"sampling pass, paper6, {SAMPLES:,} samples"
    batched = NetworkSolver(model.network, model.inputs_scale, model.joints_scale, case.batch)
    forward = sampling.opened(case.kernel, case.processes, paper6, "cpu")
    benchmark(sampling.timed_pass, case, batched, forward, rng.uniform(-0.5, 0.5, (SAMPLES, 3)))
    forward.close()


def test_emssl_iteration(benchmark, paper6):
    benchmark.group = f"one EMSSL iteration, paper6, {SAMPLES:,} samples, 10 epochs"
    pool = BulletPool(paper6, 2)
    data = Dataset.sample(pool, JointSpace.of(paper6, 90), SAMPLES, 1, Seeds(0)).train.unlabelled()
    iterations = Emssl(iterations=1000).learn(Problem(data, pool, Seeds(0), "cpu"))
    benchmark.pedantic(next, (iterations,), rounds=3, warmup_rounds=1)
    pool.close()
