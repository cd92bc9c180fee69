"""Folders of records that are merged in tests, and the command that does it."""

from dataclasses import replace

from emssl_bench import cli
from emssl_bench.records import Store

OTHER = {"cpu": "another CPU", "torch": "2.13.0"}


def elsewhere(done, fit_seconds=99.0):
    """The same numbers, trained on another machine."""
    return replace(done, machine=OTHER, metrics={**done.metrics, "fit_seconds": fit_seconds})


def store_of(parent, name, *records):
    """A folder with such records in it."""
    store = Store(parent / name)
    for each in records:
        store.save(each)
    return store


def merged(parent, capsys, monkeypatch, *arguments, report=False):
    """Merges folders into `out`; exit code and standard error. The report is made only where it is asked for."""
    if not report:
        monkeypatch.setattr("emssl_bench.cli.merge.reported", lambda store, records: 0)
    code = cli.main(
        ["merge", *(str(parent / each) for each in arguments if each != "--strict")]
        + ["--strict"] * ("--strict" in arguments)
        + ["--out", str(parent / "out")]
    )
    return code, capsys.readouterr().err
