"""What `all` and `everything` stand for, and what happens to a method whose package is missing."""

import importlib.util
import sys

import pytest

from emssl_bench.exceptions import MissingDependency
from emssl_bench.experiments import accuracy
from emssl_bench.methods import registry
from tests.commands import run
from tests.runs import TINY

LINE = "the method 'flow' needs the package 'zuko': pip install 'emssl-bench[flows]'.\n"


@pytest.fixture
def chosen(capsys, tmp_path, monkeypatch):
    """The methods of the trials that a command would run, its exit code and what it says on standard error."""
    planned = []
    monkeypatch.setattr("emssl_bench.cli.run.run_trials", lambda options, waiting, *rest: planned.extend(waiting) or [])
    monkeypatch.setattr("emssl_bench.cli.run.reported", lambda *_: 0)

    def of(*methods):
        planned.clear()
        arm = ("--robot", "planar3", "--joint-range", "90", "--forward", "chain", "--out", str(tmp_path))
        code, _, err = run(capsys, "run", "--method", *methods, *arm)
        return [trial.name for trial in planned], code, err

    return of


@pytest.fixture
def without_zuko(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "zuko" else find(name, *rest))


def test_all_are_the_papers_methods_ours_and_the_floors_and_everything_is_everything(chosen):
    of_all = ["direct", "distal", "cgan", "emssl", "emssl-plus", "distal-exact", "lookup", "babbling"]
    assert chosen("all") == (of_all, 0, "")
    assert chosen("everything") == (list(registry.METHODS), 0, "")
    assert registry.METHODS.keys() > set(of_all)


def test_further_methods_can_be_added_to_all_by_name(chosen):
    assert chosen("mdn", "all", "direct") == ([*registry.OF_ALL, "mdn"], 0, "")
    assert chosen("all", "everything") == (list(registry.METHODS), 0, "")


def test_a_method_whose_package_is_missing_is_left_out_of_everything_and_refused_by_name(chosen, without_zuko, planar3):
    assert chosen("all") == (list(registry.OF_ALL), 0, "")
    others = [name for name in registry.METHODS if name not in ("flow", "cemssl")]
    of_cemssl = LINE.replace("flow", "cemssl", 1)
    assert chosen("everything") == (others, 0, f"emssl-bench: {of_cemssl}emssl-bench: {LINE}")
    assert chosen("direct", "flow") == ([], 2, f"emssl-bench: {LINE}")
    assert chosen("cemssl") == ([], 2, f"emssl-bench: {of_cemssl}")
    with pytest.raises(MissingDependency):
        accuracy.plan(["flow"], planar3, [90], [0], TINY, {}, "chain")


def test_a_saved_flow_says_what_it_needs(monkeypatch):
    from emssl_bench.solvers.network_solver import NetworkSolver
    from tests.generators import solver

    arrays, settings = solver("flow").saved()
    monkeypatch.setitem(sys.modules, "zuko", None)
    with pytest.raises(MissingDependency, match=r"flows need the package zuko: pip install 'emssl-bench\[flows\]'"):
        NetworkSolver.restored(arrays, settings)
