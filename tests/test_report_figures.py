"""What the figures of accuracy show."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from emssl_bench.methods import registry
from emssl_bench.report.figures.error_map import cell_size_m, draw_error_map
from emssl_bench.report.figures.maps import columns_drawn
from emssl_bench.report.frames.accuracy import accuracy_runs, learning_curves, table_2
from emssl_bench.report.sections.arm_queries import arm_queries, draw_arm_queries
from emssl_bench.report.sections.error_map import error_cells
from emssl_bench.report.sections.error_shares import draw_error_shares, error_shares
from emssl_bench.report.sections.learning_curves import draw_learning_curves
from emssl_bench.report.sections.variants import draw_variants, variants_compared
from tests.examples import record, with_settings


def runs(*records):
    return accuracy_runs(records)


def with_map(record, **columns):
    return replace(record, tables={**record.tables, "error_map": columns})


def test_the_error_of_a_share_is_the_mean_over_seeds():
    shares = error_shares(runs(record("emssl", 90, 0, error=1.0), record("emssl", 90, 1, error=3.0)))
    assert dict(zip(shares["share"], shares["error_cm"], strict=True))[0.5] == pytest.approx((0.5 + 1.5) / 2)
    assert set(shares["seeds"]) == {2}


def test_seeds_without_quantiles_are_not_counted():
    shares = error_shares(runs(record("emssl", 90), replace(record("emssl", 90, 1, error=9.0), tables={})))
    assert set(shares["seeds"]) == {1}
    assert shares["error_cm"].max() == 18.0


def test_every_position_counts_the_same_in_a_cell_whichever_seed_it_is_of():
    first = with_map(record("emssl", 90, 0), radius_m=[0.1], height_m=[0.2], positions=[30], error_mean_cm=[1.0])
    second = with_map(
        record("emssl", 90, 1),
        radius_m=[0.1, 0.2],
        height_m=[0.2, 0.2],
        positions=[10, 5],
        error_mean_cm=[3.0, 7.0],
    )
    cells = error_cells(runs(first, second)).set_index("radius_m")
    assert cells["error_mean_cm"].to_dict() == pytest.approx({0.1: (30 * 1 + 10 * 3) / 40, 0.2: 7.0})
    assert cells["positions"].to_dict() == {0.1: 40, 0.2: 5}
    assert set(cells["seeds"]) == {2}


@pytest.mark.parametrize("size", [0.1, 0.0523, 1 / 12])
def test_the_size_of_cells_is_found_from_their_centres(size):
    cells = np.array([[0, -2], [1, 3], [4, 3], [5, 7]])
    centres = [[float(f"{value:.5g}") for value in row] for row in (cells + 0.5) * size]  # as records have them
    found = cell_size_m(pd.DataFrame(centres, columns=["radius_m", "height_m"]))
    assert found == pytest.approx(size, rel=1e-3)


def test_of_too_many_maps_those_of_the_setup_with_the_most_trials_are_drawn():
    many = [record(f"method{number}", 90) for number in range(6)]
    more = [record(name, 90, seed, train_samples=70_000) for name in ("direct", "emssl", "cgan") for seed in range(3)]
    shown = columns_drawn(error_cells(runs(*many, *more)))
    assert set(shown["train_samples"]) == {70_000}
    assert set(shown["method"]) == {"direct", "emssl", "cgan"}
    few = error_cells(runs(record("emssl", 90), record("cgan", 90)))
    assert len(columns_drawn(few)) == len(few)


def test_a_map_is_of_a_method_once_with_its_usual_settings_where_it_has_them():
    other = error_cells(runs(record("emssl", 90), *[record("cgan", 90, latent_size=4 + size) for size in range(9)]))
    shown = columns_drawn(other)
    assert set(shown["method"]) == {"cgan", "emssl"}
    assert set(shown["variant"]) == {"", "latent_size=10"}


def test_a_map_has_one_scale_for_all_panels():
    low, high = record("emssl", 90, error=1.0), record("emssl", 180, error=50.0)
    figure = draw_error_map(error_cells(runs(low, high)))
    norms = {(mesh.norm.vmin, mesh.norm.vmax) for axes in figure.axes[:2] for mesh in axes.collections}
    assert norms == {(0.5, 100.0)}
    assert len(figure.axes) == 3, "two panels and one bar"
    plt.close(figure)


def test_a_setting_too_long_for_a_title_is_broken_between_words():
    figure = draw_error_map(error_cells(runs(record("cgan", 90, discriminator_widths=[512, 256]))))
    titles = [text.get_text() for axes in figure.axes for text in axes.texts]
    plt.close(figure)
    assert titles == ["CGAN\n(discriminator_\nwidths=512,256)"]


def test_a_label_costs_a_call_of_the_arm():
    labelled, alone = record("direct", 90), record("emssl", 90)
    labelled = replace(labelled, curve={**labelled.curve, "forward_calls": [0, 0, 0]})
    alone = replace(alone, metrics={**alone.metrics, "labelled_samples": 0})
    asked = arm_queries(runs(labelled, alone))
    by_method = asked.groupby("method")["arm_calls"].agg(list).to_dict()
    assert by_method == {"direct": [700, 700, 700], "emssl": [700, 1400, 2100]}


def test_figures_show_the_usual_settings_and_one_shows_the_others():
    ran = runs(
        record("cgan", 90), record("emssl", 90), *[record("emssl", 90, replay_share=share / 9) for share in (1, 2)]
    )
    for figure in (
        draw_learning_curves(learning_curves(ran)),
        draw_arm_queries(arm_queries(ran)),
        draw_error_shares(error_shares(ran)),
    ):
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()][:2] == ["CGAN", "EMSSL"]
        assert not any("replay_share" in text.get_text() for text in legend.get_texts())
        plt.close(figure)
    compared = variants_compared(table_2(ran))
    assert set(compared["method"]) == {"emssl"}
    figure = draw_variants(compared)
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows == ["EMSSL", *sorted(set(compared["variant"]) - {""})]
    plt.close(figure)


def test_a_method_that_ran_with_other_settings_alone_is_shown_with_one_of_them_and_says_so():
    ran = runs(*[record("emssl", 90, replay_share=share) for share in (0.25, 0.5)], record("direct", 90))
    figure = draw_learning_curves(learning_curves(ran))
    (legend,) = figure.legends
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown[:2] == ["Direct regression", "EMSSL (replay_share=0.25)"]
    assert not [text for text in shown if "0.5" in text]
    plt.close(figure)


def test_two_arms_of_one_name_have_titles_that_tell_them_apart():
    other = record("emssl", 90)
    other = with_settings(other, robot_digest="another")
    ran = runs(record("emssl", 90), other, record("emssl", 90, replay_share=0.5))
    figures = [
        draw_learning_curves(learning_curves(ran)),
        draw_arm_queries(arm_queries(ran)),
        draw_error_shares(error_shares(ran)),
    ]
    for figure in figures:
        titles = {axes.get_title() for axes in figure.axes}
        assert titles == {f"paper6 ({digest}), ±90°, 700 training positions" for digest in ("another", "c0f37e043b04")}
        plt.close(figure)
    figure = draw_error_map(error_cells(ran))
    texts = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert "(another)" in texts
    assert "(c0f37e043b04)" in texts
    plt.close(figure)


def test_more_methods_than_can_be_told_apart_stand_in_two_panels_of_the_same_scales():
    few = [*registry.OF_ALL][:3]
    many = [*registry.OF_ALL, *registry.FURTHER]
    for methods, notes in ((few, [""]), (many, ["\nmethods of --method all", "\nfurther methods"])):
        ran = runs(*[record(name, 90, error=1.0 + place) for place, name in enumerate(methods)])
        figure = draw_learning_curves(learning_curves(ran))
        assert [axes.get_title() for axes in figure.axes] == [f"paper6, ±90°, 700 training positions{n}" for n in notes]
        assert sum(len(axes.get_lines()) for axes in figure.axes) >= len(methods)
        assert len({axes.get_ylim() for axes in figure.axes}) == 1
        plt.close(figure)


def test_panels_of_validation_say_so():
    trained = runs(record("emssl", 90), record("emssl", 90, evaluated_on="validation"))
    figure = draw_learning_curves(learning_curves(trained))
    titles = {axes.get_title(): axes.get_ylabel() for axes in figure.axes}
    assert titles == {
        "paper6, ±90°, 700 training positions": "mean error on the test set (cm)",
        "paper6, ±90°, 700 training positions, validation": "mean error on validation (cm)",
    }


@pytest.mark.parametrize("longest", [5, 500])
def test_a_figure_has_one_kind_of_axes_however_long_trainings_are(longest):
    long = record("emssl", 180, iterations=longest)
    curve = {"iteration": list(range(1, longest + 1)), "error_mean_cm": [1.0] * longest, "forward_calls": [1] * longest}
    trained = runs(record("direct", 90), replace(long, curve=curve))
    for figure in (draw_learning_curves(learning_curves(trained)), draw_arm_queries(arm_queries(trained))):
        assert {(axes.get_xscale(), axes.get_yscale()) for axes in figure.axes} == {("log", "log")}
        plt.close(figure)


@pytest.mark.parametrize(
    ("longest", "ticked"),
    [(2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 3, 4]), (10, [1, 2, 5, 10]), (30, [1, 2, 5, 10, 20])],
)
def test_iterations_are_ticked_at_whole_numbers(longest, ticked):
    trained = record("emssl", 90)
    curve = {name: [1.0] * longest for name in trained.curve} | {"iteration": list(range(1, longest + 1))}
    figure = draw_learning_curves(learning_curves(runs(replace(trained, curve=curve))))
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == ticked
    plt.close(figure)
