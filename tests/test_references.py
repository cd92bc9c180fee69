"""Reference sets hold solutions, are the same whenever they are made, and are made again where their file is gone."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

import robots
from emssl_bench.exceptions import CannotSolve
from emssl_bench.experiments import reference_files, references
from emssl_bench.tasks import POSITION
from emssl_bench.tasks.pose import POSE

SMALL = {"count": 6, "configurations": 300_000}


@pytest.fixture(scope="module")
def settings():
    return references.planned(robots.load("planar3"), POSITION, 90.0, **SMALL)


@pytest.fixture(scope="module")
def made(settings):
    return references.make(settings, robots.load("planar3"), POSITION)


def test_solutions_by_rejection_lead_to_within_a_centimetre(made, planar3_chain):
    assert len(made.targets) == 6
    for target, solutions in zip(made.targets, made.solutions, strict=True):
        assert 64 <= len(solutions) <= 256
        assert np.linalg.norm(planar3_chain.positions(solutions) - target, axis=1).max() <= 0.01
        assert (np.abs(solutions) <= np.pi / 2).all()


def test_where_every_configuration_is_near_every_target_no_more_are_held_than_are_kept():
    robot = robots.load("planar3")
    narrow = references.planned(robot, POSITION, 0.1, count=4, configurations=3_000)
    found = references.make(narrow, robot, POSITION)
    assert [len(each) for each in found.solutions] == [narrow.at_most] * 4
    assert np.abs(found.solutions[0]).max() <= np.radians(0.1)


def test_they_are_in_no_order(made):
    """Else halves of them would be no samples of the same distribution."""
    first, second = (np.concatenate([each[part] for each in made.solutions]) for part in (slice(0, 32), slice(32, 64)))
    assert np.abs(first.mean(axis=0) - second.mean(axis=0)).max() < 0.25


def test_a_moved_target_is_a_centimetre_away_where_the_arm_can_follow(made, planar3_chain):
    assert np.isfinite(made.needed_deg).all()
    np.testing.assert_allclose(np.linalg.norm(made.moved - made.targets, axis=1), 0.01)
    np.testing.assert_allclose(made.moved[:, 2], made.targets[:, 2], atol=1e-12)  # in its plane
    assert (made.needed_deg > 0.3).all()
    assert np.median(made.needed_deg) < 10


def test_the_same_settings_give_the_same_set_and_others_another(settings, made):
    again = references.make(settings, robots.load("planar3"), POSITION)
    np.testing.assert_array_equal(np.concatenate(again.solutions), np.concatenate(made.solutions))
    assert references.planned(robots.load("planar3"), POSITION, 90, **SMALL).digest == settings.digest
    changes = {"count": 5, "configurations": 9, "within_m": 0.02, "at_least": 1, "at_most": 9, "seed": 1}
    digests = {replace(settings, **{name: value}).digest for name, value in changes.items()}
    assert len(digests | {settings.digest}) == 7
    assert references.ReferenceSettings(**settings.written()) == settings


def test_a_file_is_read_back_and_made_again_where_it_is_damaged(settings, made, tmp_path, monkeypatch):
    monkeypatch.setattr(reference_files, "make", lambda *_: made)
    arm, path = robots.load("planar3"), reference_files.path_of(settings, tmp_path)
    reference_files.opened(settings.written(), arm, "position", tmp_path)
    monkeypatch.setattr(reference_files, "make", None)
    read = reference_files.opened(settings.written(), arm, "position", tmp_path)
    for ours, theirs in zip(read.solutions, made.solutions, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(read.moved, made.moved)
    whole = path.read_bytes()
    for damaged in (b"", b"not an archive", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        monkeypatch.setattr(reference_files, "make", lambda *_: made)
        reference_files.opened(settings.written(), arm, "position", tmp_path)
        assert path.read_bytes() == whole


def test_too_few_configurations_are_named(planar3):
    few = references.planned(planar3, POSITION, 90, 3, 500)
    with pytest.raises(CannotSolve, match=r"none of 60 targets has 64 of 500 configurations within 1 cm, \d at most"):
        references.make(few, planar3, POSITION)


def test_poses_are_for_arms_of_six_or_seven_joints(planar3):
    with pytest.raises(CannotSolve, match="of six or seven revolute joints; 'planar3' has 3 coordinates"):
        references.planned(planar3, POSE, 90, 9, 9)


@pytest.mark.skipif(importlib.util.find_spec("eaik") is None, reason="needs eaik")
def test_poses_of_six_joints_have_all_branches(paper6):
    settings = references.planned(paper6, POSE, 180, 5, 9)
    assert (settings.kind, settings.configurations) == ("branches", 0)
    made = references.make(settings, paper6, POSE)
    assert [len(each) > 1 for each in made.solutions] == [True] * 5
    np.testing.assert_array_equal(made.moved[:, 3:], made.targets[:, 3:])
