"""Numbers, arrays and paths that cannot be used, by every public door. What is wrong, in one line."""

import numpy as np
import pytest
import torch

import emssl_bench
from emssl_bench.exceptions import ModelError, ShapeError
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import model_files
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.least_squares import reachable
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import distance_errors_cm, record


@pytest.fixture
def loaded(tmp_path):
    """A model as a user has it, from its file."""
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 6, (1.0,) * 6, 0, 1)
    model_files.save(NetworkSolver(network, *scales, 512), tmp_path / "model.safetensors", record("emssl", 90).trial)
    return emssl_bench.load(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("positions", "says"),
    [
        ([[0.1, 0.2, np.nan]], r"targets must be finite: row 0 is \[0\.1, 0\.2, nan\]"),
        ([[0.1, 0.2, 0.3], [np.inf, 0, 0]], "targets must be finite: row 1 is"),
        ([0.1, 0.2], r"targets must have shape \(n, 3\), not \(2,\)"),
        (0.1, r"targets must have shape \(n, 3\), not \(\)"),
        ([[[0.1, 0.2, 0.3]]], r"targets must have shape \(n, 3\), not \(1, 1, 3\)"),
        ([[0.1, 0.2, 0.3], [0.1, 1e308, 0]], r"targets must be within ±1,000,000: row 1 is \[0\.1, 1e\+308, 0\.0\]"),
        ([0.1, 0.2, -(2**63)], "targets must be within ±1,000,000: row 0 is"),
        ([[0.1, 0.2, 2**200]], "targets must be numbers in 3 columns: found object"),
        (np.array([[1, 2, 3]], dtype=np.longdouble) * np.longdouble("1e400"), "targets must be finite: row 0 is"),
        (np.ma.array([[0.1, 0.2, 0.3]], mask=[[0, 1, 0]]), "targets must be numbers in 3 columns: some are masked"),
        ([np.ma.array([0.1, 0.2, 0.3], mask=[0, 1, 0])], "targets must be numbers in 3 columns: some are masked"),
        (torch.zeros(1, 3, requires_grad=True), "targets must be numbers in 3 columns: Can't call numpy"),
        (
            np.array([["2026-01-01"] * 3], dtype="datetime64[D]"),
            "targets must be numbers in 3 columns: found datetime",
        ),
        ({0.1, 0.2, 0.3}, "targets must be numbers in 3 columns: found object"),
        ([[0.1, 0.2]], r"targets must have shape \(n, 3\), not \(1, 2\)"),
        ([["0.1", "0.2", "0.3"]], "targets must be numbers in 3 columns"),
        ([[0.1, 0.2, None]], "targets must be numbers in 3 columns"),
        ([[0.1, 0.2, 1j]], "targets must be numbers in 3 columns"),
        ([[0.1], [0.2, 0.3]], "targets must be numbers in 3 columns"),
        (None, "targets must be numbers in 3 columns"),
    ],
)
def test_a_loaded_model_names_what_is_wrong_with_its_positions(loaded, positions, says):
    with pytest.raises(ShapeError, match=says):
        loaded.joint_angles(positions)


@pytest.mark.parametrize(
    "positions",
    [
        np.float16([[0.1, 0.2, 0.3]]),
        np.longdouble([[0.1, 0.2, 0.3]]),
        torch.tensor([[0.1, 0.2, 0.3]]),
        np.ma.array([[0.1, 0.2, 0.3]]),
        np.asfortranarray(np.full((2, 3), 0.1)),
        np.broadcast_to(np.float64(0.1), (2, 3)),
        [[0, 1, True]],
    ],
    ids=lambda positions: type(positions).__name__,
)
def test_whatever_holds_numbers_can_be_asked_about(loaded, positions):
    expected = loaded.joint_angles(np.asarray(positions).astype(np.float64).tolist())
    np.testing.assert_array_equal(loaded.joint_angles(positions), expected)


@pytest.mark.parametrize("bad", [1e308, -1e30, np.inf, np.nan])
def test_every_entry_refuses_numbers_that_it_cannot_compute_with(bad, loaded, bullet_arm, planar3, planar3_chain):
    angles, position = np.array([[0.1, 0.2, 0.3], [0.1, bad, 0.3]]), np.array([[0.2, 0.1, 0.0], [bad, 0.0, 0.0]])
    space = JointSpace.of(planar3, 90)
    entries = [
        (bullet_arm(planar3).positions, angles),
        (planar3_chain.positions, angles),
        (space.checked, angles),
        (lambda rows: reachable(planar3, space, rows), position),
        (lambda rows: distance_errors_cm(loaded.solver, planar3_chain, rows, space), position),
    ]
    for entry, rows in entries:
        with pytest.raises(ShapeError, match=r"must be (finite|within ±1,000,000): row 1 is"):
            entry(rows)


def test_an_array_that_cannot_be_written_is_read(planar3_chain):
    angles = np.zeros((2, 3))
    angles.flags.writeable = False
    assert planar3_chain.positions(angles).shape == (2, 3)


@pytest.mark.parametrize("path", ["none.safetensors", ".", "", "\0", "a\nb", "x" * 300])
def test_a_path_that_is_no_model_is_refused_by_name(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError):
        emssl_bench.load(path)
