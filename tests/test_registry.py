import pytest

from emssl_bench.exceptions import InvalidValue, UnknownName
from emssl_bench.methods import registry
from emssl_bench.methods.emssl import Emssl


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("iterations", "20", 20),
        ("learning_rate", "1e-3", 0.001),
        ("learning_rate", "1", 1.0),
        ("new_optimiser", "true", True),
        ("schedule", "cosine", "cosine"),
    ],
)
def test_a_setting_given_as_text_takes_the_type_of_the_setting(key, text, value):
    assert registry.parsed("emssl", key, text) == value
    assert type(registry.parsed("emssl", key, text)) is type(value)


def test_lists_are_joined_by_commas():
    assert registry.parsed("distal", "forward_widths", "256,128") == (256, 128)


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("iterations", "twenty", "emssl.iterations must be a whole number, not 'twenty'"),
        ("iterations", "2.5", "must be a whole number"),
        ("iterations", "0", "at least 1"),
        ("iterations", "-1", "at least 1"),
        ("learning_rate", "nan", "emssl.learning_rate must be a number over 0 and at most 1e\\+15, not nan"),
        ("learning_rate", "0", "a number over 0"),
        ("schedule", "linear", "one of constant, cosine"),
        ("replay_share", "1", "at least 0 and below 1 and at most"),
        ("new_optimiser", "perhaps", "true or false"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(key, text, says):
    with pytest.raises(InvalidValue, match=says):
        registry.configured("emssl", {key: registry.parsed("emssl", key, text)})


def test_unknown_names_are_named_with_the_nearest_valid_one():
    with pytest.raises(UnknownName, match="unknown setting of emssl 'iteration': did you mean 'iterations'"):
        registry.configured("emssl", {"iteration": 3})
    with pytest.raises(UnknownName, match="unknown method 'emsl': did you mean 'emssl'"):
        registry.configured("emsl", {})


def test_the_defaults_of_emssl_are_table_1_and_the_printed_algorithm():
    method = registry.configured("emssl", {})
    assert method == Emssl(
        iterations=200,
        epochs=10,
        training_batch=128,
        inference_batch=512,
        learning_rate=0.0015,
        schedule="constant",
        replay_share=0.0,
        joint_noise=0.0,
    )
