"""Matrix products by oneDNN: exact, chosen where it pays, and then independent of the number of threads."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from emssl_bench import cli
from emssl_bench.cli import run as run_command
from emssl_bench.engine import driver
from emssl_bench.exceptions import MissingDependency
from emssl_bench.experiments import accuracy, adaptation
from emssl_bench.records import Store, machine
from emssl_bench.report.frames.variants import own_settings
from emssl_bench.solvers import products
from robots.changes import Change
from tests.commands import run
from tests.examples import record, with_settings
from tests.runs import TINY, plan

HAS_IT = products.available()


@pytest.fixture
def _as_before():
    yield
    products.use("default")


def test_a_record_without_it_is_of_the_default():
    trial = record("emssl", 90).trial
    assert trial.settings.matmul == "default"
    assert "matmul" not in trial.settings.identity()


def test_by_onednn_it_is_another_trial_whatever_its_threads():
    default, onednn = (with_settings(record("emssl", 90), matmul=route) for route in ("default", "onednn"))
    more = [with_settings(each, threads=2) for each in (default, onednn)]
    assert len({each.trial.digest for each in (default, onednn, *more)}) == 3
    assert more[1].trial.digest == onednn.trial.digest
    assert own_settings(more[1])["matmul"] == "onednn"
    assert "threads" not in own_settings(more[1]), "they change nothing, so no variant is named by them"
    assert "matmul" not in own_settings(default)


def test_adapting_says_by_what_its_model_was_trained_where_that_differs(planar3):
    bases = plan(planar3, "emssl", forward="chain", matmul="onednn", threads=2)
    own = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}

    def planned(matmul):
        change = [Change("links", 3)]
        (trial,) = adaptation.plan(["replace"], change, bases, planar3, "chain", "cpu", 1, matmul, **own)
        return trial.settings

    assert planned("onednn").trained_elsewhere == {}, "threads do not matter by that route"
    assert planned("default").trained_elsewhere == {"threads": 2, "matmul": "onednn"}


@pytest.mark.parametrize(
    ("measured", "chosen"),
    [
        ({"error": 7e-7, "speed_up": 1.41}, "onednn"),
        ({"error": 7e-7, "speed_up": 1.02}, "default"),
        ({"error": 1e-2, "speed_up": 2.3}, "default"),
        (None, "default"),
    ],
)
def test_auto_takes_it_where_it_is_exact_and_faster(measured, chosen, monkeypatch):
    def process(command, env, **_):
        assert env["ONEDNN_MAX_CPU_ISA"] == "AVX512_CORE", "set before oneDNN is loaded"
        return SimpleNamespace(returncode=measured is None, stdout=json.dumps(measured))

    monkeypatch.setattr(products, "available", lambda: True)
    monkeypatch.setattr("subprocess.run", process)
    assert products.chosen("auto", "cpu") == chosen
    assert products.chosen("auto", "cuda") == "default"
    assert products.chosen("default", "cpu") == "default"
    assert products.chosen("onednn", "cpu") == "onednn"
    monkeypatch.setattr(products, "available", lambda: False)
    assert products.chosen("auto", "cpu") == "default"


def test_the_comparison_is_measured_in_a_process_of_its_own():
    code = "from emssl_bench.solvers import products; products.print_comparison()"
    environment = {**os.environ, **products.ENVIRONMENT}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    measured = json.loads(found.stdout)
    assert 0 < measured["error"] <= products.EXACT, "of whatever route there is: float32"
    assert measured["speed_up"] > 0


@pytest.mark.usefixtures("_as_before")
def test_what_rounds_to_bfloat16_is_refused(monkeypatch):
    """The day that the setting means what its name says."""
    monkeypatch.setattr(products, "available", lambda: True)
    monkeypatch.setattr(products, "error_of_products", lambda: 5e-3)
    with pytest.raises(MissingDependency, match="not those of float32 here: use --matmul default"):
        products.use("onednn")
    assert torch.backends.mkldnn.matmul.fp32_precision == "none"


def test_the_error_of_products_sees_bfloat16(monkeypatch):
    assert 0 < products.error_of_products() <= products.EXACT
    exact = torch.Tensor.__matmul__

    def rounded(left, right):
        if left.dtype == torch.float64:
            return exact(left, right)
        return exact(left.bfloat16().float(), right.bfloat16().float())

    monkeypatch.setattr(torch.Tensor, "__matmul__", rounded)
    assert products.error_of_products() > 100 * products.EXACT


@pytest.mark.skipif(HAS_IT, reason="this processor has AVX-512")
def test_where_it_cannot_be_had_nothing_is_begun(capsys, tmp_path):
    asked = ("run", "--robot", "planar3", "--method", "direct", "--forward", "chain", "--matmul", "onednn")
    code, _, err = run(capsys, *asked, "--out", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
    assert "--matmul onednn needs a processor with AVX-512" in err
    assert Store(tmp_path).records() == []


def test_records_by_onednn_are_found_wherever_they_are_asked_for(capsys, tmp_path, monkeypatch, planar3):
    store = Store(tmp_path)
    budget = accuracy.Budget(2_800, 1_200, accuracy.BUDGETS["smoke"].method)
    for trial in accuracy.plan(["direct"], planar3, [90], [0], budget, {}, "chain", matmul="onednn", threads=7):
        store.save(replace(record("direct", 90), trial=trial))
    asked = ("--robot", "planar3", "--method", "direct", "--forward", "chain", "--budget", "smoke")
    code, out, _ = run(
        capsys, "run", *asked, "--joint-range", "90", "--matmul", "onednn", "--device", "cpu", "--out", str(tmp_path)
    )
    assert code == 0
    assert out.startswith("0 of 1 trials to run")


@pytest.mark.parametrize(("route", "seeds", "threads"), [("onednn", 2, 4), ("onednn", 8, 1), ("default", 2, 1)])
def test_trials_that_threads_do_not_change_take_the_cores_that_are_left(route, seeds, threads, tmp_path, monkeypatch):
    found = []

    def noted(trials, engine, store, display, whole):
        found.extend((engine.jobs, trial.settings.threads) for trial in trials)
        return []

    monkeypatch.setattr(machine, "physical_cores", lambda: 8)
    monkeypatch.setattr(products, "available", lambda: True)
    monkeypatch.setattr(driver, "run_trials", noted)
    monkeypatch.setattr(run_command, "reported", lambda store, records: 0)
    asked = ("--robot", "planar3", "--method", "direct", "--joint-range", "90", "--seeds", f"0-{seeds - 1}")
    assert cli.main(["run", *asked, "--matmul", route, "--device", "cpu", "--out", str(tmp_path)]) == 0
    assert found == [(seeds, threads)] * seeds


TRAINING = """
import hashlib, sys, torch
from emssl_bench.methods.trainer import Trainer
from emssl_bench.solvers import products
from emssl_bench.solvers.network import InverseNetwork
torch.set_num_threads(int(sys.argv[1]))
torch.set_flush_denormal(True)
products.use("onednn")
generator = torch.Generator().manual_seed(0)
network = InverseNetwork(6, "he_uniform", generator)
trainer = Trainer(network, 0.0015)
rows, targets = torch.randn(12_800, 3, generator=generator), torch.rand(12_800, 6, generator=generator)
loss = lambda p, q: torch.nn.functional.mse_loss(network(p), q)
trainer.some(500, loss, 128, generator, rows, targets)
weights = b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())
print(trainer.steps, hashlib.sha256(weights).hexdigest())
"""


@pytest.mark.skipif(not HAS_IT, reason="this processor has no AVX-512")
def test_one_thread_and_two_give_the_same_weights_after_500_steps():
    environment = {**os.environ, **products.ENVIRONMENT}
    found = [
        subprocess.run(
            [sys.executable, "-c", TRAINING, count], capture_output=True, text=True, check=True, env=environment
        ).stdout
        for count in ("1", "2")
    ]
    assert found[0].startswith("500 ")
    assert found[0] == found[1]


@pytest.mark.skipif(not HAS_IT, reason="this processor has no AVX-512")
def test_a_trial_by_onednn_runs_in_float32(planar3, tmp_path):
    from tests.runs import Silent, run_trials

    trials = plan(planar3, "emssl", forward="chain", matmul="onednn")
    (done,) = run_trials(trials, planar3, Store(tmp_path), 1, 1, Silent())
    assert done.status == "done"
    assert TINY.train_samples == 400
