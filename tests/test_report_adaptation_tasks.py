"""What the report says of adaptation to a changed arm where targets are poses."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from emssl_bench.report import ReportData, make_sections
from emssl_bench.report.frames.adaptation import adaptation_curves, adaptation_runs, table_4
from emssl_bench.report.sections.adaptation import printed_adaptation
from emssl_bench.report.sections.adaptation_curves import adaptation_figures
from emssl_bench.report.sections.adaptation_iterations import printed_by_iteration
from tests.adaptation_records import adapted
from tests.examples import with_settings


def of_poses(ran, degrees_a_centimetre=3.0):
    """The record as of poses: every distance has an angle, and a cost that stands for both."""

    def beside(names, values):
        for name in names:
            degrees = np.asarray(values[name]) * degrees_a_centimetre
            yield name.replace("error", "angle").replace("_cm", "_deg"), degrees.tolist()
            yield name.replace("error", "cost"), (np.asarray(values[name]) + 30 * np.radians(degrees)).tolist()

    errors = [name for name in ran.metrics if name.startswith("error_")]
    metrics = {**ran.metrics, **dict(beside(errors, ran.metrics))}
    metrics["validation_unchanged_cm"] = metrics["cost_unchanged_cm"]
    curve = {**ran.curve, **dict(beside(["error_mean_cm"], ran.curve))}
    return with_settings(replace(ran, metrics=metrics, curve=curve), task="pose")


def cost_cm(distance_cm):
    return distance_cm * (1 + 30 * np.radians(3.0))


def test_poses_have_a_table_of_their_own_by_cost_and_with_errors_apart():
    records = [adapted("replace", "links=1", error=1.5), of_poses(adapted("replace", "links=1", error=1.5))]
    (section,) = [s for s in make_sections(ReportData(records)) if s.title.startswith("Table IV")]
    positions, poses = section.tables
    assert (positions.stem, poses.stem) == ("table4", "table4-pose")
    assert positions.summary.title == "Table IV: adaptation to a changed arm"
    assert poses.summary.title == "Adaptation of the task pose"
    assert not [column for column in positions.printed if "Angle" in column or "Distance" in column]
    assert positions.printed["Approach"].tolist()[0] == "EMSSL in the paper"
    (row,) = poses.printed.to_dict("records")
    assert row["Arm and data"] == "paper6 ±90°, 700 targets, task pose"
    assert (row["Unchanged (cm)"], row["Before (cm)"]) == (f"{cost_cm(1):.2f}", f"{cost_cm(6):.2f}")
    assert row["After (cm)"] == f"{cost_cm(1.5):.2f}"
    assert (row["Distance before (cm)"], row["Distance after (cm)"]) == ("6.00", "1.50")
    assert (row["Angle before (°)"], row["Angle after (°)"]) == ("18.00", "4.50")
    assert {"angle_before_deg", "cost_mean_cm"} <= set(poses.frame.columns)
    assert not {"angle_before_deg", "cost_mean_cm"} & set(positions.frame.columns)


def test_positions_alone_are_printed_as_ever():
    frame = table_4(adaptation_runs([adapted("replace", "links=1")]))
    assert not [column for column in frame if "cost" in column or "angle" in column]
    assert list(printed_adaptation(frame))[3:6] == ["Unchanged (cm)", "Before (cm)", "After (cm)"]


def test_iterations_are_told_by_cost():
    frame = table_4(adaptation_runs([of_poses(adapted("replace", error=1.5))]))
    (row,) = printed_by_iteration(frame).to_dict("records")
    assert [row["Start"], row["1"], row["2"]] == [f"{cost_cm(error):.2f}" for error in (6.0, 3.0, 1.5)]


def test_curves_of_poses_are_drawn_apart_and_by_cost():
    records = [adapted("replace"), of_poses(adapted("replace"))]
    figures = list(adaptation_figures(adaptation_curves(adaptation_runs(records))))
    assert len({figure.stem for figure in figures}) == len(figures) == 4, "two views of each task"
    (poses,) = [each for each in figures if "pose" in each.stem and "iterations" in each.stem]
    assert poses.data["error_mean_cm"].tolist() == pytest.approx([6.0, 3.0, 1.5]), "distances, under their own name"
    drawn = poses.draw(poses.data)
    (axes,) = [axes for axes in drawn.axes if axes.lines]
    assert axes.get_ylabel() == "mean validation cost (cm)"
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [cost_cm(error) for error in (6.0, 3.0, 1.5)])
    assert axes.lines[1].get_ydata()[0] == pytest.approx(cost_cm(1.0)), "the unchanged arm's"
    plt.close(drawn)
