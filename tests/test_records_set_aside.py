"""What lies among the records and is none: set aside with its bytes, unless it is the user's own."""

import shutil

import pytest

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.system.files import LEFTOVERS
from tests.examples import record

FOREIGN = {
    "nothing": b"",
    "half a record": b'{"format": 3, "metr',
    "another JSON": b"[1, 2]",
    "not text": b"\xff\xfe\x00",
    "deep nesting": b"[" * 100_000,
    "an endless number": b'{"format": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_file_is_set_aside_with_its_bytes_and_its_trial_runs_again(store, told, what):
    trial = record("emssl", 90).trial
    store.path(trial).parent.mkdir(parents=True)
    store.path(trial).write_bytes(FOREIGN[what])
    with store.claimed():
        assert not store.done(trial)
        assert not store.path(trial).exists()
        store.save(record("emssl", 90))
    aside = store.folder / "set-aside" / "accuracy" / store.path(trial).name
    assert aside.read_bytes() == FOREIGN[what]
    (line,) = told
    assert str(aside.relative_to(store.folder)) in line
    assert len(line) < 1000
    assert len(store.records()) == 1


def test_what_was_set_aside_earlier_is_not_overwritten(store):
    path = store.path(record("emssl", 90).trial)
    for number in range(3):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"damage {number}")
        with store.claimed():
            pass
    aside = sorted((store.folder / "set-aside" / "accuracy").iterdir())
    assert sorted(each.read_text() for each in aside) == ["damage 0", "damage 1", "damage 2"]


def test_who_only_reports_sets_damage_aside_where_nobody_else_has_the_folder(store):
    damaged = store.path(record("emssl", 90).trial)
    damaged.parent.mkdir(parents=True)
    with store.claimed():
        damaged.write_text("damage")
        Store(store.folder).try_to_set_aside()
        assert damaged.exists(), "it is another's to do"
    store.try_to_set_aside()
    assert not damaged.exists()
    assert (store.folder / "set-aside" / "accuracy" / damaged.name).read_text() == "damage"


@pytest.mark.parametrize("place", ["records/accuracy/copy of it.json", "records/it.json", "records/a/b/it.json"])
def test_a_record_in_the_wrong_place_is_named_and_set_aside(store, told, place):
    store.save(record("emssl", 90))
    wrong = store.folder / place
    wrong.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(store.path(record("emssl", 90).trial), wrong)
    assert len(store.records()) == 1, "it is not counted twice"
    assert "in the wrong place" in told[0]
    with store.claimed():
        assert not wrong.exists()
        assert len(store.records()) == 1


def test_a_record_under_the_name_of_another_trial_does_not_pass_for_it(store):
    store.save(record("emssl", 90))
    other = record("emssl", 90, seed=1).trial
    store.path(record("emssl", 90).trial).rename(store.path(other))
    assert not store.done(other)
    assert store.records() == []


def test_folders_links_and_notes_among_the_records_do_no_harm(store, told):
    store.save(record("emssl", 90))
    folder = store.folder / "records" / "accuracy"
    store.path(record("emssl", 90, seed=1).trial).mkdir()
    (folder / "to nowhere.json").symlink_to(folder / "nowhere")
    (folder / "notes.txt").write_text("mine")
    (folder / "deeper").mkdir()
    with store.claimed():
        assert len(store.records()) == 1
    assert len(told) == 2
    assert {path.name for path in folder.iterdir()} == {
        "notes.txt",
        "deeper",
        store.path(record("emssl", 90).trial).name,
    }


def test_nothing_of_the_users_own_is_touched(store):
    """Least of all what merely looks like something half written."""
    names = [".notes.99999", ".coverage.host.123.456", ".x.json.99999", ".writable", ".emssl-bench-notes.tmp"]
    places = ["", "records", "records/accuracy", "models", "checkpoints", "tables", "figures"]
    mine = [store.folder / place / name for place in places for name in names]
    mine += [store.folder / "records" / "music" / "best.json", store.folder / ".lock"]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[1, 2]")
    with store.claimed():
        store.save(record("emssl", 90))
    report.write(store)
    assert [path.read_text() for path in mine] == ["[1, 2]"] * len(mine)
    assert not [path for path in store.folder.rglob(LEFTOVERS) if path not in mine]
