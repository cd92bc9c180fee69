"""A report is of one state, whatever happens while it is written."""

import errno
import os
import re
import subprocess
import sys

import pytest

from emssl_bench import report
from emssl_bench.exceptions import RecordError
from emssl_bench.records import Store
from emssl_bench.system import file_sets
from tests.examples import record

pytestmark = pytest.mark.usefixtures("with_pictures")

STATES = {"a": ["one", "two"], "b": ["two", "three"]}
"""Which tables belong to a page."""


def put(folder, state, tell=lambda text: None, mine=None):
    """Writes a page and its tables."""

    def found():
        page = folder / "page"
        return {"page", *(f"tables/{name}" for name in STATES[page.read_text()])} if page.is_file() else set()

    with file_sets.together(folder, "page", mine or found, tell) as staged:
        (staged / "tables").mkdir()
        for name in STATES[state]:
            (staged / "tables" / name).write_text(state)
        (staged / "page").write_text(state)


def whole(folder):
    """Which state is there; None without a page, which comes last."""
    files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    page = files.pop("page", None)
    if page is not None:
        assert files == {f"tables/{name}": page for name in STATES[page]}
    return page


@pytest.fixture
def folder(tmp_path):
    put(tmp_path, "a")
    return tmp_path


def test_what_belongs_together_is_replaced_together(folder):
    assert whole(folder) == "a"
    put(folder, "b")
    assert whole(folder) == "b"
    assert not list(folder.glob(".*"))


class Killed(BaseException):
    pass


MOVES = 5  # the whole folder, two tables, what is stale, the page


@pytest.mark.parametrize("last", range(MOVES))
def test_a_killed_writer_leaves_no_page_beside_tables_of_another_state(folder, monkeypatch, last):
    """It is killed after so many of its moves, as the one that comes to its help is."""
    done = []

    def until(call):
        def counted(*arguments, **named):
            done.append(arguments)
            if len(done) > last:
                raise Killed
            return call(*arguments, **named)

        return counted

    with monkeypatch.context() as patch:
        for name in ("rename", "replace", "unlink"):
            patch.setattr(os, name, until(getattr(os, name)))
        patch.setattr("shutil.rmtree", lambda *_, **__: None)  # it is dead
        with pytest.raises(Killed):
            put(folder, "b")
    state = [path for path in folder.iterdir() if path.name == "page"]
    if state:
        visible = {str(p.relative_to(folder)): p.read_text() for p in [*folder.glob("tables/*"), *state]}
        assert set(visible.values()) == {"a"}
    file_sets.finish(folder)
    assert whole(folder) in ("a", "b")
    put(folder, "b")
    assert whole(folder) == "b"
    assert not list(folder.glob(".*"))


def test_an_interruption_while_files_are_moved_comes_after_they_are(folder, monkeypatch):
    replace, interrupted = os.replace, []

    def interrupt_once(*paths):
        if not interrupted and "tables" in str(paths[1]):
            interrupted.append(paths)
            raise KeyboardInterrupt
        replace(*paths)

    monkeypatch.setattr(os, "replace", interrupt_once)
    with pytest.raises(KeyboardInterrupt):
        put(folder, "b")
    assert whole(folder) == "b"


def broken(staged):
    (staged / "page").write_text("b")
    raise OSError("it is gone")


def test_what_fails_before_all_is_written_changes_nothing(folder):
    with pytest.raises(OSError, match="is gone"), file_sets.together(folder, "page", set, print) as staged:
        broken(staged)
    assert whole(folder) == "a"
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("what", ["a file", "a folder", "a file for a folder"])
def test_what_is_not_ours_and_in_the_way_is_set_aside_and_named(tmp_path, what):
    told = []
    path = tmp_path / "tables" / "two" if what != "a file for a folder" else tmp_path / "tables"
    path.parent.mkdir(exist_ok=True)
    if what == "a folder":
        path.mkdir()
    else:
        path.write_text("mine")
    put(tmp_path, "a", told.append)
    (line,) = told
    assert str(path) in line
    assert "set-aside" in line
    aside = tmp_path / "set-aside" / path.relative_to(tmp_path)
    assert aside.is_dir() or aside.read_text() == "mine"
    assert (tmp_path / "page").read_text() == "a"


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_moved(folder, monkeypatch):
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("tables") and access(path, mode))
    with pytest.raises(RecordError, match=r"page cannot be written \(Permission denied\)"):
        put(folder, "b")
    assert whole(folder) == "a"


def test_a_folder_on_another_file_system_is_written_too(folder, monkeypatch):
    replace = os.replace

    def across(source, target):
        if os.fspath(target).endswith("two") and "ready" in os.fspath(source):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        replace(source, target)

    monkeypatch.setattr(os, "replace", across)
    put(folder, "b")
    assert whole(folder) == "b"


def test_a_report_removes_what_it_no_longer_makes_and_nothing_else(tmp_path):
    store = Store(tmp_path)
    full = record("emssl", 90)
    store.save(full)
    before = {path.relative_to(tmp_path) for path in report.write(store)}
    (tmp_path / "tables" / "mine.csv").write_text("1")
    store.path(full.trial).unlink()
    lacking = record("direct", 90)
    store.save(type(lacking)(lacking.trial, "done", lacking.metrics, lacking.curve))
    after = {path.relative_to(tmp_path) for path in report.write(store)}
    assert before > after
    there = {path.relative_to(tmp_path) for part in ("tables", "figures") for path in (tmp_path / part).iterdir()}
    assert there == {path for path in after if path.parent.name} | {
        (tmp_path / "tables/mine.csv").relative_to(tmp_path)
    }


def test_the_page_names_its_files_and_how_many_records_it_is_made_of(tmp_path):
    store = Store(tmp_path)
    store.save(record("emssl", 90))
    _, *others, page = report.write(store)
    text = page.read_text()
    assert "This page was made from 1 records" in text
    listed = re.findall("`([^`]+)`", text.rpartition("## Files")[2])
    assert listed == [str(path.relative_to(tmp_path)) for path in others]


def test_a_users_own_report_is_not_overwritten(tmp_path):
    told = []
    store = Store(tmp_path, told.append)
    store.save(record("emssl", 90))
    (tmp_path / "report.md").write_text("# My report\n")
    (tmp_path / "report.html").write_text("<p>My report")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "table2.csv").write_text("mine")
    report.write(store)
    assert (tmp_path / "set-aside" / "report.md").read_text() == "# My report\n"
    assert (tmp_path / "set-aside" / "report.html").read_text() == "<p>My report"
    assert (tmp_path / "set-aside" / "tables" / "table2.csv").read_text() == "mine"
    assert len(told) == 1
    report.write(store)
    assert len(told) == 1, "now they are ours"


@pytest.mark.timeout(120)
def test_a_report_killed_at_any_moment_is_of_one_state_after_the_next(tmp_path):
    store = Store(tmp_path)
    store.save(record("emssl", 90))
    report.write(store)
    old = {path: path.read_bytes() for path in (tmp_path / "tables").iterdir()}
    store.save(record("emssl", 90, seed=1, error=3.0))
    code = (
        "import os, sys, signal, pathlib\n"
        "replace = os.replace\n"
        "def last(source, target):\n"
        "    replace(source, target)\n"
        "    if str(target).endswith('table2.csv') and 'ready' in str(source): os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.replace = last\n"
        "from emssl_bench import cli\n"
        "cli.main(['report', '--out', sys.argv[1]])\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True)
    assert killed.returncode == -9, killed.stderr
    assert not (tmp_path / "report.md").exists(), "no page stands beside tables of two states"
    with store.claimed():
        pass
    assert (tmp_path / "report.md").is_file(), "any command that writes here finishes it"
    new = {path: path.read_bytes() for path in (tmp_path / "tables").iterdir()}
    assert new.keys() == old.keys()
    assert new != old
    page = (tmp_path / "report.md").read_bytes()
    report.write(store)
    assert ({path: path.read_bytes() for path in new}, (tmp_path / "report.md").read_bytes()) == (new, page)
