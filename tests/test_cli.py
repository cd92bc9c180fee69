"""The command line as a user meets it."""

import subprocess
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from emssl_bench.cli import display, shared_options
from emssl_bench.methods import registry
from emssl_bench.records import Store
from tests.commands import arm_file, run
from tests.examples import record
from tests.reports import print_report


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--method", "emsl"],
            "unknown method 'emsl': did you mean 'emssl'? Valid: all, cgan, direct, distal, distal-exact, emssl, ",
        ),
        (["--robot", "paper7"], "unknown robot 'paper7': did you mean 'paper6'?"),
        (["--robot", "none.urdf"], "none.urdf: cannot be read (No such file"),
        (["--budget", "quik"], "unknown budget 'quik': did you mean 'quick'?"),
        (["--joint-range", "0"], "a joint range is over 0 and at most 360 degrees, not 0"),
        (["--joint-range", "400"], "not 400"),
        (["--joint-range", "nan"], "not nan"),
        (["--joint-range", "wide"], "argument --joint-range: must be a number, not 'wide'"),
        (["--seeds", "-1"], "argument --seeds: must be a whole number of at least 0, not '-1'"),
        (["--seeds"], "argument --seeds: expected at least one argument"),
        (["--workers", "0"], "argument --workers: must be auto or a whole number of at least 1, not '0'"),
        (["--jobs", "two"], "argument --jobs: must be auto or a whole number of at least 1, not 'two'"),
        (["--threads", "0"], "argument --threads: must be a whole number of at least 1, not '0'"),
        (["--device", "tpu"], "argument --device: invalid choice: 'tpu'"),
        (["--forward", "mujoco"], "argument --forward: invalid choice: 'mujoco'"),
        (
            ["--set", "iterations=3"],
            "--set takes METHOD.SETTING=VALUE, such as emssl.iterations=20, not 'iterations=3'",
        ),
        (["--set", "emssl.iteration=3"], "unknown setting of emssl 'iteration': did you mean 'iterations'?"),
        (["--set", "emssl.iterations=many"], "emssl.iterations must be a whole number, not 'many'"),
        (["--set", "emssl.iterations=0"], "emssl.iterations must be a number at least 1 and at most 1e+15, not 0"),
        (["--method", "direct", "--set", "emssl.iterations=3"], "unknown method (of this run) in --set 'emssl'"),
        (
            ["--set", "emssl.iterations=" + "9" * 400],
            "emssl.iterations must be a number at least 1 and at most 1e+15, not 999",
        ),
        (["--threads", "1000000000000"], "argument --threads: must be at most 1024, not 1000000000000"),
        (["--seeds", "1" * 30], "argument --seeds: must be a whole number of at least 0, not '111"),
        (["--robot", "a" * 300 + ".urdf"], "cannot be read (File name too long)"),
        (["--seed", "1"], "unrecognized arguments: --seed 1 (did you mean --seeds?)"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_code_2(capsys, tmp_path, arguments, says):
    code, out, err = run(capsys, "run", "--out", str(tmp_path / "out"), *arguments)
    assert code == 2
    assert says in err
    assert err.count("\n") == 1
    assert not out
    assert not (tmp_path / "out").exists(), "nothing is written before everything is known to be right"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--samples", "0"], "argument --samples: must be a whole number of at least 1, not '0'"),
        (["--rounds", "-2"], "argument --rounds: must be a whole number of at least 1, not '-2'"),
        (["--batch", "many"], "argument --batch: must be a whole number of at least 1, not 'many'"),
        (["--workers", "0"], "argument --workers: must be auto or a whole number of at least 1, not '0'"),
        (["--robot", "paper7"], "unknown robot 'paper7': did you mean 'paper6'?"),
    ],
)
def test_a_mistake_in_sampling_is_one_clear_line_too(capsys, tmp_path, arguments, says):
    code, out, err = run(capsys, "sampling", "--out", str(tmp_path / "out"), *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--approach", "replce"], "unknown approach 'replce': did you mean 'replace'?"),
        (["--extend-cm", "0"], "'links=0' is no change of an arm. Changes: links=CM"),
        (["--extend-cm", "nan"], "'links=nan' is no change of an arm"),
        (["--extend-cm", "-20"], "'paper6' has a link of 2.86 cm: links cannot be lengthened by -20 cm."),
        (["--extend-cm"], "no change of the arm: give --extend-cm or --change."),
        (["--change", "knock=3"], "'knock=3' is no change of an arm"),
        (["--change", "link9=3"], "'paper6' has no link 9 with a length: 1, 2"),
        (["--samples", "0"], "argument --samples: must be a whole number of at least 1, not '0'"),
        (["--samples", "14001"], "--samples is at most the 14,000 training positions."),
        (["--measurements", "0"], "argument --measurements: must be a whole number of at least 1, not '0'"),
        (["--noise-mm", "-1"], "argument --noise-mm: must be a number of at least 0, not '-1'"),
        (["--noise-mm", "nan"], "argument --noise-mm: must be a number of at least 0, not 'nan'"),
        (["--from", "nowhere.safetensors"], "nowhere.safetensors: there is no such file."),
        (["--set", "cgan.iterations=3"], "unknown method (of this run) in --set 'cgan'"),
    ],
)
def test_a_mistake_in_adapting_is_one_clear_line_too(capsys, tmp_path, arguments, says):
    code, out, err = run(capsys, "adapt", "--out", str(tmp_path / "out"), *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_cannot_be_written_is_said_before_anything_runs(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run(capsys, "run", "--budget", "smoke", "--out", str(tmp_path / "file"))
    assert code == 2
    assert err.count("\n") == 1
    assert "cannot be written" in err


def test_cuda_without_cuda_is_said(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    code, _, err = run(capsys, "run", "--device", "cuda", "--out", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
    assert "--device cuda needs a CUDA device" in err


def test_bullet_without_pybullet_is_said(capsys, tmp_path, monkeypatch):
    arm = str(arm_file(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, _, err = run(capsys, "run", "--robot", arm, "--out", str(tmp_path / "out"))
    assert (code, err.count("\n")) == (2, 1)
    assert "needs PyBullet: pip install pybullet" in err


def test_no_command_and_a_wrong_one_are_one_line(capsys):
    for arguments in ([], ["rnu"]):
        code, _, err = run(capsys, *arguments)
        assert (code, err.count("\n")) == (2, 1)


def test_report_without_records_says_what_to_do(capsys, tmp_path):
    code, _, err = run(capsys, "report", "--out", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
    assert "no records under" in err


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
    from emssl_bench.experiments.accuracy import BUDGETS

    for name, size in BUDGETS.items():
        trained = registry.configured("emssl", dict(size.method))
        data = f"{size.train_samples + size.test_samples:,}, {trained.iterations}, {trained.epochs}"
        assert f"{name} ({data}" in shared_options.BUDGETS


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


def test_the_command_line_starts_without_torch():
    # Worker processes import it too, where it is the main module.
    code = "import sys, emssl_bench.cli, emssl_bench.forward._worker; print([*{'torch', 'pandas'} & set(sys.modules)])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_an_option_under_its_old_name_works_and_is_told_its_new_one(capsys, tmp_path, monkeypatch):
    planned = []
    monkeypatch.setattr("emssl_bench.cli.run.run_trials", lambda options, waiting, *rest: planned.extend(waiting) or [])
    monkeypatch.setattr("emssl_bench.cli.run.reported", lambda *_: 0)
    for name, said in (("--judge-on", "emssl-bench: --judge-on is now --evaluate-on.\n"), ("--evaluate-on", "")):
        arguments = ["--robot", "planar3", "--method", "direct", name, "validation", "--out", str(tmp_path)]
        assert run(capsys, "run", *arguments)[::2] == (0, said)
    assert {trial.settings["judged_on"] for trial in planned} == {"validation"}
    code, out, _ = run(capsys, "run", "--help")
    assert (code, "--judge-on" in out.split("options:")[0]) == (0, False)
