"""Several arms, ranges of seeds, and what a command says at its end."""

import json

import pytest

import robots
from emssl_bench import cli
from emssl_bench.engine import driver
from emssl_bench.experiments import accuracy
from emssl_bench.methods import registry
from emssl_bench.records import Store
from robots import urdf
from tests.commands import arm_file, run
from tests.examples import record
from tests.runs import Silent, plan, run_trials

TRAIN = ["--method", "direct", "--budget", "smoke", "--joint-range", "90", "--forward", "chain"]

LIMITLESS = """<robot name="r"><link name="a"/><link name="b"/><link name="c"/><link name="d"/>
<joint name="joint1" type="revolute"><parent link="a"/><child link="b"/><axis xyz="0 0 1"/>
<limit lower="-1" upper="1" effort="1" velocity="1"/></joint>
<joint name="joint2" type="revolute"><parent link="b"/><child link="c"/><origin xyz="0.5 0 0"/><axis xyz="0 1 0"/>
<limit effort="1" velocity="1"/></joint>
<joint name="end" type="fixed"><parent link="c"/><child link="d"/><origin xyz="0.7 0 0"/></joint></robot>"""


@pytest.fixture
def planned(monkeypatch):
    """The trials that a command would run."""
    trials = []

    def noted(waiting, *_, **__):
        trials.extend(waiting)
        return []

    monkeypatch.setattr(driver, "run_trials", noted)
    for command in ("run", "adapt"):
        monkeypatch.setattr(f"emssl_bench.cli.{command}.reported", lambda *_: 0)
    return trials


def test_every_arm_gets_every_trial(capsys, tmp_path, planned):
    code, out, _ = run(
        capsys, "run", "--robot", "planar3", "paper6", "planar3", "--seeds", "0-2", *TRAIN, "--out", str(tmp_path)
    )
    assert code == 0
    assert [(trial.robot, trial.seed) for trial in planned] == [
        *(("planar3", seed) for seed in range(3)),
        *(("paper6", seed) for seed in range(3)),
    ]
    assert "6 of 6 trials to run on planar3, paper6" in out


def test_adaptation_takes_several_arms_too(capsys, tmp_path, planned):
    options = ["--approach", "replace", "--extend-cm", "3", "--budget", "smoke", "--forward", "chain"]
    assert run(capsys, "adapt", "--robot", "planar3", "paper6", *options, "--out", str(tmp_path))[0] == 0
    assert [(trial.experiment, trial.robot) for trial in planned] == [
        ("accuracy", "planar3"),
        ("accuracy", "paper6"),
        ("adaptation", "planar3"),
        ("adaptation", "paper6"),
    ]


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("adapt", ["--extend-cm", "-60"], "{bad} has a link of 50.00 cm: links cannot be lengthened by -60 cm."),
        ("run", ["--joint-range", "limits"], "joint 'joint2' of {bad} has no limits in its file"),
    ],
)
def test_of_two_files_of_one_name_a_message_says_which(capsys, tmp_path, command, options, says):
    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder in (good, bad):
        folder.mkdir()
    long = robots.load("planar3").lengthened(1.0)
    (good / "arm.urdf").write_text(urdf.kinematics_only(long))
    (bad / "arm.urdf").write_text(LIMITLESS)
    files = [str(folder / "arm.urdf") for folder in (good, bad)]
    code, _, err = run(capsys, command, "--robot", *files, *options, "--forward", "chain", "--out", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
    assert says.format(bad=files[1]) in err


def test_each_trial_runs_on_its_own_arm(planar3, paper6, tmp_path):
    trials = [trial for arm in (planar3, paper6) for trial in plan(arm, "direct", forward="chain")]
    records = run_trials(trials, [paper6, planar3], Store(tmp_path), 2, 1, Silent())
    found = {record.trial.robot: record for record in records}
    assert {name: record.status for name, record in found.items()} == {"planar3": "done", "paper6": "done"}
    (alone,) = run_trials([found["planar3"].trial], planar3, Store(tmp_path / "alone"), 1, 1, Silent())
    assert alone.curve["error_mean_cm"] == found["planar3"].curve["error_mean_cm"]


@pytest.mark.parametrize("command", ["run", "adapt", "sampling"])
@pytest.mark.parametrize("option", ["--tip", "--base"])
def test_one_end_for_several_arms_is_refused(capsys, tmp_path, command, option):
    arm = str(arm_file(tmp_path))
    out = ["--out", str(tmp_path / "out")]
    code, _, err = run(capsys, command, "--robot", arm, "planar3", option, "tip", *out)
    assert (code, err.count("\n")) == (2, 1)
    told = (
        f"{option} applies to one arm only, and --robot names 2: give each a command of its own, with the same --out."
    )
    assert told in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "seeds"),
    [
        (["0-9", "12"], [*range(10), 12]),
        (["3"], [3]),
        (["3-3"], [3]),
        (["1", "0-2", "1"], [1, 0, 2]),
    ],
)
def test_a_range_of_seeds_has_both_its_ends_and_each_seed_once(given, seeds):
    from emssl_bench.cli.commands import parser

    for command in ("run", "adapt"):
        assert parser().parse_args([command, "--seeds", *given]).seeds == seeds


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("9-0", "a range goes from the lower seed to the higher, not '9-0'"),
        ("0-", "must be a seed, or a range such as 0-9, not '0-'"),
        ("0-1-2", "must be a seed, or a range such as 0-9, not '0-1-2'"),
        ("0–9", "must be a whole number of at least 0, not '0–9'"),
        ("a-b", "must be a seed, or a range such as 0-9, not 'a-b'"),
        ("0-999999999", "a range is of at most 1,000 seeds, not '0-999999999'"),
        ("0-" + "9" * 5000, "must be a seed, or a range such as 0-9, not '0-999"),
    ],
)
def test_a_bad_range_of_seeds_is_named(capsys, tmp_path, given, says):
    code, _, err = run(capsys, "run", "--seeds", given, "--out", str(tmp_path / "out"))
    assert (code, err.count("\n")) == (2, 1)
    assert says in err
    assert len(err) < 4200


def test_a_mistake_is_no_longer_than_anybody_reads(capsys):
    for arguments in (["run", "--method", "x" * 100_000], ["x" * 100_000], ["run", "--" + "x" * 100_000]):
        code, _, err = run(capsys, *arguments)
        assert (code, err.count("\n")) == (2, 1)
        assert len(err) < 4200


def test_a_command_ends_with_the_page_first_and_counts_the_rest(capsys, tmp_path):
    Store(tmp_path).save(record("emssl", 90))
    code, out, _ = run(capsys, "report", "--out", str(tmp_path))
    assert code == 0
    assert out == (
        f"Page: {tmp_path / 'report.html'}\n"
        f"Report: {tmp_path / 'report.md'}, 2 tables in {tmp_path / 'tables'}, 4 figures in {tmp_path / 'figures'}\n"
    )


def test_plugins_among_the_methods_are_named_on_the_first_line(capsys, tmp_path, planned, monkeypatch):
    from emssl_bench.methods.plugins import Found, Plugin

    found = Found({"direct": Plugin("direct", "mine", None)})  # type: ignore[arg-type]
    monkeypatch.setattr("emssl_bench.methods.plugins.found", lambda reserved: found)
    monkeypatch.setattr(registry, "names", lambda: list(registry.METHODS))
    _, out, _ = run(capsys, "run", "--robot", "planar3", *TRAIN, "--out", str(tmp_path))
    assert out.splitlines()[0].endswith("; among the methods are plug-ins: direct (mine)")


@pytest.mark.timeout(200)
def test_adapting_where_a_record_has_no_model_keeps_the_record_and_says_what_differs(capsys, tmp_path):
    """As in any clone, whose records are tracked and whose models are not."""
    import robots

    arm = robots.load("planar3")
    tiny = ["emssl.iterations=2", "emssl.epochs=1"]
    (base,) = accuracy.plan(
        ["emssl"], arm, [90], [0], accuracy.budget("smoke"), {"emssl": {"iterations": 2, "epochs": 1}}, "chain"
    )
    store = Store(tmp_path)
    made_up = type(record("emssl", 90))(base, "done", record("emssl", 90).metrics, record("emssl", 90).curve)
    store.save(made_up)
    before = store.path(base).read_bytes()
    options = ["--robot", "planar3", "--budget", "smoke", "--forward", "chain", "--matmul", "default", "--set", *tiny]
    code, _, err = run(capsys, "adapt", *options, "--approach", "replace", "--extend-cm", "3", "--out", str(tmp_path))
    assert code == 0, err
    assert store.path(base).read_bytes() == before
    assert store.model_path(base).is_file()
    first, second = err.splitlines()
    assert f"{base.label} has other numbers now (error_mean_cm 2.0 and " in first
    assert first.endswith(f"the record that {tmp_path} had is kept.")
    told = "the model just trained is adapted; the record in the folder has other numbers."
    assert second == f"emssl-bench: {base.label}: {told}"
    (adapted,) = (each for each in store.records() if each.trial.experiment == "adaptation")
    assert adapted.status == "done"
    assert json.loads(before)["status"] == "done"
    assert cli.main(["report", "--out", str(tmp_path)]) == 0
