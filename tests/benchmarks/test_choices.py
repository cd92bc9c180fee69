"""What each choice that docs/performance.md speaks of brings, beside what it was chosen over."""

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
import torch
from torch.nn.functional import mse_loss

from emssl_bench.data import Dataset
from emssl_bench.exceptions import MissingDependency
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm, CountedChain
from emssl_bench.forward.pool import BulletPool
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Problem
from emssl_bench.scaling import Normaliser
from emssl_bench.seeding import Seeds
from emssl_bench.solvers import products
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver

CONFIGURATIONS = 20_000


@pytest.fixture
def angles(rng):
    return rng.uniform(-3, 3, (CONFIGURATIONS, 6))


@pytest.fixture
def threads():
    """Sets torch's threads, and sets them back."""
    yield torch.set_num_threads
    torch.set_num_threads(1)


@pytest.mark.parametrize("block_rows", [16, 128, 1024, 4096])
def test_block_rows(benchmark, paper6, angles, block_rows):
    benchmark.group = f"pool of 2: rows in a block, {CONFIGURATIONS:,} configurations"
    pool = BulletPool(paper6, 2, block_rows=block_rows)
    benchmark(pool.positions, angles)
    pool.close()


_arm = None


def _open(robot):
    global _arm
    _arm = BulletArm(robot)


def _positions(rows):
    assert _arm is not None
    return _arm.positions(rows)


@pytest.mark.parametrize("transport", ["shared memory", "pickled through pipes"])
def test_transport(benchmark, paper6, angles, transport):
    benchmark.group = f"pool of 2: transport, {CONFIGURATIONS:,} configurations in blocks of 1024"
    if transport == "shared memory":
        pool = BulletPool(paper6, 2)
        benchmark(pool.positions, angles)
        pool.close()
        return
    blocks = np.array_split(angles, -(-CONFIGURATIONS // 1024))
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawning, initializer=_open, initargs=(paper6,)) as executor:
        benchmark(lambda: np.concatenate(list(executor.map(_positions, blocks))))


@pytest.mark.parametrize("what", ["set all joints", "read the tip", "both"])
def test_where_pybullet_spends_its_time(benchmark, paper6, bullet_arm, angles, what):
    benchmark.group = f"PyBullet calls, {CONFIGURATIONS:,} configurations"
    arm = bullet_arm(paper6)
    rows = angles.tolist()

    def set_all_joints():
        for row in rows:
            targets = [[angle] for angle in row]
            arm._bullet.resetJointStatesMultiDof(arm._body, arm._joints, targets, physicsClientId=arm._client)

    def read_the_tip():
        for _ in rows:
            arm._bullet.getLinkState(arm._body, arm._tip, physicsClientId=arm._client)

    benchmark({"set all joints": set_all_joints, "read the tip": read_the_tip, "both": lambda: arm._block(rows)}[what])


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("adam", ["fused", "foreach", "for-loop"])
def test_training_step(benchmark, threads, adam, number):
    benchmark.group = "training step, batch 128: optimiser and threads"
    threads(number)
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    options = {"fused": {"fused": True}, "foreach": {"foreach": True}, "for-loop": {"foreach": False}}[adam]
    optimiser = torch.optim.Adam(network.parameters(), lr=0.0015, **options)
    positions, joint_angles = torch.rand(128, 3) * 2 - 1, torch.rand(128, 6)

    def step():
        optimiser.zero_grad(set_to_none=True)
        mse_loss(network(positions), joint_angles).backward()
        optimiser.step()

    benchmark(step)


@pytest.mark.filterwarnings("ignore")  # torch.compile warns of torch itself
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_compiled_training_step(benchmark, compiled):
    benchmark.group = "training step, batch 128: torch.compile"
    if compiled and not shutil.which("g++"):
        pytest.skip("torch.compile needs a C++ compiler")
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    optimiser = torch.optim.Adam(network.parameters(), lr=0.0015, fused=True)
    positions, joint_angles = torch.rand(128, 3) * 2 - 1, torch.rand(128, 6)
    forward = torch.compile(network) if compiled else network

    def step():
        optimiser.zero_grad(set_to_none=True)
        mse_loss(forward(positions), joint_angles).backward()
        optimiser.step()

    step()
    benchmark(step)


@pytest.mark.parametrize("flushed", [False, True], ids=["kept", "flushed to zero"])
def test_adam_on_moments_that_have_decayed(benchmark, flushed):
    benchmark.group = "Adam step on denormal moments, as those of dead units become"
    weight = torch.nn.Parameter(torch.zeros(690_000))
    weight.grad = torch.zeros_like(weight)
    optimiser = torch.optim.Adam([weight], lr=0.0015, fused=True)
    optimiser.step()

    def decayed():
        optimiser.state[weight]["exp_avg"].fill_(1e-40)
        optimiser.state[weight]["exp_avg_sq"].fill_(1e-40)

    torch.set_flush_denormal(flushed)
    benchmark.pedantic(optimiser.step, setup=decayed, rounds=50)


@pytest.mark.parametrize("number", [1, 2])
def test_inference_threads(benchmark, threads, paper6, rng, number):
    benchmark.group = "inference of 4,096 positions in batches of 512: threads"
    threads(number)
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    scales = Normaliser((-0.6,) * 3, (0.6,) * 3, -1, 1), Normaliser.of_joint_space(JointSpace.of(paper6, 180))
    benchmark(NetworkSolver(network, *scales, 512).joint_angles, rng.uniform(-0.5, 0.5, (4096, 3)))


@pytest.fixture
def route(request):
    """Has products computed by a route; skipped where it cannot be had in float32."""
    try:
        products.use(request.param)
    except MissingDependency as error:
        pytest.skip(str(error))
    yield request.param
    products.use("default")


@pytest.mark.parametrize("route", ["default", "onednn"], indirect=True)
@pytest.mark.parametrize("name", [name for name in registry.METHODS if "epochs" in registry.settings_of(name)])
def test_matrix_products(benchmark, paper6, paper6_chain, name, route):
    """In one thread; `tox -e bench` caps oneDNN's instruction set before it is loaded."""
    benchmark.group = f"100 steps of {name}, by what computes matrix products"
    method = registry.configured(name, {"iterations": 1000, "epochs": 1})
    data = Dataset.sample(paper6_chain, JointSpace.of(paper6, 90), 12_800, 1, Seeds(0)).train
    seen = data if method.uses_joint_angles else data.unlabelled()
    exact = ChainArm(paper6).requires_grad_(False)
    forward = CountedChain(exact) if method.differentiates_arm else paper6_chain
    if name == "distal":  # it learns the forward model before its first iteration
        method = registry.configured(name, {"iterations": 1000, "epochs": 1, "forward_epochs": 1})
    learning = method.learn(Problem(seen, forward, Seeds(0)))
    benchmark.pedantic(next, (learning,), rounds=3, warmup_rounds=1)
