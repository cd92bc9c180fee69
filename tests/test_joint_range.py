"""The arm's own limits as a joint range, beside ranges in degrees, all the way through records and the report."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from emssl_bench import report
from emssl_bench.cli import display
from emssl_bench.experiments import accuracy
from emssl_bench.joint_space import LIMITS, narrowed
from emssl_bench.records import Store
from tests.adaptation_records import adapted, identified
from tests.commands import run
from tests.examples import record
from tests.runs import TINY

RANGES = (180, LIMITS, 45.5)


@pytest.mark.filterwarnings("error")
def test_the_report_shows_degrees_first_and_the_own_limits_last(tmp_path):
    store = Store(tmp_path)
    for joint_range in RANGES:
        store.save(record("emssl", joint_range))
        store.save(adapted("replace", joint_range_deg=joint_range))
        store.save(replace(identified("one", 1.0, joint_range), commit="abc"))
    store.save(replace(record("emssl", LIMITS, seed=1), tables={}))
    report.write(store)
    page = (tmp_path / "report.md").read_text()
    header = next(line for line in page.splitlines() if "ours (cm)" in line)
    places = [header.index(f"{space} ours (cm)") for space in ("±45.5°", "±180°", "own limits")]
    assert places == sorted(places)
    assert "EMSSL, own limits, paper6 (c0f37e043b04), 700 / 300 samples (1 seed)." in page
    for table in ("table2", "table4"):
        frame = pd.read_csv(tmp_path / "tables" / f"{table}.csv")
        assert list(frame["joint_range_deg"].unique()) == ["45.5", "180", LIMITS]
    assert list(pd.read_csv(tmp_path / "tables" / "identification.csv")["joint_range_deg"])[-1] == LIMITS


def test_a_trial_within_the_own_limits_trains_and_is_reported(planar3, tmp_path):
    arm = replace(planar3, joints=(replace(planar3.joints[0], lower=0.9, upper=5.4), *planar3.joints[1:]))
    own, degrees = accuracy.plan(["emssl"], arm, [LIMITS, 90], [0], TINY, {}, "chain")
    assert [trial.settings.joint_range_deg for trial in (own, degrees)] == [LIMITS, 90]
    store = Store(tmp_path)
    learned, model = accuracy.run(own, arm, store, 1, lambda standing: None)
    angles = model.joint_angles(np.zeros((5, 3)))
    assert (angles[:, 0] >= 0.9).all()
    assert display.describe(learned.trial) == "emssl own limits seed 0"
    store.save(learned)
    report.write(store)
    assert "own limits" in (tmp_path / "report.md").read_text()


def test_the_command_line_takes_degrees_and_limits_mixed(capsys, monkeypatch, tmp_path):
    planned = []
    monkeypatch.setattr("emssl_bench.cli.run.run_trials", lambda options, waiting, *rest: planned.extend(waiting) or [])
    monkeypatch.setattr("emssl_bench.cli.run.reported", lambda store, records: 0)
    arguments = ["--robot", "panda7", "--joint-range", "40", LIMITS, "--method", "direct", "--out", str(tmp_path)]
    code, _, err = run(capsys, "run", *arguments)
    assert code == 0
    assert [trial.settings.joint_range_deg for trial in planned] == [40, LIMITS]
    left = "±40° leaves joint 'panda_joint4' 40° of [-180, 0]°"
    assert err == f"emssl-bench: panda7: {left}: --joint-range limits takes the arm's own limits.\n"


@pytest.mark.parametrize("command", ["run", "adapt", "check"])
def test_another_word_is_refused_in_one_line(capsys, command):
    code, _, err = run(capsys, command, *(["planar3"] if command == "check" else []), "--joint-range", "limit")
    assert (code, err.count("\n")) == (2, 1)
    assert "must be a number, not 'limit'; or limits, which stands for the arm's own" in err


def test_a_joint_is_narrowed_where_half_of_what_it_could_do_within_the_range_is_gone(planar3):
    def told(lower, upper, joint_range_deg):
        return narrowed(
            replace(planar3, joints=(replace(planar3.joints[0], lower=lower, upper=upper), *planar3.joints[1:])),
            joint_range_deg,
        )

    assert "'joint1' 38° of [52, 309]°" in told(0.9, 5.4, 90)
    assert told(1.0, 2.0, 180) == "", "all that it can do"
    assert told(-0.2, 5.4, 90) == "", "more than half of the range"
    assert told(1.0, 2.0, LIMITS) == ""
