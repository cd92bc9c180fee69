"""A mistake on the command line is one clear line and exit code 2."""

import pytest

from tests.commands import arm_file, run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--method", "emsl"],
            "unknown method 'emsl': did you mean 'emssl'? Valid: all, babbling, cemssl, cgan, cnn, ",
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
        (["--threads", "0"], "argument --threads: must be auto or a whole number of at least 1, not '0'"),
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
        (["--threads", "1000000000000"], "argument --threads: must be auto or at most 1024, not 1000000000000"),
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


@pytest.mark.parametrize("command", ["paths", "solvers", "answers", "adapt"])
@pytest.mark.parametrize("wrong", ["0", "-5", "400", "nan", "inf"])
def test_no_command_begins_with_an_impossible_joint_range(capsys, tmp_path, command, wrong):
    code, out, err = run(capsys, command, "--joint-range", wrong, "--out", str(tmp_path / "out"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "a joint range is over 0 and at most 360 degrees, not " in err or "argument --joint-range" in err
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
