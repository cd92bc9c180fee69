"""Tasks besides positions: errors apart, one number to compare by, and nothing that mixes tasks."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.report import ReportData, make_sections
from emssl_bench.report.figures.direction_map import draw_direction_map
from emssl_bench.report.figures.error_map import draw_error_map
from emssl_bench.report.frames.accuracy import accuracy_runs, learning_curves, table_2
from emssl_bench.report.sections import other_tasks
from emssl_bench.report.sections.arm_queries import arm_queries, draw_arm_queries
from emssl_bench.report.sections.coverage import coverage_by_place, printed_coverage
from emssl_bench.report.sections.direction_map import direction_cells
from emssl_bench.report.sections.error_map import error_cells
from emssl_bench.report.sections.error_shares import draw_error_shares, error_shares
from emssl_bench.report.sections.learning_curves import draw_learning_curves
from emssl_bench.report.sections.order import orders
from emssl_bench.report.sections.variants import draw_variants, variants_compared
from emssl_bench.report.tasks import bounds_of, by_cost, errors_of
from tests.examples import record, with_settings
from tests.reports import all_methods, of_poses


def cost_cm(distance_cm, angle_deg):
    """What stands for both errors of a pose, as `PoseTask` says."""
    return distance_cm + 30 * np.radians(angle_deg)


def of_both(seeds=(0,)):
    """Records of the paper's methods, for positions and for poses."""
    positions = all_methods(seeds)
    return [*positions, *map(of_poses, positions)]


def runs(*records):
    return accuracy_runs(records)


def sections_of(*records):
    return {section.title: section for section in make_sections(ReportData(list(records)))}


def the_table(section):
    (table,) = section.tables
    return table


def test_every_error_of_a_pose_has_its_own_columns_beside_the_cost():
    section = sections_of(of_poses(record("emssl", 90, error=2.0), angle_deg=6.0))[
        "Errors of the task pose on the test set"
    ]
    table = the_table(section)
    (row,) = table.printed.to_dict("records")
    assert row["Arm and data"] == "paper6 (c0f37e043b04), 700 / 300 samples, task pose"
    assert (row["Range"], row["Method"], row["Trained for"]) == ("±90°", "EMSSL", "3 iterations, 90 steps")
    assert row["Cost (cm)"] == f"{cost_cm(2.0, 6.0):.2f}" == "5.14"
    assert (row["Distance (cm)"], row["Distance, median (cm)"], row["Distance, 95 % (cm)"]) == ("2.00", "1.00", "4.00")
    assert (row["Angle (°)"], row["Angle, median (°)"], row["Angle, max (°)"]) == ("6.00", "3.00", "54.00")
    assert (row["≤ 1 mm, 0.57°"], row["≤ 5 mm, 2°"], row["≤ 1 cm, 5°"]) == ("1.0%", "10.0%", "40.0%")
    assert not [column for column in row if "paper" in column or "5 cm" in column or "Cost," in column]
    assert table.stem == "table2-pose"
    assert {"error_mean_cm", "angle_p95_deg", "cost_mean_cm", "success_rate_1mm"} <= set(table.frame.columns)
    (terms,) = [part.terms for part in section.body if isinstance(part, report.Definitions)]
    assert "distance plus 0.3 m for each radian of angle" in terms["Cost"]


def test_seeds_give_an_interval_of_every_error():
    ran = [of_poses(record("emssl", 90, seed, error=2 + seed), angle_deg=6 + seed) for seed in range(5)]
    (row,) = the_table(sections_of(*ran)["Errors of the task pose on the test set"]).printed.to_dict("records")
    assert row["Distance (cm)"] == "4.00 [2.04, 5.96]"
    assert row["Angle (°)"] == "8.00 [6.04, 9.96]"
    low, high = (float(end) for end in row["Cost (cm)"].partition("[")[2].rstrip("]").split(", "))
    assert low < cost_cm(4, 8) < high


def test_what_is_best_of_32_stands_beside_for_every_error():
    printed = the_table(
        sections_of(of_poses(record("cgan", 90, error=4.0), 8.0))["Errors of the task pose on the test set"]
    ).printed
    (row,) = printed.to_dict("records")
    assert (row["Distance, best of 32 (cm)"], row["Angle, best of 32 (°)"]) == ("1.00", "2.00")
    assert row["Cost, best of 32 (cm)"] == f"{cost_cm(1, 2):.2f}"


def test_positions_and_poses_never_stand_in_one_table_or_figure():
    for section in make_sections(ReportData(of_both())):
        for table in section.tables:
            if table.frame is not None and "task" in table.frame:
                assert table.frame["task"].nunique() == 1, table.stem
        for figure in section.figures:
            assert figure.data["task"].nunique() == 1, figure.stem
            (task,) = set(figure.data["task"])
            assert figure.stem.endswith("-pose") == (task == "pose"), figure.stem


def test_what_is_said_of_positions_stays_the_same_beside_poses(tmp_path):
    """The files of positions: their tables and the data of their figures."""
    for name, records in (("alone", all_methods()), ("both", of_both())):
        store = Store(tmp_path / name)
        for each in records:
            store.save(each)
        report.write(store)
    files = {
        path.relative_to(tmp_path / "alone")
        for path in (tmp_path / "alone").glob("*/*.[cmt]*")
        if path.suffix != ".png"
    }
    files = {path for path in files if path.parts[0] in ("tables", "figures")}
    assert {"table2.csv", "table2.md", "table2.tex", "coverage.csv", "fig6.csv", "errors.csv"} <= {
        p.name for p in files
    }
    for path in files:
        assert (tmp_path / "both" / path).read_bytes() == (tmp_path / "alone" / path).read_bytes(), path
    assert (tmp_path / "both" / "tables" / "table2-pose.tex").is_file()
    assert (tmp_path / "both" / "figures" / "direction_map-pose.png").is_file()
    assert "cost" not in (tmp_path / "alone" / "report.md").read_text().lower().replace("costs", "")


def test_rows_are_compared_by_cost_and_not_by_distance():
    near = [of_poses(record("direct", 90, seed, error=1 + seed / 99), angle_deg=20.0) for seed in range(5)]
    straight = [of_poses(record("emssl", 90, seed, error=3 + seed / 99), angle_deg=2.0) for seed in range(5)]
    sections = sections_of(*near, *straight)
    table = the_table(sections["Errors of the task pose on the test set"])
    assert [(table.printed["Method"].iloc[row], column) for row, column in table.bold] == [("EMSSL", "Cost (cm)")]
    (order,) = orders(by_cost(table_2(runs(*near, *straight))))
    assert order.ours == ["emssl", "direct"]
    assert order.besides == {("emssl", "direct"): True}
    assert "Cost" in next(
        part.terms for part in sections["Order of the methods"].body if isinstance(part, report.Definitions)
    )


def test_the_papers_numbers_and_order_are_of_positions():
    table = table_2(runs(*map(of_poses, all_methods())))
    assert table["paper_cm"].isna().all()
    assert all(order.paper == [] and order.pairs == {} for order in orders(by_cost(table)))


def test_settings_of_a_task_are_a_setup_of_their_own_in_its_table():
    usual, other = of_poses(record("emssl", 90)), of_poses(record("emssl", 90), task="pose:orientation=quaternion")
    printed = the_table(sections_of(usual, other)["Errors of the task pose on the test set"]).printed
    assert [text.partition("task ")[2] for text in printed["Arm and data"]] == ["pose", "pose:orientation=quaternion"]


def test_costs_that_are_counted_differently_are_told_apart():
    usual, other = of_poses(record("emssl", 90)), of_poses(record("emssl", 90), task="pose:metres_a_radian=1")
    terms = next(
        part.terms
        for part in sections_of(usual, other)["Errors of the task pose on the test set"].body
        if isinstance(part, report.Definitions)
    )
    assert "pose, distance plus 0.3 m for" in terms["Cost"]
    assert "pose:metres_a_radian=1, distance plus 1 m for" in terms["Cost"]


def test_records_of_a_task_that_is_not_known_can_be_shown():
    sections = sections_of(of_poses(record("emssl", 90), task="grasp"), record("emssl", 90))
    table = the_table(sections["Errors of the task grasp on the test set"])
    assert table.printed["≤ 1mm"].tolist() == ["1.0%"]
    assert table.printed["Angle (°)"].tolist() == ["5.00"]


def test_a_task_with_one_error_has_no_cost():
    above = with_settings(record("emssl", 90), task="above")
    table = the_table(sections_of(above)["Errors of the task above on the test set"])
    assert table.printed["Distance (cm)"].tolist() == ["2.00"]
    assert not [column for column in table.printed if "Cost" in column or "Angle" in column]


def test_errors_are_found_by_the_names_of_their_means():
    names = ["cost_mean_cm", "angle_mean_deg", "fit_seconds", "error_mean_cm", "error_p95_cm", "success_rate_1mm"]
    assert errors_of(names) == ["error_{}_cm", "angle_{}_deg", "cost_{}_cm"]
    assert bounds_of("pose", "1cm") == "1 cm, 5°"
    assert bounds_of("position", "5mm") == "5 mm"


def lines_drawn(axes):
    return [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines]


def test_curves_are_of_the_cost_and_say_so():
    ran = runs(of_poses(record("emssl", 90, error=2.0), 6.0))
    for figure in (draw_learning_curves(learning_curves(ran)), draw_arm_queries(arm_queries(ran))):
        (axes,) = figure.axes
        assert axes.get_ylabel() == "mean cost on the test set (cm)"
        assert "training targets, task pose" in axes.get_title().replace("\n", " ")
        np.testing.assert_allclose(lines_drawn(axes)[0], [cost_cm(e, 3 * e) for e in (8, 4, 2)])
        plt.close(figure)
    curves = learning_curves(ran)
    assert curves["error_mean_cm"].tolist() == [8, 4, 2], "the data have distances under their own name"
    assert curves["angle_mean_deg"].tolist() == pytest.approx([24, 12, 6])


def test_the_distribution_of_errors_has_a_panel_for_each_error_and_none_for_the_cost():
    shares = error_shares(runs(of_poses(record("emssl", 90, error=2.0), 6.0)))
    figure = draw_error_shares(shares)
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels == ["distance error (cm)", "angle error (°)"]
    ends = [axes.lines[0].get_xdata()[-1] for axes in figure.axes]
    assert ends == pytest.approx([18, 54])
    assert all(axes.get_ylabel() == "targets within it" for axes in figure.axes)
    plt.close(figure)


def test_settings_are_compared_by_cost():
    ran = runs(
        of_poses(record("emssl", 90, error=2.0), 6.0), of_poses(record("emssl", 90, error=3.0, replay_share=0.5), 6.0)
    )
    figure = draw_variants(variants_compared(table_2(ran)))
    (axes,) = figure.axes
    assert axes.get_xlabel() == "mean cost on the test set (cm)"
    drawn = {round(float(x), 6) for line in axes.lines for x in np.atleast_1d(line.get_xdata())}
    assert {round(cost_cm(2, 6), 6), round(cost_cm(3, 6), 6)} <= drawn
    plt.close(figure)


def test_the_map_by_place_is_of_the_cost():
    cells = error_cells(runs(of_poses(record("emssl", 90, error=2.0), 6.0)))
    assert cells["cost_mean_cm"].tolist() == pytest.approx([cost_cm(e, 3 * e) for e in (1, 2, 4)])
    figure = draw_error_map(cells)
    mesh = figure.axes[0].collections[0]
    assert (mesh.norm.vmin, mesh.norm.vmax) == pytest.approx((cost_cm(1, 3), cost_cm(4, 12)))
    assert figure.axes[-1].get_ylabel() == "mean cost (cm)"
    plt.close(figure)


def test_the_map_by_direction_has_every_cell_where_the_tool_points():
    figure = draw_direction_map(direction_cells(runs(of_poses(record("emssl", 90, error=2.0), 6.0))))
    mesh = figure.axes[0].collections[0]
    drawn = np.ma.filled(np.ma.masked_invalid(mesh.get_array()), np.nan).reshape(6, 12)
    found = {(row, column): drawn[row, column] for row, column in zip(*np.nonzero(~np.isnan(drawn)), strict=True)}
    assert found == pytest.approx({(3, 0): cost_cm(1, 3), (0, 6): cost_cm(2, 6), (3, 6): cost_cm(4, 12)})
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["-90", "-30", "0", "30", "90"]
    ticks = figure.axes[0].get_yticks()
    assert ticks == pytest.approx([-1, -0.5, 0, 0.5, 1]), "drawn as sines: cells of equal area are equally large"
    plt.close(figure)


def test_targets_count_the_same_in_a_direction_whichever_seed_they_are_of():
    first, second = of_poses(record("emssl", 90, 0)), of_poses(record("emssl", 90, 1))
    cell = {"azimuth_deg": [15.0], "elevation_deg": [30.0]}
    means = {"error_mean_cm": [1.0], "angle_mean_deg": [2.0]}
    tables = [
        {**cell, "targets": [targets], **means, "cost_mean_cm": [cost]} for targets, cost in ((30, 1.0), (10, 5.0))
    ]
    ran = [
        replace(each, tables={"error_by_orientation": table})
        for each, table in zip((first, second), tables, strict=True)
    ]
    (row,) = direction_cells(runs(*ran)).to_dict("records")
    assert (row["targets"], row["seeds"]) == (40, 2)
    assert row["cost_mean_cm"] == pytest.approx((30 * 1 + 10 * 5) / 40)


def test_positions_have_no_map_by_direction():
    assert "Errors by where the tool points" not in sections_of(*all_methods())


def test_coverage_is_of_the_cost():
    covered = coverage_by_place(runs(of_poses(record("emssl", 90, error=2.0), 6.0)))
    (row,) = printed_coverage(covered).to_dict("records")
    assert row["Mean (cm)"] == f"{cost_cm(2, 6):.2f}"
    assert row["No prediction near (cm)"] == f"{cost_cm(1, 3):.2f}"
    section = sections_of(of_poses(record("emssl", 90)))["Coverage of the workspace by predictions"]
    assert "test targets of a model" in section.body[0].paragraph
    assert the_table(section).stem == "coverage-pose"


def test_the_table_of_costs_has_no_tails_where_the_tasks_own_table_has_them():
    positions, poses = sections_of(record("emssl", 90), of_poses(record("emssl", 90)))[
        "Tails, successes and costs"
    ].tables
    assert {"Positions", "95 % (cm)", "≤ 5 cm", "Arm queries"} <= set(positions.printed)
    assert {"Targets", "Arm queries", "Gradient steps"} <= set(poses.printed)
    assert not [column for column in poses.printed if "(cm)" in column or "≤" in column]


def test_limitations_say_that_the_cost_is_a_choice_where_there_is_one():
    items = sections_of(*of_both())["Known limitations"].body[0].items
    assert "distance plus 0.3 m for each radian of angle" in items[-1]
    alone = sections_of(*all_methods())["Known limitations"].body[0].items
    assert list(items[:-1]) == list(alone)


def test_the_terminal_has_the_means_and_successes_of_a_task():
    summaries = [
        table.summary
        for section in make_sections(ReportData(of_both()))
        for table in section.tables
        if table.summary is not None
    ]
    assert [summary.title for summary in summaries] == [
        "Table II: mean distance error on the test set (cm)",
        "Task pose: errors on the test set",
    ]
    assert list(summaries[1].columns[4:]) == [
        *("Cost (cm)", "Distance (cm)", "Angle (°)"),
        *("≤ 1 mm, 0.57°", "≤ 5 mm, 2°", "≤ 1 cm, 5°"),
    ]


def test_a_report_of_poses_alone_has_no_table_of_the_papers():
    titles = list(sections_of(*map(of_poses, all_methods())))
    assert "Errors of the task pose on the test set" in titles
    assert not [title for title in titles if title.startswith("Table II")]


def test_other_tasks_are_left_out_of_the_papers_table_only():
    assert other_tasks.section(ReportData(all_methods())) is None
