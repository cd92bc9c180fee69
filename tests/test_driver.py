"""The driver writes what an engine tells of, whatever the engine is and whatever becomes of it."""

import os
import re
import signal

import pytest

from emssl_bench.engine.base import Busy, Ended, Progressed, Said, Started, Warned
from emssl_bench.engine.driver import run_trials
from emssl_bench.engine.processes import Processes
from emssl_bench.exceptions import Interrupted, InvalidValue, RecordError
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.methods.phases import Phase
from emssl_bench.records import Record, Store
from emssl_bench.system.signals import interrupting
from tests.examples import record
from tests.runs import Silent, plan
from tests.runs import run_trials as run_in_processes

FIRST, SECOND = record("emssl", 90), record("direct", 90)
TRIALS = [FIRST.trial, SECOND.trial]
STATUS = TrialStatus(1, 3, 2.0, 100.0, 5.0)


class Scripted:
    """An engine whose events are given; an exception among them is raised."""

    def __init__(self, *events, at_its_end=lambda: None):
        self.events, self.at_its_end, self.ends = events, at_its_end, 0

    def run(self, trials):
        assert trials == TRIALS
        try:
            for event in self.events:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self.ends += 1
            self.at_its_end()


class Failing(Silent):
    """A display that fails when it is told of a trial's end."""

    def ended(self, record):
        raise UnicodeEncodeError("ascii", "±", 0, 1, "")


class Everything(Silent):
    """A display that keeps phases, too."""

    def phased(self, trial, phase):
        self.told.append((trial.name, phase.what))


def test_events_go_to_the_display_and_records_to_the_store(tmp_path):
    said = []
    store, display = Store(tmp_path, said.append), Everything()
    failed = Record(SECOND.trial, "failed", error="no luck")
    engine = Scripted(
        Started(FIRST.trial),
        Started(SECOND.trial),
        Busy(FIRST.trial, Phase("looking around")),
        Warned(SECOND.trial, "getting late"),
        Said(SECOND.trial, "a file was moved"),
        Ended(failed),
        Progressed(FIRST.trial, STATUS),
        Ended(FIRST),
    )
    assert run_trials(TRIALS, engine, store, display) == [failed, FIRST]
    assert display.told == [
        ("started", "emssl"),
        ("started", "direct"),
        ("emssl", "looking around"),
        ("warned", "getting late"),
        ("ended", "failed"),
        ("emssl", 1),
        ("ended", "done"),
    ]
    assert said == ["a file was moved"]
    assert [store.find(trial) for trial in TRIALS] == [FIRST, failed]
    assert engine.ends == 1


def test_a_record_is_written_before_the_display_is_told_of_it(tmp_path):
    engine = Scripted(Ended(FIRST), Ended(SECOND))
    with pytest.raises(UnicodeEncodeError):
        run_trials(TRIALS, engine, Store(tmp_path), Failing())
    assert Store(tmp_path).records() == [FIRST]
    assert engine.ends == 1, "an error of the display ends the engine"


def test_what_had_ended_before_an_engine_breaks_is_kept(tmp_path):
    engine = Scripted(Started(FIRST.trial), Ended(FIRST), Started(SECOND.trial), ConnectionError("the cluster is gone"))
    with pytest.raises(ConnectionError, match="the cluster is gone"):
        run_trials(TRIALS, engine, Store(tmp_path), Silent())
    assert Store(tmp_path).records() == [FIRST], "and what had not is no failure"
    assert engine.ends == 1


@pytest.mark.parametrize("where", ["where a trial runs", "where records are written"])
def test_what_cannot_be_written_ends_the_engine_and_the_run_in_the_same_words(tmp_path, where):
    class Full(Store):
        def save(self, record):
            raise RecordError("out/records cannot be written (No space left on device).")

    full = "cannot be written (No space left on device)."
    if where == "where a trial runs":
        store, engine = Store(tmp_path), Scripted(RecordError(f"out/models {full}"))
    else:
        store, engine = Full(tmp_path), Scripted(Ended(FIRST), Ended(SECOND))
    says = re.escape(f"{full} The run ends; what had finished is kept, run again to go on.")
    with pytest.raises(RecordError, match=says):
        run_trials(TRIALS, engine, store, Silent())
    assert engine.ends == 1


def test_ctrl_c_while_a_record_is_written_comes_after_it_and_no_other_keeps_the_engine_from_ending(tmp_path):
    class Interrupting(Store):
        def save(self, record):
            os.kill(os.getpid(), signal.SIGINT)
            super().save(record)

    came = []
    engine = Scripted(
        Ended(FIRST),
        Ended(SECOND),
        at_its_end=lambda: (os.kill(os.getpid(), signal.SIGINT), came.append("the end of the engine")),
    )
    with interrupting(), pytest.raises(Interrupted):
        run_trials(TRIALS, engine, Interrupting(tmp_path), Silent())
    assert Store(tmp_path).records() == [FIRST]
    assert came == ["the end of the engine"]


def test_a_trial_whose_record_was_not_written_goes_on_from_its_checkpoint(planar3, tmp_path):
    """As where the command is killed between the end of a trial and the writing of its record."""

    class Died(Exception):
        pass

    class Dying(Store):
        def save(self, record):
            raise Died

    (trial,) = plan(planar3, "emssl", overrides={"emssl": {"iterations": 4}}, forward="chain")
    (whole,) = run_in_processes([trial], planar3, Store(tmp_path / "whole"), 1, 1, Silent())
    store, told = Store(tmp_path / "killed"), Silent()
    with pytest.raises(Died):
        run_in_processes([trial], planar3, Dying(store.folder), 1, 1, Silent())
    assert store.records() == []
    assert store.checkpoint_path(trial).is_file()
    (resumed,) = run_in_processes([trial], planar3, store, 1, 1, told)
    assert told.told == [("started", "emssl"), ("emssl", 4), ("ended", "done")]
    assert resumed.curve["error_mean_cm"] == whole.curve["error_mean_cm"]
    assert resumed.metrics["error_p95_cm"] == whole.metrics["error_p95_cm"]
    assert not store.checkpoint_path(trial).exists()


def test_a_trial_of_no_arm_given_is_found_before_any_process_starts(planar3, paper6, tmp_path, monkeypatch):
    trials = [trial for arm in (planar3, paper6) for trial in plan(arm, "direct", forward="chain")]
    monkeypatch.setattr(Processes, "_started", lambda *_: pytest.fail("a process was started"))
    arms = [planar3, planar3.lengthened(0.01)]
    with pytest.raises(InvalidValue, match=r"needs the arm paper6 .*, which was not given"):
        run_trials(trials, Processes(arms, tmp_path), Store(tmp_path), Silent())
