"""Records whose hash is right and whose content is not: named in one line, never used, never a traceback."""

import copy
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from emssl_bench import report
from emssl_bench.records import Store, trial
from emssl_bench.records.trial import read, written
from emssl_bench.report import files
from tests import examples
from tests.adaptation_records import adapted, identified

pytestmark = pytest.mark.usefixtures("with_pictures")

REFERENCE = Path(__file__).parent.parent / "results" / "reference"
NESTED = {"a": {"b": {"c": {"d": 1}}}}
WRONG = (None, True, -1, 10**400, "two\nlines", "\x1b[31m", [], {}, [[[[[1]]]]], NESTED, "9" * 5000)
"""What may stand in a value's place."""


def valid():
    """A record of every experiment, as the file's document."""
    return [
        examples.record("emssl", 90),
        adapted(
            "identify",
            "links=3",
            learner="emssl-plus",
            targets="reachable",
            adaptation_hyperparameters={"learning_rate": 0.1},
        ),
        identified("c0f37e043b04", 1.0),
        read(sorted((REFERENCE / "records" / "sampling").glob("*.json"))[0]),
    ]


def paths(value, at=()):
    """Where every value of a document is."""
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, each in inside:
        yield from paths(each, (*at, key))


def changed(document, at, value):
    made = copy.deepcopy(document)
    *above, last = at
    place = made
    for key in above:
        place = place[key]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return made


def signed(document):
    """With the digest and the hash that belong to it, as somebody would write it who wants to be believed."""
    document = {name: value for name, value in document.items() if name != "sha256"}
    try:
        document["digest"] = trial.read_trial(document["trial"]).digest
    except Exception:  # whatever reading something impossible raises: then the old digest has to do
        pass
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return json.dumps({**document, "sha256": digest})


@pytest.mark.parametrize("index", range(4))
def test_no_value_of_a_record_with_a_right_hash_ends_a_report_in_a_traceback(index, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "write_figure", lambda figure, folder: [])
    record, told, used = valid()[index], [], 0
    document = json.loads(written(record))
    folder = Store(tmp_path).path(record.trial).parent
    folder.mkdir(parents=True)
    for at in [at for at in paths(document) if at]:
        for value in (KeyError, *WRONG):
            made = changed(document, at, value)
            text = signed(made)
            for name in names(made, json.loads(text)["digest"] if "digest" in text else "", record):
                (folder / name).write_text(text)
            store = Store(tmp_path, told.append)
            found = store.records()
            if found and used % 10 == 0:
                report.write(store)
                assert (tmp_path / "report.md").read_text().count("two\nlines") == 0
            used += bool(found)
            for path in folder.iterdir():
                path.unlink()
    assert len(told) > 100
    assert all(line.isprintable() for line in told)


def names(document, digest, record):
    """What the file could be called: as the record says, and as the one that it was."""
    found = {f"{record.trial.label}.json"}
    if isinstance(document.get("trial"), dict) and isinstance(document["trial"].get("settings"), dict):
        of, settings = document["trial"], document["trial"].get("settings")
        name = next(
            (settings[key] for key in ("method", "approach", "strategy") if key in settings), of.get("experiment")
        )
        label = f"{name}--{of.get('robot')}--s{of.get('seed')}--{digest}.json"
        if label.isprintable() and "/" not in label and len(label) < 200:
            found.add(label)
    return found


def test_a_sound_record_of_every_experiment_is_used(tmp_path):
    told = []
    store = Store(tmp_path, told.append)
    for record in valid():
        store.save(record)
    assert len(store.records()) == 4
    assert told == []


def test_a_failure_is_told_in_one_line_whatever_it_raised(tmp_path):
    failed = replace(examples.record("emssl", 90), status="failed", error="Traceback\nOops: \x1b[31mred\r")
    assert failed.reason == "Oops: \\x1b[31mred"


def test_what_is_told_of_a_file_is_one_line_and_no_page():
    assert trial.shown("a\n file", "says\t this") == "a file: says this"
    assert trial.shown("x" * 300) == "x" * 300
    assert trial.shown("x" * 301) == "x" * 297 + "..."
