"""Table III and Fig. 7: how long sampling takes, by strategy, inference batch and number of processes.

All cases are measured in one process, interleaved: round by round, each case once, so that what else the
machine does falls on all of them alike. Forward-model processes start, and every case runs once, before the
clock does.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import mse_loss

from emssl_bench.experiments import strategies
from emssl_bench.forward import ForwardModel
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.forward.pool import BulletPool
from emssl_bench.forward.usual import UsualArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.network_method import tensors
from emssl_bench.methods.trainer import Trainer
from emssl_bench.records import Record, Trial, machine
from emssl_bench.records.settings import SamplingSettings
from emssl_bench.scaling import Normaliser
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import Targets
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks import Task
from emssl_bench.tasks import task as task_of
from robots.spec import RobotSpec

BATCHES = tuple(2**power for power in range(14))
"""Of Fig. 7 (a): 1 to 8192."""
TRAINING_BATCH = 128


@dataclass(frozen=True)
class Case:
    """One thing to time."""

    part: str
    """Where it is shown: table3, batches, workers, bounds or training."""
    strategy: str
    batch: int
    kernel: str
    """usual: a PyBullet call a joint; block: all joints in one call; chain: torch; none: no forward model."""
    processes: int
    """Of the forward model; 0 where it runs in this process."""

    def __str__(self) -> str:
        processes = f", {self.processes} processes" if self.processes else ""
        return f"{self.strategy}, batch {self.batch}{processes}"


def plan(batch: int, workers: int, cores: int) -> list[Case]:
    """The rows of Table III, the points of Fig. 7, and one epoch of training to set them against."""
    return [
        Case("table3", "none", 1, "usual", 0),
        Case("table3", "batch inference only", batch, "usual", 0),
        Case("table3", "parallel computation only", 1, "usual", workers),
        Case("table3", "both", batch, "usual", workers),
        Case("table3", "both, block kernel", batch, "block", workers),
        Case("table3", "overlapped, block kernel", batch, "block", workers),
        Case("table3", "torch chain", batch, "chain", 0),
        *(Case("batches", "both, block kernel", size, "block", workers) for size in BATCHES),
        *(Case("workers", "both, block kernel", batch, "block", count) for count in worker_counts(cores)),
        Case("bounds", "matrix products of the inference", batch, "none", 0),
        Case("training", "one epoch", TRAINING_BATCH, "none", 0),
    ]


def worker_counts(cores: int) -> list[int]:
    """Of Fig. 7 (b): 1 to twice the cores; on many cores only the powers of two, the cores and twice the cores."""
    counts = range(1, 2 * cores + 1)
    return [count for count in counts if cores <= 4 or count in (cores, 2 * cores) or count & (count - 1) == 0]


def trials(
    cases: Sequence[Case],
    robot: RobotSpec,
    samples: int,
    threads: int,
    rounds: int,
    device: str,
    task: str = SamplingSettings.task,
) -> list[Trial]:
    """What names each case's record: timings of another machine, or with other threads, are other trials."""
    both = next(case for case in cases if case.strategy == "both")
    here = machine.digest()
    return [
        Trial(
            robot.name,
            0,
            SamplingSettings(
                strategy=case.strategy.replace(", ", "-").replace(" ", "-"),
                part=case.part,
                batch=case.batch,
                kernel=case.kernel,
                processes=case.processes,
                robot_digest=robot.digest,
                table_batch=both.batch,
                table_processes=both.processes,
                samples=samples,
                threads=threads,
                rounds=rounds,
                device=device,
                task=task,
                machine=here,
            ),
        )
        for case in cases
    ]


def run(
    cases: Sequence[Case], planned: Sequence[Trial], robot: RobotSpec, tell: Callable[[int, int, Case], None]
) -> list[Record]:
    """Times all cases, interleaved, and returns a record of each; the caller has set torch's threads.

    Args:
        cases: what to time.
        planned: the trial of each case; all agree on samples, threads, rounds, device and task.
        robot: the arm.
        tell: told, before each case, of how many have been measured, how many there are, and which is next.
    """
    settings = planned[0].settings
    assert isinstance(settings, SamplingSettings)
    device, rounds = settings.device, settings.rounds
    load, commit = machine.load(), machine.commit()  # of now, not of when the measuring ends
    chain = ChainArm(robot)
    space = JointSpace.of(robot, 180)
    angles = space.sample(settings.samples, Seeds(0).numpy("data"))
    of_task = task_of(settings.task)
    targets = of_task.reached(chain, angles)
    network = _new_network(robot.dof, of_task).to(device)
    scales = Normaliser.of_inputs(of_task.features(targets)), Normaliser.of_joint_space(space)
    model = NetworkSolver(network, *scales, 1, of_task)

    with ExitStack() as stack:
        kept: dict[tuple[str, int], ForwardModel] = {}
        for case in cases:
            if case.part in ("table3", "batches") and (case.kernel, case.processes) not in kept:
                opening = closing(opened(case.kernel, case.processes, robot, device))
                kept[case.kernel, case.processes] = stack.enter_context(opening)

        def timed(case: Case, sampled: Targets) -> dict[str, float]:
            batched = NetworkSolver(network, *scales, case.batch, of_task)
            if (case.kernel, case.processes) in kept:
                return timed_pass(case, batched, kept[case.kernel, case.processes], sampled)
            # So many processes are not kept beside the others: their number grows with the square of the cores.
            with closing(opened(case.kernel, case.processes, robot, device)) as forward:
                timed_pass(case, batched, forward, sampled[:2000])
                return timed_pass(case, batched, forward, sampled)

        others = {
            "training": _epoch(model, angles, targets, device),
            "bounds": _products(network, targets, settings.table_batch),
        }
        for case in cases:
            if case.part in ("table3", "batches"):
                timed(case, targets[:2000])
        found: dict[Case, list[dict[str, float]]] = {case: [] for case in cases}
        for number in range(rounds):
            for done, case in enumerate(_rotated(cases, number)):
                tell(number * len(cases) + done, rounds * len(cases), case)
                measured = _timed_call(others[case.part], case) if case.part in others else timed(case, targets)
                found[case].append(measured)

    described = {**machine.description(), "load before": load}
    return [
        Record(trial, "done", _medians(found[case]), _rounds(found[case]), machine=described, commit=commit)
        for case, trial in zip(cases, planned, strict=True)
    ]


def opened(kernel: str, processes: int, robot: RobotSpec, device: str) -> ForwardModel:
    """The forward model of a case; the caller closes it."""
    if kernel == "chain":
        return ChainArm(robot, dtype=torch.float32).to(device)
    arm = UsualArm if kernel == "usual" else BulletArm
    return BulletPool(robot, processes, arm=arm) if processes else arm(robot)


def timed_pass(case: Case, model: NetworkSolver, forward: ForwardModel, targets: Targets) -> dict[str, float]:
    """Seconds of one sampling pass, in all and by part; transport is what pool calls take beyond computing."""
    strategy = {"none": strategies.one_by_one, "overlapped, block kernel": strategies.overlapped}.get(
        case.strategy, strategies.in_turn
    )
    busy_before = forward.busy_seconds if isinstance(forward, BulletPool) else 0.0
    watch = strategies.Stopwatch()
    with watch.timing("all"):
        strategy(model, forward, targets, watch)
    transport = 0.0
    if isinstance(forward, BulletPool):
        at_once = min(case.processes, machine.physical_cores())
        transport = max(0.0, watch.seconds["forward"] - (forward.busy_seconds - busy_before) / at_once)
    return {
        "seconds": watch.seconds["all"],
        "inference_seconds": watch.seconds["inference"],
        "forward_seconds": watch.seconds["forward"] - transport,
        "transport_seconds": transport,
    }


def _new_network(dof: int, task: Task) -> InverseNetwork:
    return InverseNetwork(dof, "he_uniform", Seeds(0).torch("weights"), inputs=task.features_size)


def _epoch(model: NetworkSolver, angles: np.ndarray, targets: Targets, device: str) -> Callable[[Case], object]:
    """One epoch of EMSSL's training, on a copy of the network."""
    network = _new_network(model.network.dof, model.task).to(device)
    trainer, order = Trainer(network, 0.0015), Seeds(0).torch("order")
    inputs, outputs = tensors(model, angles, targets)
    return lambda case: trainer.epoch(lambda p, q: mse_loss(network(p), q), case.batch, order, inputs, outputs)


def _products(network: InverseNetwork, targets: Targets, batch: int) -> Callable[[Case], object]:
    """The matrix products of inferring all targets, and nothing else: no network infers faster."""
    batch = min(batch, len(targets))
    weights = [layer.weight.detach().T for layer in network.layers if isinstance(layer, torch.nn.Linear)]
    generator = torch.Generator(weights[0].device).manual_seed(0)
    like = {"dtype": weights[0].dtype, "device": weights[0].device}
    operands = [(torch.randn(batch, weight.shape[0], generator=generator, **like), weight) for weight in weights]

    def multiply(case: Case) -> None:
        for _ in range(-(-len(targets) // batch)):
            for left, right in operands:
                torch.matmul(left, right)

    return multiply


def _timed_call(call: Callable[[Case], object], case: Case) -> dict[str, float]:
    start = time.perf_counter()
    call(case)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return {"seconds": time.perf_counter() - start}


def _rotated(cases: Sequence[Case], by: int) -> list[Case]:
    """Every round begins elsewhere, so that no case always follows the same one."""
    by = by * 7 % len(cases)
    return [*cases[by:], *cases[:by]]


def _medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def _rounds(rounds: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [each[name] for each in rounds] for name in rounds[0]}
