import errno
import json
import math
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emssl_bench import report
from emssl_bench.exceptions import FolderBusy, RecordError
from emssl_bench.records import Record, Store, checkpoint_files
from emssl_bench.records.trial import read_trial
from emssl_bench.system.files import LEFTOVERS
from tests.examples import record, with_settings


@pytest.fixture
def told():
    """What the store said."""
    return []


@pytest.fixture
def store(tmp_path, told):
    return Store(tmp_path / "run", told.append)


def test_a_record_reads_back_as_it_was_written(store):
    written = record("emssl", 90, seed=3)
    store.save(written)
    assert store.records() == [json_like(written)]


def json_like(written):
    return replace(written, trial=read_trial(json.loads(json.dumps(written.trial.written()))))


def test_a_trial_is_done_when_its_record_says_so(store):
    done = record("emssl", 90)
    assert not store.done(done.trial)
    store.save(replace(done, status="failed", error="it broke"))
    assert not store.done(done.trial), "a failed trial is tried again"
    store.save(done)
    assert store.done(done.trial)


def test_anything_that_decides_the_numbers_changes_the_digest():
    base = record("emssl", 90)
    trial = base.trial
    others = [
        replace(trial, seed=1),
        with_settings(base, method="direct").trial,
        with_settings(base, joint_range_deg=180).trial,
        with_settings(base, hyperparameters={"iterations": 5}).trial,
    ]
    assert len({t.digest for t in (trial, *others)}) == 5


def test_the_digest_is_the_same_on_every_machine():
    assert record("emssl", 90).trial.digest == "0b1163dc1d0e"


def test_nothing_is_left_beside_the_record(store):
    store.save(record("emssl", 90))
    assert [p.suffix for p in store.folder.rglob("*") if p.is_file()] == [".json"]


def test_a_metric_that_is_not_a_number_is_not_written(store):
    with pytest.raises(ValueError, match="JSON"):
        store.save(replace(record("emssl", 90), metrics={"error_mean_cm": math.nan}))
    assert store.records() == []


def test_a_folder_that_cannot_be_written_is_found_out_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be written"):
        Store(tmp_path / "file").claimed().__enter__()


def test_records_are_listed_in_an_order_of_their_own(store):
    for seed in (2, 0, 1):
        store.save(record("emssl", 90, seed=seed))
    assert [r.trial.seed for r in store.records()] == [0, 1, 2]


def test_a_record_keeps_everything(store):
    written: Record = record("cgan", 180)
    store.save(written)
    (read,) = store.records()
    assert read.machine == written.machine
    assert read.curve == written.curve


def altered(store, change, name=None):
    """The path of a record that was written and then changed as a document."""
    written = record("emssl", 90)
    store.save(written)
    path = store.path(written.trial)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return path


CHANGES_BY_HAND = {
    "a metric": lambda document: document["metrics"].update(error_mean_cm=0.1),
    "the curve": lambda document: document["curve"]["error_mean_cm"].append(0.0),
    "the status": lambda document: document.update(status="failed"),
    "the seed": lambda document: document["trial"].update(seed=1),
    "the digest": lambda document: document.update(digest="0" * 12),
    "no hash": lambda document: document.pop("sha256"),
    "no metrics": lambda document: document.pop("metrics"),
    "not a number": lambda document: document["metrics"].update(error_mean_cm=math.nan),
    "infinity": lambda document: document["curve"]["error_mean_cm"].append(-math.inf),
    "a later format": lambda document: document.update(format=4),
    "a machine": lambda document: document["machine"].update(cpu="a quicker CPU"),
}


@pytest.mark.parametrize("what", CHANGES_BY_HAND)
def test_a_record_changed_by_hand_is_named_and_not_used(store, told, what):
    path = altered(store, CHANGES_BY_HAND[what])
    assert store.records() == []
    assert not store.done(record("emssl", 90).trial)
    (line,) = told
    assert path.name in line
    assert "\n" not in line
    assert path.is_file(), "who only reads moves nothing"


def in_format_1(document):
    trial = read_trial(document["trial"])
    old = {"experiment": "accuracy", "method": trial.name, "robot": trial.robot, "seed": trial.seed}
    document.update(format=1, trial={**old, "settings": trial.settings.identity()})
    document["metrics"] = {name.replace("success_rate", "success"): v for name, v in document["metrics"].items()}
    del document["sha256"]


def test_a_record_of_the_first_format_which_had_no_hash_is_read(store, told):
    altered(store, in_format_1)
    assert store.records() == [json_like(record("emssl", 90))]
    assert told == []


OLD_DAMAGE = {
    "the digest": lambda document: document.update(digest="0" * 12),
    "not a number": lambda document: document["metrics"].update(error_mean_cm=math.nan),
    "infinity among the settings": lambda document: document["trial"]["settings"].update(threads=math.inf),
    "the seed": lambda document: document["trial"].update(seed=1),
    "a text for a metric": lambda document: document["metrics"].update(error_mean_cm="2.0"),
    "a number too large": lambda document: document["metrics"].update(error_mean_cm=10**400),
    "a number for a column": lambda document: document["curve"].update(error_mean_cm=2.0),
    "a curve with gaps": lambda document: document["curve"]["error_mean_cm"].append(0.0),
    "another status": lambda document: document.update(status="fine"),
    "a list of machines": lambda document: document.update(machine=["a CPU"]),
    "something new": lambda document: document.update(extra=1),
}


@pytest.mark.parametrize("what", OLD_DAMAGE)
def test_a_record_of_the_first_format_must_still_be_one(store, told, what):
    altered(store, lambda document: (in_format_1(document), OLD_DAMAGE[what](document)))
    assert store.records() == []
    assert len(told) == 1


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


HALF_WRITTEN = """
import os, pathlib, sys, time
from emssl_bench.system import files
os.fsync = lambda descriptor: (print("writing", flush=True), time.sleep(60))
files.write_atomically(pathlib.Path(sys.argv[1]), b"half")
"""


def test_what_a_killed_process_had_half_written_is_removed_and_what_another_writes_is_not(store):
    store.save(record("emssl", 90))
    folder = store.folder / "records" / "accuracy"
    command = [sys.executable, "-c", HALF_WRITTEN, str(folder / "x.json")]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    assert [writer.stdout.readline() for writer in writers] == [b"writing\n"] * 2
    dead, living = writers
    dead.kill()
    dead.communicate()
    assert len(list(folder.glob(LEFTOVERS))) == 2
    assert len(store.records()) == 1, "neither is taken for a record"
    with store.claimed():
        (left,) = folder.glob(LEFTOVERS)
        assert f"-{living.pid}." in left.name
    living.kill()
    living.communicate()


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


def test_a_failure_does_not_take_the_place_of_a_result(store):
    store.save(record("emssl", 90))
    store.save(replace(record("emssl", 90), status="failed", metrics={}, curve={}, error="killed"))
    assert store.done(record("emssl", 90).trial)


def test_a_result_does_not_take_the_place_of_another_which_is_named(store, told):
    store.save(record("emssl", 90, error=2.0))
    before = store.path(record("emssl", 90).trial).read_bytes()
    store.save(record("emssl", 90, error=2.5))
    assert store.path(record("emssl", 90).trial).read_bytes() == before
    (line,) = told
    assert "emssl--paper6--s0--" in line
    assert "other numbers now (error_mean_cm 2.0 and 2.5): the record that" in line
    assert "\n" not in line


def test_a_result_of_the_same_numbers_leaves_the_record_as_it_was(store, told):
    """Seconds and the machine may be others: a tracked file does not change for that."""
    first = record("emssl", 90)
    store.save(first)
    before = store.path(first.trial).read_bytes()
    store.save(replace(first, metrics={**first.metrics, "fit_seconds": 99.0}, machine={"cpu": "another"}))
    assert store.path(first.trial).read_bytes() == before
    assert told == []


def test_a_record_that_cannot_be_written_is_named_and_the_earlier_one_stays(store, monkeypatch):
    failed = replace(record("emssl", 90), status="failed", metrics={}, curve={}, error="it broke")
    store.save(failed)
    before = store.path(failed.trial).read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordError, match=r"json cannot be written \(No space left on device\)"):
        store.save(record("emssl", 90))
    assert store.path(failed.trial).read_bytes() == before
    assert [path.name for path in store.path(failed.trial).parent.iterdir()] == [store.path(failed.trial).name]


def test_a_folder_in_use_is_refused_and_says_by_whom(store):
    says = rf"in use by another command \(process {os.getpid()} on .+, since "
    with store.claimed(), pytest.raises(FolderBusy, match=says), Store(store.folder).claimed():
        pass
    with Store(store.folder).claimed():
        pass


def test_a_killed_holder_leaves_no_lock(store):
    code = (
        "import sys, time, pathlib; from emssl_bench.records import Store\n"
        "with Store(pathlib.Path(sys.argv[1])).claimed():\n print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(store.folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(FolderBusy, match=f"process {holder.pid} "), store.claimed():
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with store.claimed():
        pass


def test_where_there_are_no_locks_it_is_said_and_the_run_goes_on(store, told, monkeypatch):
    def unsupported(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("emssl_bench.system.files.fcntl.flock", unsupported)
    with store.claimed():
        pass
    monkeypatch.setattr("emssl_bench.system.files.fcntl", None)
    with store.claimed():
        pass
    assert len(told) == 2
    assert all("is not locked" in line and "no second run" in line for line in told)


WRITER = """
import sys, pathlib
from emssl_bench.records import Store
from tests.examples import record
store = Store(pathlib.Path(sys.argv[1]))
with store.claimed():
    print("holding", flush=True)
    for each in [record("emssl", 90, seed) for seed in range(200)]:
        if not store.done(each.trial):
            store.save(each)
"""


def test_a_writer_killed_at_any_moment_leaves_whole_records_and_no_finished_one_changes(store, told):
    command, rng, finished = [sys.executable, "-c", WRITER, str(store.folder)], np.random.default_rng(0), {}
    for _ in range(5):
        writer = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(rng.uniform(0, 0.3))
        writer.kill()
        writer.communicate()
        now = {path: path.read_bytes() for path in (store.folder / "records").rglob("*.json")}
        assert finished.items() <= now.items()
        assert len(store.records()) == len(now)
        finished = now
    subprocess.run(command, check=True, capture_output=True)
    assert len(store.records()) == 200
    assert {path: path.read_bytes() for path in finished} == finished
    assert told == []
    assert {path.suffix for path in (store.folder / "records").rglob("*") if path.is_file()} == {".json"}


STRANGE = {
    "a pipe": os.mkfifo,
    "a link to an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": lambda path: path.mkdir(),
    "a file too large": lambda path: (path.touch(), os.truncate(path, 2**40)),
}
"""What may lie where a file is looked for, and would be waited for or read without end."""


@pytest.fixture
def near(tmp_path, monkeypatch):
    """A store named by a relative path, and what it said."""
    monkeypatch.chdir(tmp_path)
    told = []
    store = Store(Path("run"), told.append)
    store.save(record("emssl", 90))
    return store, told


@pytest.mark.timeout(30)
@pytest.mark.parametrize("what", STRANGE)
def test_what_is_no_file_among_the_records_is_named_and_set_aside(near, what):
    store, told = near
    path = store.folder / "records" / "accuracy" / "x.json"
    STRANGE[what](path)
    assert len(store.records()) == 1
    with store.claimed():
        assert not os.path.lexists(path)
    assert all(f"{path} cannot be read" in line for line in told)
    assert "set aside" in told[-1]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("what", STRANGE)
def test_what_is_no_file_where_the_lock_or_benchmarks_should_be_is_refused_in_one_line(near, what):
    store, _ = near
    STRANGE[what](store.folder / "benchmarks.json")
    with pytest.raises(RecordError, match=r"benchmarks.json cannot be read \(.+\)\.$"):
        report.write(store)
    if what != "a file too large":
        STRANGE[what](store.folder / ".lock")
        with pytest.raises(RecordError, match=r".lock cannot be written \(.+\)"), store.claimed():
            pass


@pytest.mark.timeout(30)
@pytest.mark.parametrize("what", STRANGE)
def test_what_is_no_file_where_a_checkpoint_should_be_is_none(near, what):
    path = near[0].folder / "checkpoint.pt"
    STRANGE[what](path)
    assert checkpoint_files.load(path) is None
