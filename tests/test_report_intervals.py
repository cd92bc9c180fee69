"""What is printed of several seeds: each of them, or an interval that covers their mean."""

import numpy as np
import pytest

from emssl_bench.report import intervals
from tests.examples import record
from tests.reports import table


def test_few_seeds_are_printed_one_by_one_and_many_get_an_interval():
    few = table([record("emssl", 90, seed, 2 + seed) for seed in range(3)]).iloc[0].to_dict()
    assert intervals.shown_error(few) == "3.00 (2.00, 3.00, 4.00)"
    many = table([record("emssl", 90, seed, 2 + seed) for seed in range(5)]).iloc[0].to_dict()
    assert many["error_mean_low_cm"] < many["error_mean_cm"] < many["error_mean_high_cm"]
    assert intervals.shown_error(many) == f"4.00 [{many['error_mean_low_cm']:.2f}, {many['error_mean_high_cm']:.2f}]"


def test_a_seeds_error_is_rounded_once():
    both = table([record("emssl", 90, 0, error=3.03499), record("emssl", 90, 1, error=3.0)]).iloc[0].to_dict()
    assert intervals.shown_error(both) == "3.02 (3.03, 3.00)"


@pytest.mark.parametrize("seeds", [3, intervals.ENOUGH_SEEDS])
def test_the_interval_covers_the_mean_as_often_as_it_says(seeds):
    """As a percentile bootstrap does not: with five seeds it covers the mean in 83 of 100 cases."""
    rng = np.random.default_rng(0)
    covered = [low <= 0 <= high for low, high in (intervals.interval(rng.normal(size=seeds)) for _ in range(2000))]
    assert 0.935 < np.mean(covered) < 0.965


def test_equal_seeds_have_an_interval_of_their_value_and_one_seed_has_none():
    assert intervals.interval(np.full(5, 2.5)) == (2.5, 2.5)
    assert np.isnan(intervals.interval(np.array([2.5]))).all()
    row = table([record("emssl", 90, seed, 2.5) for seed in range(5)]).iloc[0].to_dict()
    assert intervals.shown_error(row) == "2.50 [2.50, 2.50]"


def test_no_error_is_printed_below_zero():
    errors = [0.1, 0.1, 0.1, 0.1, 4.0]
    row = table([record("emssl", 90, seed, error) for seed, error in enumerate(errors)]).iloc[0].to_dict()
    assert row["error_mean_low_cm"] < 0
    assert intervals.shown_error(row) == f"0.88 [0.00, {row['error_mean_high_cm']:.2f}]"


@pytest.mark.parametrize(
    ("error_cm", "printed"), [(1.234, "1.23"), (0.005, "0.01"), (0.0049, "5e-03"), (1.8e-5, "2e-05"), (0.0, "0.00")]
)
def test_an_error_that_is_not_nothing_is_not_printed_as_nothing(error_cm, printed):
    assert intervals.shown_error(intervals.over_seeds(np.array([error_cm])) | {"error_mean_cm": error_cm}) == printed
