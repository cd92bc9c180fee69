"""Records that were changed by hand, of this format and of the first: named, and not used."""

import json
import math

import pytest

from emssl_bench.records.trial import read_trial
from tests.examples import json_like, record


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
