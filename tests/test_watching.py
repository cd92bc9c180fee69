"""A page that follows a run, and what is left of it after Ctrl-C."""

from dataclasses import replace

import pytest
from rich.console import Console

from emssl_bench.cli import watching
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.records import Store
from tests.examples import record
from tests.reports import page_data

DONE, OTHER, NEVER = record("emssl", 90), record("direct", 90), record("cgan", 90)


class Silent:
    """A display that remembers what it was told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *given: self.told.append(name)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "run", lambda text: None)


def live(store):
    return page_data((store.folder / "report.html").read_text())


def run(store, console, steps=lambda shown: None, told=None):
    silent = Silent()
    trials = [each.trial for each in (DONE, OTHER, NEVER)]
    with watching.watched(True, silent, trials, store, console, later=2) as shown:
        shown.started(DONE.trial)
        shown.progressed(DONE.trial, TrialStatus(2, 3, 1.5, 100.0, 30.0))
        steps(shown)
    return silent


def test_the_page_follows_the_run_and_the_display_is_told_of_everything(store, monkeypatch, capsys):
    monkeypatch.setattr(watching, "SECONDS_BETWEEN_PAGES", -1e9)
    seen = []

    def steps(shown):
        monkeypatch.setattr(shown._live, "_next", 0.0)
        shown.phased(DONE.trial, None)
        shown.warned(DONE.trial, "careful")
        shown.placed(DONE.trial, "here")
        shown.progressed(DONE.trial, TrialStatus(3, 3, 1.25, 100.0, 0.0))
        seen.append(live(store))
        monkeypatch.setattr(shown._live, "_next", 0.0)
        shown.ended(DONE)
        seen.append(live(store))

    silent = run(store, Console(), steps)
    assert silent.told == ["started", "progressed", "phased", "warned", "placed", "progressed", "ended"]
    assert str(store.folder / "report.html") in capsys.readouterr().out.replace("\n", "")
    during, after = seen
    assert (during["live"]["state"], during["live"]["later"], during["rows"]) == ("running", 2, [])
    running = during["live"]["trials"][0]
    assert running["name"] == "paper6 emssl ±90° seed 0"
    assert (running["iteration"], running["iterations"], running["error"]) == (3, 3, 1.25)
    assert after["live"]["counts"] == {"waiting": 2, "running": 0, "done": 1, "failed": 0}
    assert [row["method"] for row in after["rows"]] == ["emssl"]


def test_pages_are_not_written_more_often_than_is_of_use(store, monkeypatch):
    written = []
    monkeypatch.setattr(watching, "write_atomically", lambda path, content: written.append(path))

    def steps(shown):
        for iteration in range(50):
            shown.progressed(DONE.trial, TrialStatus(iteration, 50, 1.0, 0.0, 1.0))

    run(store, Console(quiet=True), steps)
    assert len(written) == 1, "at the beginning"


def test_ctrl_c_leaves_a_page_that_says_what_is_missing(store):
    def steps(shown):
        shown.ended(DONE)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(store, Console(quiet=True), steps)
    document = live(store)
    assert document["live"]["state"] == "stopped"
    assert [trial["name"] for trial in document["live"]["trials"]] == [
        "paper6 direct ±90° seed 0",
        "paper6 cgan ±90° seed 0",
    ]
    assert 'http-equiv="refresh"' not in (store.folder / "report.html").read_text()


def test_a_page_that_cannot_be_made_ends_no_trial(store, monkeypatch):
    told = []
    monkeypatch.setattr(store, "tell", told.append)
    monkeypatch.setattr(watching.page, "made", lambda *given, **named: 1 / 0)
    run(store, Console(quiet=True))
    (line,) = told
    assert "follows the run no longer: ZeroDivisionError" in line


def test_somebody_elses_file_is_set_aside(store):
    store.folder.mkdir()
    (store.folder / "report.html").write_text("mine")
    run(store, Console(quiet=True))
    assert (store.folder / "set-aside" / "report.html").read_text() == "mine"


def test_without_the_option_nothing_is_written(store):
    silent = Silent()
    with watching.watched(False, silent, [DONE.trial], store, Console()) as shown:
        assert shown is silent
    assert not store.folder.exists()


def test_records_that_were_there_before_are_shown_too(store):
    store.save(replace(NEVER, trial=replace(NEVER.trial, seed=9)))
    run(store, Console(quiet=True))
    assert [row["method"] for row in live(store)["rows"]] == ["cgan"]
