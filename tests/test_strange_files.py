"""Pipes, folders and endless files where a file of a store should be: never waited for."""

import os
from pathlib import Path

import pytest

from emssl_bench import report
from emssl_bench.exceptions import RecordError
from emssl_bench.records import Store, checkpoint_files
from tests.examples import record

pytestmark = pytest.mark.usefixtures("with_pictures")

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
