"""One command at a time writes into a folder, and one that is killed leaves it whole."""

import errno
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from emssl_bench.exceptions import FolderBusy
from emssl_bench.records import Store
from emssl_bench.system.files import LEFTOVERS
from tests.examples import record


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
