"""A report of some methods, arms and settings."""

from dataclasses import replace

import pandas as pd
import pytest

from emssl_bench.records import Store
from emssl_bench.report.selection import Selection, method_of
from tests.adaptation_records import EMSSL_PLUS, adapted, identified
from tests.commands import run
from tests.examples import record


def of_arm(name, given):
    return replace(given, trial=replace(given.trial, robot=name))


RECORDS = [
    record("emssl", 90),
    record("emssl", 90, replay_share=0.5),
    record("direct", 90),
    of_arm("ur5", record("emssl", 90)),
    adapted("replace", "links=3"),
    adapted("replace", "links=3", base=EMSSL_PLUS, learner="emssl-plus"),
    adapted("direct", "links=3", base={"iterations": 3}),
    identified("one", 1.0),
    replace(record("cgan", 90), status="failed", metrics={}, curve={}, error="it broke"),
]


@pytest.fixture
def folder(tmp_path):
    store = Store(tmp_path / "run")
    for each in RECORDS:
        store.save(each)
    return store.folder


def test_a_filter_applies_to_all_tables_and_figures(folder, capsys):
    code, out, err = run(capsys, "report", "--out", str(folder), "--method", "emssl", "--robot", "paper6")
    assert (code, err) == (0, "")
    into = folder / "filtered"
    assert str(into / "report.md") in out
    frames = {path: pd.read_csv(path) for path in into.rglob("*.csv")}
    assert len(frames) > 6
    for path, frame in frames.items():
        assert set(frame["robot"]) == {"paper6"}, path
        if "approach" in frame:
            assert set(frame["approach"]) == {"replace"}, path
            assert frame["learner"].isna().all(), path
        else:
            assert set(frame["method"]) == {"emssl"}, path
    page = (into / "report.md").read_text()
    assert "**This report is filtered: it has only results of the method emssl, of the arm paper6.**" in page
    results = page.partition("## Known limitations")[0]
    for absent in ("ur5", "Direct regression |", "EMSSL plus |", "it broke", "## Identifying"):
        assert absent not in results, absent


def test_the_whole_report_stays_as_it_was(folder, capsys):
    run(capsys, "report", "--out", str(folder))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert "filtered" not in (folder / "report.md").read_text()
    run(capsys, "report", "--out", str(folder), "--method", "direct")
    assert {path: path.read_bytes() for path in before} == before


def test_variants_are_left_out_and_what_is_shown_is_called_as_among_all(folder, capsys):
    run(capsys, "report", "--out", str(folder), "--no-variants", "--into", str(folder / "plain"))
    assert not (folder / "filtered").exists()
    frame = pd.read_csv(folder / "plain/tables/table2.csv")
    assert frame["variant"].isna().all()
    assert set(frame["method"]) == {"emssl", "direct"}
    assert not (folder / "plain/figures/variants.png").exists()
    assert "with the default settings alone" in (folder / "plain/report.md").read_text()


@pytest.mark.parametrize(
    ("option", "name", "held"),
    [("--method", "emsl", "emssl"), ("--robot", "ur6", "ur5"), ("--robot", "nothing", "paper6, ur5")],
)
def test_what_no_record_has_is_one_line_that_says_what_they_have(folder, capsys, option, name, held):
    code, out, err = run(capsys, "report", "--out", str(folder), option, name)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert f"{name!r}" in err
    assert held in err
    assert not list((folder / "filtered").glob("*"))


def test_adaptation_belongs_to_the_method_that_learns():
    methods = [method_of(each.trial) for each in RECORDS]
    assert methods == ["emssl", "emssl", "direct", "emssl", "emssl", "emssl-plus", "direct", "", "cgan"]


def test_a_name_of_a_filter_is_shown_as_it_is_and_no_filter_needs_no_word():
    assert Selection().described == ""
    assert "of the method a\\_\\*b." in Selection(methods=("a_*b",)).described
