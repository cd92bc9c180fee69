"""Odd values for the options of every command: empty, endless, of another kind. What is wrong, in one line."""

import os

import pytest

from tests.commands import run

WRONG_EVERYWHERE = [
    (["--robot", "paper7"], "unknown robot 'paper7': did you mean 'paper6'?"),
    (["--robot", "a\nb.urdf"], "a\\nb.urdf: cannot be read"),
    (["--robot", "\0.urdf"], "\\x00.urdf: cannot be read"),
    (["--robot", ""], "unknown robot ''"),
    (["--tip", "toll"], "toll"),
    (["--workers", "-1"], "argument --workers: must be auto or a whole number of at least 1, not '-1'"),
    (["--workers", "1.5"], "argument --workers: must be auto or a whole number of at least 1, not '1.5'"),
    (["--threads", "-1"], "argument --threads: must be"),
    (["--out", ""], "argument --out: must be a path, not ''"),
    (["--out", "a\0b"], "argument --out: must be a path, not 'a\\x00b'"),
    (["--out", "/dev/null/out"], "cannot be written"),
    (["--outt", "x\ny"], "(did you mean --out?)"),
]
WRONG_IN_TRAINING = [
    (["--seeds", "-1"], "argument --seeds: must be a whole number of at least 0, not '-1'"),
    (["--seeds", "1.0"], "argument --seeds: must be a whole number of at least 0, not '1.0'"),
    (["--jobs", "0"], "argument --jobs: must be auto or a whole number of at least 1, not '0'"),
    (["--jobs", "-1"], "argument --jobs: must be auto or a whole number of at least 1, not '-1'"),
    (["--budget", ""], "unknown budget ''"),
    *(
        (["--joint-range", value], "a joint range is over 0 and at most 360 degrees, not " + said)
        for value, said in [("0", "0"), ("-90", "-90"), ("360.5", "360.5"), ("nan", "nan"), ("inf", "inf")]
    ),
    (["--set", "emssl.iterations=-1"], "emssl.iterations must be a number at least 1 and at most 1e+15, not -1"),
    (["--set", "emssl.iterations=nan"], "emssl.iterations must be a whole number, not 'nan'"),
    (["--set", "emssl.learning_rate=nan"], "emssl.learning_rate must be a number over 0"),
    (["--set", "emssl.learning_rate=inf"], "emssl.learning_rate must be a number over 0"),
    # Python would take these for 10, 180 and 3.
    (["--set", "emssl.iterations=1_0"], "emssl.iterations must be a whole number, not '1_0'"),
    (["--set", "emssl.iterations=٣"], "emssl.iterations must be a whole number, not '٣'"),
    (["--set", "emssl.iterations= 3"], "emssl.iterations must be a whole number, not ' 3'"),
    (["--set", "emssl.learning_rate=0.00_1"], "emssl.learning_rate must be a number, not '0.00_1'"),
    (["--set", "emssl.learning_rate=infinity"], "emssl.learning_rate must be a number, not 'infinity'"),
    (["--set", "distal.forward_widths=6_4,64"], "distal.forward_widths must be a whole number, not '6_4'"),
    (["--joint-range", "1_80"], "argument --joint-range: must be a number, not '1_80'"),
    (["--joint-range", "９０"], "argument --joint-range: must be a number, not '９０'"),
    (["--joint-range", "0x5a"], "argument --joint-range: must be a number, not '0x5a'"),
    (["--seeds", "1_0"], "argument --seeds: must be a whole number"),
    (["--set", "emssl.schedule="], "emssl.schedule must be one of constant, cosine, not ''"),
    (["--set", ""], "--set takes METHOD.SETTING=VALUE"),
    (["--set", "emsl.iterations=1"], "unknown method (of this run) in --set 'emsl': did you mean 'emssl'?"),
]
WRONG_IN_SAMPLING = [
    (["--samples", "-1"], "argument --samples: must be a whole number of at least 1, not '-1'"),
    (["--samples", "nan"], "argument --samples: must be a whole number of at least 1, not 'nan'"),
    (["--batch", "0"], "argument --batch: must be a whole number of at least 1, not '0'"),
    (["--rounds", "0"], "argument --rounds: must be a whole number of at least 1, not '0'"),
]
WRONG_IN_ADAPTING = [
    (["--adapt-with", "emssl.learning_rate"], "--adapt-with takes METHOD.SETTING=VALUE"),
    (["--adapt-with", "emssl.learning_rate=0"], "emssl.learning_rate must be a number over 0"),
    (["--approach", "replace", "--adapt-with", "direct.epochs=1"], "unknown method (of this run) in --adapt-with"),
    (["--learner", "cgan"], "the method 'cgan' cannot adapt: it has no adapt(). These have: direct, distal, emssl,"),
    (["--learner", "emsl"], "unknown method 'emsl': did you mean 'emssl'"),
    (["--targets", "some"], "argument --targets/--wanted: invalid choice: 'some'"),
    (["--samples", "-1"], "argument --samples: must be a whole number of at least 1, not '-1'"),
    (["--extend-cm", "1_0"], "argument --extend-cm: must be a number, not '1_0'"),
    (["--change", "links=٣"], "'links=٣' is no change of an arm"),
    (["--change", "link٣=1"], "'link٣=1' is no change of an arm"),
    (["--change", "links=1_0"], "'links=1_0' is no change of an arm"),
    (["--change", f"link{'9' * 5000}=1"], "is no change of an arm"),
    (["--extend-cm", "inf"], "'links=inf' is no change of an arm"),
    (["--from", ""], "argument --from: must be a path, not ''"),
    (["--approach", ""], "unknown approach ''"),
]
WRONG = [
    *((command, *wrong) for command in ("run", "adapt", "sampling") for wrong in WRONG_EVERYWHERE),
    *((command, *wrong) for command in ("run", "adapt") for wrong in WRONG_IN_TRAINING),
    *(("sampling", *wrong) for wrong in WRONG_IN_SAMPLING),
    *(("adapt", *wrong) for wrong in WRONG_IN_ADAPTING),
    ("run", ["--method", ""], "unknown method ''"),
    ("run", ["--method", "all", "emsl"], "unknown method 'emsl': did you mean 'emssl'?"),
    ("report", ["--out", ""], "argument --out: must be a path, not ''"),
    ("report", ["--out", "/dev/null"], "no records under"),
    ("report", ["--seeds", "1"], "unrecognized arguments: --seeds 1"),
    (
        "adapt",
        ["--method", "emssl"],
        "emssl-bench adapt: unrecognized arguments: --method emssl (see ",
    ),
    ("run", ["--seeds", "0", "--seeds=1"], "argument --seeds: is given twice; name all values after one"),
    ("run", ["emssl", "--methd=emssl"], "unrecognized arguments: emssl --methd=emssl (did you mean --method?)"),
    ("run", ["--method", "emssl", "--method", "direct"], "argument --method: is given twice; name all values"),
    ("methods", [""], "unknown method ''"),
    ("merge", ["", "--out", "both"], "argument FOLDER: must be a path, not ''"),
    ("merge", ["one", "--out", ""], "argument --out: must be a path, not ''"),
    ("robots", ["paper6"], "unrecognized arguments: paper6"),
]


@pytest.mark.parametrize(("command", "arguments", "says"), WRONG)
def test_every_mistake_is_one_line_and_exit_code_2(capsys, tmp_path, monkeypatch, command, arguments, says):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, command, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert not os.listdir(tmp_path), "nothing is written before everything is known to be right"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--robot", "LONG"],
        ["--tip", "LONG"],
        ["--budget", "LONG"],
        ["--joint-range", "LONG"],
        ["--seeds", "LONG"],
        ["--set", "LONG"],
        ["--set", "LONG.iterations=1"],
        ["--set", "emssl.LONG=1"],
        ["--set", "emssl.iterations=LONG"],
        ["--set", "emssl.schedule=LONG"],
        ["--method", "LONG"],
        ["--LONG"],
        ["--device", "LONG"],
    ],
)
def test_a_mistake_is_a_short_line_however_long_what_was_given(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "run", *(each.replace("LONG", "x" * 100_000) for each in arguments))
    assert (code, err.count("\n")) == (2, 1)
    assert len(err) < 4_100


@pytest.mark.parametrize("command", ["run", "adapt", "sampling"])
def test_a_device_that_is_not_there_is_said_by_every_command(capsys, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    code, out, err = run(capsys, command, "--device", "cuda")
    assert (code, out) == (2, "")
    assert err == "emssl-bench: --device cuda needs a CUDA device and a CUDA build of torch; use --device cpu.\n"
    assert not os.listdir(tmp_path)
