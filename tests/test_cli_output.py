"""What commands print: help, lists, and where a report lies."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from emssl_bench.cli import display, shared_options
from emssl_bench.experiments.status import TrialStatus
from emssl_bench.methods import registry
from emssl_bench.records import Store
from emssl_bench.tasks import TASKS
from tests.commands import run
from tests.examples import record
from tests.reports import print_report


def test_report_names_the_files_it_made(capsys, tmp_path):
    Store(tmp_path).save(record("emssl", 90))
    code, out, _ = run(capsys, "report", "--out", str(tmp_path))
    assert code == 0
    assert str(tmp_path / "report.md") in out


@pytest.mark.parametrize(("robot", "says"), [("paper6", "ours is calibrated"), ("ur5", "stand beside paper6 alone")])
def test_only_of_our_arm_it_says_that_it_is_calibrated(capsys, robot, says):
    given = record("emssl", 90)
    print_report([replace(given, trial=replace(given.trial, robot=robot))], display.open_console())
    assert says in capsys.readouterr().out


@pytest.mark.parametrize("width", [130, 1000])
def test_a_long_name_gives_way_to_numbers(capsys, width):
    settings = dict.fromkeys(("a_long_setting", "a_longer_setting", "the_longest_setting_of_all"), 1)
    records = [
        record("emssl", angle, seed, **how) for angle in (90, 180) for seed in range(3) for how in ({}, settings)
    ]
    print_report(records, Console(width=width, markup=False))
    printed = capsys.readouterr().out
    assert printed.count("2.00 (2.00, 2.00, 2.00)") == 4
    assert ("a_long_setting=1, a_longer_setting=1, the_longest_setting_of_all=1" in printed) == (width == 1000)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(("angle_deg", "says"), [(None, "1.50 cm"), (4.25, "1.50 cm 4.2°")])
def test_of_poses_the_angle_is_shown_beside_the_distance(terminal, angle_deg, says):
    given = record("emssl", 90)
    console = Console(width=200, force_terminal=terminal, file=io.StringIO(), color_system=None)
    with display.shown([given.trial], console) as shown:
        shown.started(given.trial)
        shown.progressed(given.trial, TrialStatus(1, 3, 1.5, 0.0, 5.0, angle_deg))
    printed = console.file.getvalue()
    assert says in printed
    assert ("°" in printed.replace("±90°", "")) == (angle_deg is not None)


def test_the_last_line_of_a_trial_of_poses_has_both_errors():
    given = record("emssl", 90)
    assert "done, 2.00 cm after" in display._outcome(given)
    assert "done, 2.00 cm 5.1° after" in display._outcome(
        replace(given, metrics={**given.metrics, "angle_mean_deg": 5.08})
    )


@pytest.mark.parametrize("movable", [True, False])
def test_report_names_a_damaged_record_and_sets_it_aside_where_it_can(capsys, tmp_path, movable):
    store = Store(tmp_path)
    for seed in (0, 1):
        store.save(record("emssl", 90, seed))
    path = store.path(record("emssl", 90).trial)
    path.write_text("{")
    if not movable:
        (tmp_path / "set-aside").write_text("a file where the folder should be")
    code, _, err = run(capsys, "report", "--out", str(tmp_path))
    assert (code, err.count("\n")) == (0, 1)
    assert f"{path} is not a record" in err
    assert ("It is set aside as set-aside/accuracy/" if movable else "It is not used.") in err
    assert path.exists() != movable


def test_every_option_of_run_has_help(capsys):
    code, out, _ = run(capsys, "run", "--help")
    assert code == 0
    for option in ("method", "robot", "joint-range", "seeds", "budget", "set", "workers", "jobs", "device", "forward"):
        assert f"--{option}" in out


def test_help_has_the_budgets_as_they_are():
    from emssl_bench.experiments import accuracy

    for task in TASKS:
        for name, size in accuracy.budgets(task).items():
            trained = accuracy.configured("emssl", size, task, {})
            data = f"{size.train_samples + size.test_samples:,}, {trained.iterations}, {trained.epochs}"
            given = f"{name} ({data}" if task == "position" or size == accuracy.BUDGETS[name] else f"for poses {data}"
            assert given in shared_options.BUDGETS


def test_robots_lists_every_arm(capsys):
    import robots

    code, out, _ = run(capsys, "robots")
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines()}
    for name in robots.available():
        assert f"{robots.load(name).dof}" in lines[name]
    assert "0.62 m" in lines["paper6"]


def test_methods_shows_settings_with_defaults_and_meaning(capsys):
    code, out, _ = run(capsys, "methods")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(registry.METHODS)
    code, out, _ = run(capsys, "methods", "emssl")
    assert code == 0
    assert "--set emssl.iterations=...  [a whole number; default 200]" in out
    assert run(capsys, "methods", "emsl")[0] == 2
