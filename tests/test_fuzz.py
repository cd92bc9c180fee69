"""Command lines that nobody would write: no traceback, one line for a mistake."""

import argparse
import contextlib
import io
import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emssl_bench import cli
from emssl_bench.cli.commands import parser
from emssl_bench.records import Record

NASTY = [
    *(
        "",
        " ",
        "=",
        ".",
        "..",
        "-",
        "--",
        "-1",
        "0",
        "1",
        "3",
        "90",
        "360.0",
        "1e400",
        "-inf",
        "nan",
        "1_000",
        "٣",
        "0x10",
    ),
    *("9" * 400, "1.5", "-0", "1e-320", "true", "None", "null", "auto", "all", "beyond", "a\nb", "a\x1b[31m\tb", "\0"),
    *("ß☃\u202e", "\udcff", "[red]", "{}", "%s", "~", "/dev/null", "/dev/null/x", "no/such.urdf", "x" * 300, "é.urdf"),
    *("a\nb.urdf", "\0.urdf", "arm.urdf", "broken.urdf", ".safetensors", "\0.safetensors", "a\nb.safetensors", "sub"),
]
"""Numbers, texts and paths at the edge of what can be given. There is an arm.urdf and a folder sub."""
ODD_FILES = ["a\nb.urdf", "[red].urdf", "|.urdf", "\udcff.urdf", "é\u202e.urdf", "x" * 250 + ".urdf", "%s{}.urdf"]
"""Names of an arm's file."""
PLAUSIBLE = {
    "--robot": ["planar3", "paper6", "iiwa7", "arm.urdf", "broken.urdf", "no/such.urdf", "\0.urdf", *ODD_FILES],
    "--tip": ["tip", "tool", "tool0", "iiwa_link_3"],
    "--method": ["all", "emssl", "direct", "cgan", "distal", "emsl"],
    "--joint-range": ["90", "180", "1e-320", "360.0", "0", "361", "nan", "-90"],
    "--seeds": ["0", "1", "2", "999999999", "1000000000"],
    "--budget": ["smoke", "quick", "paper", "papr"],
    "--set": [
        *("emssl.iterations=2", "direct.learning_rate=nan", "distal.forward_widths=,", "distal.forward_widths=64,x"),
        *("emssl.=1", ".iterations=1", "emssl.iterations=", "emssl.iterations=1=2", "cgan.schedule=cosine", "a\nb.c=1"),
        *("emssl.learning_rate=1e400", "emssl.epochs=1_0", "emssl.epochs=٣", "distal.forward_widths=-1", "emssl=1"),
    ],
    "--workers": ["auto", "1", "1024", "1025"],
    "--jobs": ["auto", "1", "3"],
    "--threads": ["1", "8", "auto"],
    "--device": ["auto", "cpu", "cuda"],
    "--forward": ["chain", "bullet"],
    "--out": ["out", "sub", "arm.urdf", "/dev/null/x", "", "é/ß", "\udcff", "a\nb", "[/red]", "\0"],
    "--approach": ["all", "identify", "replace", "scratch", "direct", "distal"],
    "--extend-cm": ["1", "3", "-1", "-0", "1e-9", "1e6", "1e7", "nan"],
    "--change": [
        "beyond",
        "links=3",
        "link2=-1",
        "link99=1",
        "tool=1e9",
        "encoders=0.1",
        "calibration=5",
        "links=9" * 99,
    ],
    "--from": ["nowhere.safetensors", "arm.urdf", "sub", "", "\0", "a\nb"],
    "--samples": ["1", "100", "2800", "14001", "10000000"],
    "--measurements": ["1", "50", "1000000"],
    "--noise-mm": ["0", "0.1", "1e-320", "999999", "1e6", "inf"],
    "--batch": ["1", "512"],
    "--rounds": ["1", "5"],
}
"""What means something to an option, or nearly does."""
NAMES = ["emssl", "distal", "emsl", "run", "sub"]
LONGEST_TRAINING = 50
"""Trials in a command line that plans without running: more would take the fuzzing's time."""


def option_strings():
    """The options of each command, as it declares them."""
    (commands,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return {name: [o for a in command._actions for o in a.option_strings] for name, command in commands.choices.items()}


OPTIONS = option_strings()
EVERY_OPTION = sorted({option for options in OPTIONS.values() for option in options})
nasty = st.sampled_from(NASTY) | st.text(max_size=8) | st.integers().map(str) | st.floats().map(str)


def sometimes(draw):
    return draw(st.integers(0, 5)) == 3


@st.composite
def command_lines(draw):
    """A command with a few of its options, most of them plausible; now and then nothing of the kind."""
    command = draw(st.sampled_from([*sorted(OPTIONS), "run", "run", "adapt", "adapt", "sampling", "sampling"]))
    words = [] if sometimes(draw) and sometimes(draw) else [command]
    if command == "methods" or sometimes(draw):
        words += draw(st.lists(st.sampled_from(NAMES) | nasty, max_size=1))
    for _ in range(draw(st.integers(0, 6))):
        option = draw(st.sampled_from(EVERY_OPTION if sometimes(draw) and sometimes(draw) else OPTIONS[command]))
        value = nasty if sometimes(draw) else st.sampled_from(PLAUSIBLE.get(option, [*NAMES]))
        words += [option, *draw(st.lists(value, min_size=not sometimes(draw), max_size=2 if sometimes(draw) else 1))]
    return words


@pytest.fixture(scope="module")
def harmless(tmp_path_factory):
    """A folder to be in, where nothing is trained or measured, whatever is asked for."""
    import robots
    from robots import urdf

    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("arm.urdf", *ODD_FILES):
        (folder / name).write_text(urdf.kinematics_only(robots.load("planar3")))
    (folder / "broken.urdf").write_text("<robot")
    (folder / "sub").mkdir()

    def failed(trials, engine, store, *_, **__):
        records = [Record(trial, "failed", error="not run") for trial in trials[:LONGEST_TRAINING]]
        for record in records:
            store.save(record)
        return records

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("emssl_bench.engine.driver.run_trials", failed)
        patch.setattr("emssl_bench.experiments.sampling.run", lambda *_: [])
        patch.setattr("torch.set_num_threads", lambda count: None)
        patch.setattr("torch.set_flush_denormal", lambda on: None)
        patch.setenv("OMP_WAIT_POLICY", "PASSIVE")
        yield folder


def outcome(arguments):
    """Exit code and standard error; standard output as strict as a terminal's."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(arguments)
        except SystemExit as end:
            code = end.code
    return code, err.getvalue()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=command_lines())
@example(arguments=["run", "--robot", "planar3", "--budget", "smoke", "--forward", "chain"])
@example(arguments=["run", "--method", "direct", "--robot", "planar3", "--out", "\udcff"])
@example(arguments=["run", "--method", "direct", "--robot", "\udcff.urdf", "--out", "[/red]"])
@example(arguments=["run", "--method", "direct", "--robot", "x" * 250 + ".urdf"])
@example(arguments=["run", "--robot", "\0.urdf", "--out", "\0"])
@example(arguments=["sampling", "--robot", "planar3", "--samples", "100"])
@example(arguments=["adapt", "--robot", "planar3", "--extend-cm", "3", "--forward", "chain"])
def test_no_command_line_ends_in_a_traceback(harmless, arguments):
    code, err = outcome(arguments)
    assert code in (0, 1, 2)
    if code == 2:
        assert err.count("\n") == 1, err
        assert err[:-1].isprintable(), "a terminal is not told what to do"
    assert os.getcwd() == str(harmless)
