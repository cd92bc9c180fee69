"""What something is called and how it looks follows from itself: nothing that is added to a folder changes it."""

import io
import itertools
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from rich.console import Console

from emssl_bench import report
from emssl_bench.methods import registry
from emssl_bench.records import Store
from emssl_bench.report import machines
from emssl_bench.report.figures import style
from emssl_bench.report.frames.accuracy import accuracy_runs, learning_curves, table_2
from emssl_bench.report.frames.adaptation import adaptation_runs, table_4
from emssl_bench.report.latex import latex_table
from emssl_bench.report.naming import APPROACHES
from emssl_bench.report.section import Table
from emssl_bench.report.sections.accuracy import note_on_paper
from emssl_bench.report.sections.adaptation import printed_adaptation
from emssl_bench.report.sections.arm_queries import arm_queries, draw_arm_queries
from emssl_bench.report.sections.costs import printed_costs
from emssl_bench.report.sections.error_shares import draw_error_shares, error_shares
from emssl_bench.report.sections.learning_curves import draw_learning_curves
from tests.adaptation_records import adapted
from tests.examples import record, with_settings
from tests.reports import errors_printed, print_report

pytestmark = pytest.mark.usefixtures("with_pictures")

PLUG_INS = ["nearest", "knn", "splines", "emssl-open", "a", "b", "Grüße", "x" * 300]


def looks(*methods):
    """Of every method how its line looks, in figures of a folder with these; all figures must agree."""
    ran = accuracy_runs([record(method, 90) for method in methods])
    figures = (
        draw_learning_curves(learning_curves(ran)),
        draw_arm_queries(arm_queries(ran)),
        draw_error_shares(error_shares(ran)),
    )
    by_figure = []
    for figure in figures:
        (legend,) = figure.legends
        handles = {text.get_text(): line for text, line in zip(legend.get_texts(), legend.get_lines(), strict=True)}
        by_figure.append(
            {
                label: (line.get_color(), line.get_marker(), line.get_linestyle(), str(line._dash_pattern))
                for label, line in handles.items()
                if not label.startswith("paper")
            }
        )
        drawn = {line.get_color() for axes in figure.axes for line in axes.lines if len(line.get_xdata()) > 1}
        assert drawn == {colour for colour, *_ in by_figure[-1].values()}
        plt.close(figure)
    assert by_figure[0] == by_figure[1] == by_figure[2]
    return by_figure[0]


def test_a_method_looks_the_same_in_every_figure_of_every_folder():
    alone = {label: look for method in registry.METHODS for label, look in looks(method).items()}
    assert len(alone) == len(registry.METHODS)
    for methods in (("emssl", "direct"), ("cgan", "emssl-plus", "nearest"), ("knn", *registry.METHODS, "a", "b")):
        shown = looks(*methods)
        assert {label: look for label, look in shown.items() if label in alone}.items() <= alone.items()


def test_every_method_of_ours_has_a_style_and_no_two_share_a_colour_or_dashes():
    assert style.METHODS.keys() == registry.METHODS.keys()
    for part in ("colour", "dashes"):
        parts = [getattr(each, part) for each in style.METHODS.values()]
        assert len(set(parts)) == len(parts), part
    assert len({style.METHODS[name].marker for name in registry.OF_ALL}) == len(registry.OF_ALL)
    assert style.APPROACHES.keys() == APPROACHES.keys()
    assert len(set(style.APPROACHES.values())) == len(APPROACHES)


def seen(colour, matrix):
    return [sum(weight * part for weight, part in zip(row, to_rgb(colour), strict=True)) for row in matrix]


@pytest.mark.parametrize(
    "matrix",
    [
        [(0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)],  # deuteranopia, Machado 2009
        [(0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)],  # protanopia
    ],
)
def test_the_colour_blind_tell_our_methods_and_approaches_apart(matrix):
    for colours in ([each.colour for each in style.METHODS.values()], style.APPROACHES.values()):
        for one, other in itertools.combinations(colours, 2):
            apart = sum((a - b) ** 2 for a, b in zip(seen(one, matrix), seen(other, matrix), strict=True))
            assert apart**0.5 > 0.12, (one, other)


@pytest.mark.parametrize("name", PLUG_INS)
def test_a_plug_in_looks_like_none_of_ours_and_always_the_same(name):
    look = style.of_method(name)
    assert look == style.of_method(name)
    for part in ("colour", "marker"):
        assert getattr(look, part) not in {getattr(each, part) for each in style.METHODS.values()}


def test_plug_ins_hardly_ever_look_alike():
    found = {(look.colour, look.marker, str(look.dashes)) for look in (style.of_method(f"m{i}") for i in range(100))}
    assert len(found) > 80
    assert len({style.of_method(f"m{i}").colour for i in range(100)}) == 8


def test_other_settings_have_their_methods_colour_and_a_marker_of_their_own():
    usual, other = style.of_model("emssl", ""), style.of_model("emssl", "replay_share=0.5")
    assert usual == style.METHODS["emssl"]
    assert (other.colour, other.marker == usual.marker) == (usual.colour, False)


def test_noise_has_a_colour_by_its_amount():
    assert len({style.of_noise(noise_mm) for noise_mm in (0, 0.1, 1, 10)}) == 4


def on(cpu, given, **more):
    return replace(given, machine={"cpu": cpu, "torch": "2.13.0", **more})


def test_a_machines_name_is_its_own_and_added_records_do_not_change_it(tmp_path):
    first = [on("Zeta(R) Xeon(R) CPU @ 2.20GHz", record(method, 90)) for method in ("emssl", "direct")]
    first.append(on("Zeta(R) Xeon(R) CPU @ 2.20GHz", adapted("replace", "links=3")))
    later = [on("AMD EPYC 7763 64-Core Processor", record("cgan", 90)), on("Alpha", adapted("align", "links=3"))]

    def tables(folder, records):
        store = Store(tmp_path / folder)
        for each in records:
            store.save(each)
        report.write(store)
        page = (store.folder / "report.md").read_text()
        rows = [" ".join(line.replace("|", " ").split()) for line in page.splitlines() if line.startswith("|")]
        return page, {row for row in rows if "Zeta Xeon (" in row}

    page, alone = tables("alone", first)
    more, among = tables("more", [*first, *later])
    assert len(alone) == 3
    assert alone == among
    assert "several machines" not in page
    assert "**These trials ran on several machines" in more
    name = machines.name(first[0])
    assert name.startswith("Zeta Xeon (")
    for text in (page, more):
        assert f"- **{name}**: Zeta(R) Xeon(R) CPU" in text


def test_seconds_by_onednn_have_no_mean_with_others():
    default, other = (on("a CPU", record("emssl", 90, seed=seed)) for seed in (0, 1))
    settings = replace(other.trial.settings, matmul="onednn")
    by_onednn = replace(other, trial=replace(other.trial, settings=settings))
    both, alone = (table_2(accuracy_runs(each)).iloc[0] for each in ([default, by_onednn], [by_onednn]))
    assert (both["seeds"], np.isnan(both["fit_seconds"])) == (2, True)
    assert alone["fit_seconds"] == 12.5
    assert alone["machines"] == f"{machines.name(default)} by oneDNN"
    assert both["machines"] == f"{machines.name(default)}, {alone['machines']}"


def test_the_name_of_a_machine_is_of_what_it_is_and_not_of_how_busy_it_was():
    quiet, busy = (machines.name(on("a CPU", record("emssl", 90), **{"load before": load})) for load in ("0.1", "9.0"))
    assert quiet == busy
    assert machines.name(on("a CPU", record("emssl", 90), numpy="2.0")) != quiet
    assert machines.name(replace(record("emssl", 90), machine={})) == ""


def test_two_arms_of_one_name_are_told_apart_in_every_table(tmp_path):
    other = record("emssl", 90, error=7.0)
    other = with_settings(other, robot_digest="another")
    frame = table_2(accuracy_runs([record("emssl", 90), other]))
    assert list(printed_costs(frame)["Arm"]) == ["paper6 (another)", "paper6 (c0f37e043b04)"]
    store = Store(tmp_path)
    for each in (record("emssl", 90), other):
        store.save(each)
    report.write(store)
    settings = (tmp_path / "report.md").read_text().partition("## Settings")[2]
    assert "- **paper6 (another), emssl**" in settings
    assert "- **paper6 (c0f37e043b04), emssl**" in settings


def test_a_row_says_how_it_was_trained_and_the_papers_numbers_say_how_they_were(tmp_path):
    frame = table_2(accuracy_runs([record("emssl", 90)]))
    row = errors_printed(frame).iloc[0]
    assert row["Arm and data"] == "paper6 (c0f37e043b04), 700 / 300 samples"
    assert row["Trained for"] == "3 iterations, 90 steps"
    said = "Paper: 70,000 training positions, at most 200 iterations (1,094,000 steps)."
    assert note_on_paper(frame) == said
    assert frame[["paper_train_samples", "paper_iterations"]].iloc[0].to_list() == [70_000, 200]
    store = Store(tmp_path)
    store.save(record("emssl", 90))
    report.write(store)
    for name in ("report.md", "tables/table2.md", "tables/table2.tex"):
        text = (tmp_path / name).read_text()
        assert said in text, name
        assert "3 iterations, 90 steps" in text, name
    assert (tmp_path / "tables/table2.tex").read_text().count("multicolumn{") == 1


def test_the_terminal_says_how_ours_and_the_papers_were_trained():
    out = io.StringIO()
    print_report([record("emssl", 90)], Console(file=out, width=200, markup=False))
    first, *others = [line.strip() for line in out.getvalue().splitlines() if line.strip()]
    assert first.endswith("(cm), paper6 (c0f37e043b04), 700 / 300 samples, 3 iterations, 90 steps")
    assert any(line.startswith("Paper: 70,000 training positions, at most 200 iterations") for line in others)
    longer = replace(record("direct", 90), curve={**record("direct", 90).curve, "iteration": [1, 2, 9]})
    print_report([record("emssl", 90), longer], Console(file=out, width=200, markup=False))
    assert "9 iterations, 90 steps" in out.getvalue()


def test_numbers_that_the_paper_has_none_beside_need_no_word_of_it():
    frame = table_2(accuracy_runs([record("emssl", 45), record("emssl-plus", 90)]))
    assert note_on_paper(frame) == ""
    assert "multicolumn" not in latex_table(Table(pd.DataFrame({"Method": ["a"]}), ("Method",)))


def test_the_papers_row_of_table_iv_has_the_papers_data():
    printed = printed_adaptation(table_4(adaptation_runs([adapted("replace", "links=3")])))
    assert list(printed["Arm and data"]) == ["arm not named, 70,000 positions", "paper6 ±90°, 700 positions"]
