"""Models whose description was changed, lacks something or is of no network: refused."""

import json

import pytest

from emssl_bench.exceptions import ModelError
from emssl_bench.records.model_files import load
from tests.models import rewritten, saved_model


@pytest.fixture
def saved(tmp_path):
    return saved_model(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"), [("inputs_scale", {"lower": [0] * 3, "upper": [9] * 3, "low": -1, "high": 1}), ("dof", 5)]
)
def test_a_model_whose_description_was_changed_is_refused(saved, key, value):
    path = saved.with_suffix(".json")
    description = json.loads(path.read_text())
    description["settings"][key] = value
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError, match="hash differs"):
        load(saved)


@pytest.mark.parametrize("text", ["null", "5", '"abc"', "[]"])
def test_a_description_that_is_none_is_refused(saved, text):
    saved.with_suffix(".json").write_text(text)
    with pytest.raises(ModelError, match="not a model of this suite"):
        load(saved)


@pytest.mark.parametrize("key", ["settings", "sha256", "format"])
def test_a_model_whose_description_lacks_something_is_refused(saved, key):
    path = saved.with_suffix(".json")
    description = json.loads(path.read_text())
    del description[key]
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError):
        load(saved)


UNIT = {"lower": [0.0] * 3, "upper": [1.0] * 3, "low": -1.0, "high": 1.0}
JOINTS = {"lower": [0.0] * 6, "upper": [1.0] * 6, "low": 0.0, "high": 1.0}
IMPOSSIBLE = [
    *(
        ("inference_batch", value, "its inference_batch must be a whole number")
        for value in (-1, 0, 0.5, "8", None, True)
    ),
    *(("dof", value, "its dof must be a whole number") for value in (0, -6, 6.0, "6", [6], 10**30)),
    *(("latent_size", value, "its latent_size must be a whole number") for value in (-1, "0", False, 2.0)),
    ("dof", 4_000_000, "the lower and upper of its joints_scale must have 4000000 numbers each"),
    ("dof", 5, "the lower and upper of its joints_scale must have 5 numbers each"),
    ("latent_size", 10**9, "its arrays are not those of a network with its settings"),
    ("latent_size", 2, "its arrays are not those of a network with its settings"),
    ("inputs_scale", JOINTS, "of its inputs_scale must have 3 numbers each"),
    ("joints_scale", UNIT, "its joints_scale must have 6 numbers each"),
    ("joints_scale", {**JOINTS, "low": -1.0}, "its joints_scale must be from low 0 to high 1"),
    ("joints_scale", {**JOINTS, "lower": [0.0] * 5 + [2.0]}, "bounds of its joints_scale must not be above"),
    ("inputs_scale", {**UNIT, "upper": [1.0, 1.0, -1.0]}, "bounds of its inputs_scale must not be above"),
    ("inputs_scale", {**UNIT, "low": 1.0}, "bounds of its inputs_scale must not be above"),
    *(
        ("inputs_scale", {**UNIT, "upper": [1.0, 1.0, value]}, says)
        for value, says in [
            (1e308, "its inputs_scale must have numbers within"),
            (10**400, "its inputs_scale must have numbers within"),
            ("1", "its inputs_scale must have numbers within"),
            (True, "its inputs_scale must have numbers within"),
            (None, "its inputs_scale must have numbers within"),
            (float("nan"), "its description has the number NaN"),
            (float("inf"), "its description has the number Infinity"),
        ]
    ),
    *(("inputs_scale", value, "its inputs_scale must have lower, upper") for value in (None, [], {}, "unit", 3)),
    ("inputs_scale", {**UNIT, "more": 1}, "its inputs_scale must have lower, upper"),
    ("more", 1, "its settings must be task, inputs_scale, joints_scale, dof, latent_size"),
    *(("task", value, "its task must be one of position") for value in ("poses", None, ["position"])),
    *(("trial", value, "not a model of this suite") for value in (None, [], {}, "trial", {"method": "emssl"})),
    ("solver", "os:system", "must have a plug-in where its solver is none of ours"),
    ("settings", [], "its description must have format"),
    ("format", "1", "model format 1, this version reads"),
    ("format", [], "model format"),
]


@pytest.mark.parametrize(("key", "value", "says"), IMPOSSIBLE)
def test_a_description_that_fits_its_hash_and_no_network_is_refused(saved, key, value, says):
    rewritten(saved, **{key: value})
    with pytest.raises(ModelError) as raised:
        load(saved)
    said = str(raised.value)
    assert says in said
    assert said.startswith(str(saved))
    assert "\n" not in said
    assert len(said) < 500


@pytest.mark.parametrize(
    "key", ["dof", "latent_size", "inference_batch", "inputs_scale", "joints_scale", "task", "trial"]
)
def test_a_description_that_fits_its_hash_and_lacks_something_is_refused(saved, key):
    path = saved.with_suffix(".json")
    description = json.loads(path.read_text())
    del (description if key in description else description["settings"])[key]
    path.write_text(json.dumps(description))
    rewritten(saved)
    with pytest.raises(ModelError, match="not a model of this suite"):
        load(saved)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a model of this suite"),
        ('{"format": 1, "format": 1}', "its description has a key twice"),
        ('{"format": 1e999}', "its description has the number 1e999"),
        ("[" * 100_000, "not a model of this suite (RecursionError"),
        ('{"dof": ' + "9" * 5000 + "}", "not a model of this suite"),
        ("\x00", "not a model of this suite"),
        (b"\xff\xfe{", "not a model of this suite"),
    ],
    ids=range(7),
)
def test_a_description_that_is_no_plain_json_is_refused(saved, text, says):
    saved.with_suffix(".json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ModelError) as raised:
        load(saved)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
