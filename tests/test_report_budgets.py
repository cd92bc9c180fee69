"""What a larger budget brings: which rows make a curve, and how it is drawn."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from emssl_bench.report.frames.budgets import budget_rows
from emssl_bench.report.sections.budgets import draw_budgets
from tests.examples import record
from tests.reports import of_poses


def trained(method, iterations, error, train_samples=700, **settings):
    """A record whose gradient steps follow from its iterations and its data."""
    ran = record(method, 90, error=error, train_samples=train_samples, iterations=iterations, **settings)
    return replace(ran, metrics={**ran.metrics, "gradient_steps": iterations * train_samples})


def lookup(error, train_samples=700):
    ran = record("lookup", 90, error=error, train_samples=train_samples)
    return replace(ran, metrics={**ran.metrics, "gradient_steps": 0})


def rows_of(*records):
    runs = accuracy_runs(records)
    return budget_rows(runs, table_2(runs))


def drawn(figure):
    """The lines with more than one point of every panel, as (x, y)."""
    return [
        [
            (list(line.get_xdata()), list(line.get_ydata()))
            for line in axes.lines
            if len(np.unique(line.get_xdata())) > 1
        ]
        for axes in figure.axes
    ]


LENGTHS = [trained("emssl", 3, 8.0), trained("emssl", 12, 2.0), trained("emssl", 6, 4.0)]


def test_lengths_of_training_make_a_line_in_their_order():
    figure = draw_budgets(rows_of(*LENGTHS))
    assert drawn(figure) == [[([2100, 4200, 8400], [8.0, 4.0, 2.0])]]
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("gradient steps", "mean error on the test set (cm)")
    plt.close(figure)


def test_two_lengths_are_no_curve():
    assert rows_of(*LENGTHS[:2]).empty


def test_other_settings_are_no_part_of_a_line_and_are_drawn_where_they_have_one():
    other = [trained("emssl", length, 24 / length, replay_share=0.5) for length in (3, 6, 12)]
    alone = draw_budgets(rows_of(*LENGTHS, other[0]))
    assert drawn(alone) == [[([2100, 4200, 8400], [8.0, 4.0, 2.0])]]
    both = draw_budgets(rows_of(*LENGTHS, *other, trained("cgan", 3, 9.0, latent_size=9)))
    assert len(drawn(both)[0]) == 2
    labels = [[text.get_text() for text in each.legends[0].get_texts()] for each in (alone, both)]
    assert labels == [
        ["EMSSL", "700 training positions"],
        ["EMSSL", "EMSSL (replay_share=0.5)", "700 training positions"],
    ]
    plt.close(alone)
    plt.close(both)


def test_numbers_of_samples_make_a_line_of_their_own_panel_where_settings_are_the_same():
    ran = [trained("emssl", 3, error, samples) for samples, error in ((700, 8.0), (7_000, 4.0), (70_000, 2.0))]
    others = [trained("direct", length, 9.0, samples) for length, samples in ((3, 700), (5, 7_000))]
    figure = draw_budgets(rows_of(*ran, *others))
    against_steps, against_samples = drawn(figure)
    assert against_steps == [], "data and steps both differ"
    assert against_samples == [([700, 7_000, 70_000], [8.0, 4.0, 2.0])]
    assert figure.axes[1].get_xlabel() == "training positions"
    plt.close(figure)


def test_what_is_not_trained_is_a_level_and_against_samples_a_line():
    floors = [lookup(error, samples) for samples, error in ((700, 6.0), (7_000, 3.0), (70_000, 1.5))]
    figure = draw_budgets(rows_of(*floors, *LENGTHS))
    levels = [line.get_ydata()[0] for line in figure.axes[0].lines if list(line.get_xdata()) == [0, 1]]
    assert sorted(levels) == [1.5, 3.0, 6.0]
    assert drawn(figure)[1] == [([700, 7_000, 70_000], [6.0, 3.0, 1.5])]
    plt.close(figure)


def test_arms_ranges_and_tasks_are_never_joined():
    other = [trained("emssl", 24, 1.0), trained("emssl", 48, 0.5)]
    poses = [of_poses(each) for each in other]
    assert rows_of(*poses, trained("emssl", 3, 8.0)).empty
    rows = rows_of(*map(of_poses, LENGTHS), *other)
    assert set(rows["task"]) == {"pose"}
    figure = draw_budgets(rows)
    assert figure.axes[0].get_ylabel() == "mean cost on the test set (cm)"
    assert "task pose" in figure.axes[0].get_title()
    plt.close(figure)
