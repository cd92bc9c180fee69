"""The shapes in signatures are checked while the tests run, in all packages."""

import ast
import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import TypeCheckError

import baselines
import emssl_bench
import robots
from emssl_bench.adaptation.alignment import align
from emssl_bench.adaptation.identification import identified
from emssl_bench.data import TrainingData
from emssl_bench.envs.task import ReachTask
from emssl_bench.exceptions import ShapeError
from emssl_bench.experiments.evaluation import Errors, error_map
from emssl_bench.forward import Counted
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.network_method import tensors
from emssl_bench.report.figures import workspace
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.least_squares import reachable
from robots import reach

HOOK = "jaxtyping._import_hook"


def modules():
    """The names of all modules of the packages; `__main__` is a program."""
    for package in (baselines, emssl_bench, robots):
        inside = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        yield from [package.__name__, *(each.name for each in inside if not each.name.endswith(".__main__"))]


def test_every_module_is_imported_by_the_hook():
    loaders = {name: importlib.import_module(name).__loader__ for name in modules()}
    early = [name for name, loader in loaders.items() if type(loader).__module__ != HOOK]
    assert len(loaders) > 100
    assert not early, "imported before conftest.py has installed the hook"


def test_no_function_has_examples_that_doctest_would_not_see():
    """Doctest takes a function in the hook's wrapper for one of another module."""
    for name in modules():
        tree = ast.parse(Path(importlib.import_module(name).__file__).read_text(encoding="utf-8"))
        for each in ast.walk(tree):
            unseen = isinstance(each, ast.FunctionDef) and ">>>" in (ast.get_docstring(each) or "")
            assert not unseen, f"the examples of {name}.{each.name} belong in the docstring of its class or module"


SPACE = JointSpace((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0))
PLANE, THREE, FOUR = np.zeros((3, 2)), np.zeros((3, 3)), np.zeros((4, 3))


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda arm, chain: align(None, THREE, PLANE), id="adaptation: positions in a plane"),
        pytest.param(lambda arm, chain: identified(arm, THREE, FOUR), id="adaptation: more positions than angles"),
        pytest.param(lambda arm, chain: TrainingData(THREE, FOUR, SPACE), id="data: more labels than positions"),
        pytest.param(lambda arm, chain: ReachTask(arm, 90, 1).observations(THREE, THREE, FOUR), id="envs"),
        pytest.param(lambda arm, chain: error_map(Errors({}, ""), PLANE, 1.0), id="experiments"),
        pytest.param(lambda arm, chain: chain.positions(np.zeros(3)), id="forward: a single configuration"),
        pytest.param(lambda arm, chain: Counted(chain).frames(THREE.tolist()), id="forward: a list"),
        pytest.param(lambda arm, chain: tensors(None, THREE, THREE[0]), id="methods"),
        pytest.param(lambda arm, chain: workspace.draw(arm, PLANE, "an arm"), id="report"),
        pytest.param(lambda arm, chain: reach.positions(arm, np.zeros(3)), id="robots"),
        pytest.param(lambda arm, chain: Normaliser.of_inputs(PLANE[0]), id="scaling"),
        pytest.param(lambda arm, chain: reachable(arm, SPACE, PLANE), id="solvers"),
    ],
)
def test_a_wrong_shape_is_refused(planar3, planar3_chain, call):
    with pytest.raises(TypeCheckError, match="Type-check error whilst checking the parameters of"):
        call(planar3, planar3_chain)


def test_a_wrong_shape_is_refused_where_it_is_returned(planar3_chain):
    class Flat:
        positions = staticmethod(lambda joint_angles: PLANE)

    with pytest.raises(TypeCheckError, match="checking the return value"):
        Counted(Flat()).positions(THREE)


def test_what_is_given_as_users_give_it_reaches_our_own_checks(planar3_chain, as_users_run):
    with pytest.raises(ShapeError, match=r"joint angles must have shape \(n, 3\), not \(3,\)"):
        planar3_chain.positions(np.zeros(3))
