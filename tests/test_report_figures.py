"""What the figures of accuracy show."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from emssl_bench.report import calls, error_map, error_shares, fig6, panels, table2
from tests.examples import record


def runs(*records):
    return table2.runs(records)


def with_map(record, **columns):
    return replace(record, tables={**record.tables, "error_map": columns})


def test_the_error_of_a_share_is_the_mean_over_seeds():
    shares = error_shares.table(runs(record("emssl", 90, 0, error=1.0), record("emssl", 90, 1, error=3.0)))
    assert dict(zip(shares["share"], shares["error_cm"], strict=True))[0.5] == pytest.approx((0.5 + 1.5) / 2)
    assert set(shares["seeds"]) == {2}


def test_seeds_without_quantiles_are_not_counted():
    shares = error_shares.table(runs(record("emssl", 90), replace(record("emssl", 90, 1, error=9.0), tables={})))
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
    cells = error_map.table(runs(first, second)).set_index("radius_m")
    assert cells["error_mean_cm"].to_dict() == pytest.approx({0.1: (30 * 1 + 10 * 3) / 40, 0.2: 7.0})
    assert cells["positions"].to_dict() == {0.1: 40, 0.2: 5}
    assert set(cells["seeds"]) == {2}


@pytest.mark.parametrize("size", [0.1, 0.0523, 1 / 12])
def test_the_size_of_cells_is_found_from_their_centres(size):
    cells = np.array([[0, -2], [1, 3], [4, 3], [5, 7]])
    centres = [[float(f"{value:.5g}") for value in row] for row in (cells + 0.5) * size]  # as records have them
    found = error_map.cell_size_m(pd.DataFrame(centres, columns=["radius_m", "height_m"]))
    assert found == pytest.approx(size, rel=1e-3)


def test_of_too_many_maps_those_of_the_setup_with_the_most_trials_are_drawn():
    many = [record("emssl", 90, replay=share / 10) for share in range(6)]
    more = [record(name, 90, seed, train_samples=70_000) for name in ("direct", "emssl", "cgan") for seed in range(3)]
    shown = error_map.drawn(error_map.table(runs(*many, *more)))
    assert set(shown["train_samples"]) == {70_000}
    assert set(shown["method"]) == {"direct", "emssl", "cgan"}
    crowd = error_map.table(runs(*[record("emssl", 90, replay=share / 20) for share in range(12)]))
    assert error_map.drawn(crowd)["variant"].nunique() == error_map.MOST_COLUMNS
    other = error_map.table(runs(record("emssl", 90), *[record("cgan", 90, latent_size=4 + size) for size in range(9)]))
    assert set(error_map.drawn(other)["method"]) == {"cgan", "emssl"}, "the usual settings are there"
    few = error_map.table(runs(*many))
    assert error_map.drawn(few).equals(few)


def test_a_setting_too_long_for_a_title_is_broken_between_words():
    figure = error_map.draw(error_map.table(runs(record("cgan", 90, discriminator_widths=[512, 256]))))
    titles = [text.get_text() for axes in figure.axes for text in axes.texts]
    plt.close(figure)
    assert titles == ["CGAN\n(discriminator_\nwidths=512,256)"]


def test_a_label_costs_a_call_of_the_arm():
    labelled, alone = record("direct", 90), record("emssl", 90)
    labelled = replace(labelled, curve={**labelled.curve, "forward_calls": [0, 0, 0]})
    alone = replace(alone, metrics={**alone.metrics, "labelled_samples": 0})
    asked = calls.table(runs(labelled, alone))
    by_method = asked.groupby("method")["arm_calls"].agg(list).to_dict()
    assert by_method == {"direct": [700, 700, 700], "emssl": [700, 1400, 2100]}


def test_a_method_has_one_colour_in_every_figure():
    """Also where another figure lacks some of the methods."""
    trained = runs(replace(record("direct", 90), tables={}), record("emssl", 90))
    colours = panels.colours(trained)
    shares = error_shares.table(trained)
    (of_shares,) = panels.lines(shares, colours)
    assert of_shares[:2] == (("emssl", ""), colours["emssl", ""])


def test_other_settings_take_no_colour_from_the_usual_ones():
    usual = [record(name, 90) for name in ("direct", "distal", "cgan", "emssl")]
    variants = [record("cgan", 90, latent_size=4 + size) for size in range(13)]
    alone, among = panels.colours(runs(*usual)), panels.colours(runs(*usual, *variants))
    assert {line: among[line] for line in alone} == alone
    assert len(set(among.values())) == len(among) == 17


def test_of_many_lines_a_methods_variants_share_its_colour_and_an_entry():
    many = [record("emssl", 90, seed, replay=share / 25) for share in range(25) for seed in (0, 1)]
    trained = runs(record("cgan", 90), *many)
    colours = panels.colours(trained)
    assert len({colour[:3] for colour in colours.values()}) == 2
    assert [colour[3] for (_, variant), colour in colours.items() if not variant] == [1, 1]
    figure = fig6.draw(table2.curves(trained), colours)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][:3] == ["CGAN", "EMSSL", "EMSSL (other settings)"]
    (axes,) = figure.axes
    assert len(axes.collections) == 2, "bands of the usual settings only"


def test_panels_of_validation_say_so():
    trained = runs(record("emssl", 90), record("emssl", 90, judged_on="validation"))
    figure = fig6.draw(table2.curves(trained), panels.colours(trained))
    titles = {axes.get_title(): axes.get_ylabel() for axes in figure.axes}
    assert titles == {
        "paper6, ±90°, 700 training positions": "mean distance error on the test set (cm)",
        "paper6, ±90°, 700 training positions, validation": "mean distance error on validation (cm)",
    }


@pytest.mark.parametrize(("longest", "scale"), [(5, "linear"), (7, "log")])
def test_a_long_training_leaves_the_others_room(longest, scale):
    long = record("emssl", 90, iterations=longest)
    curve = {"iteration": list(range(1, longest + 1)), "error_mean_cm": [1.0] * longest, "forward_calls": [1] * longest}
    trained = runs(record("direct", 90), replace(long, curve=curve))
    (axes,) = fig6.draw(table2.curves(trained), panels.colours(trained)).axes
    assert axes.get_xscale() == scale
