"""What messages repeat of errors, names and texts."""

import pytest

from emssl_bench.exceptions import MOST_OF_AN_ERROR, InvalidValue, error_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no number"), "ValueError: no number"),
        (InvalidValue("one\ntwo\x1b[31m"), "InvalidValue: one\\ntwo\\x1b[31m"),
        (KeyError("name"), "KeyError: 'name'"),
        (RuntimeError(), "RuntimeError:"),
    ],
)
def test_an_error_is_its_type_and_what_it_says_on_one_line(error, line):
    assert error_line(error) == line


def test_of_a_long_error_the_beginning_is_repeated():
    line = error_line(ValueError("x" * 100_000))
    assert len(line) == MOST_OF_AN_ERROR + len("...")
    assert line.endswith("x...")
    assert error_line(ValueError("x" * 10), most=14) == "ValueError: xx..."
