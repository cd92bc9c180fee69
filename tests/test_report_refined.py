"""Numerical solvers of poses: angles beside distances, and trained models raw and refined."""

from emssl_bench.records import Record, Trial
from emssl_bench.records.settings import SolversSettings
from emssl_bench.report import ReportData, make_sections
from tests.reports import page_data

MODEL = {"method": "emssl-plus", "digest": "0" * 12}


def measured(solver, task, model=None, **metrics):
    settings = SolversSettings(
        **{"robot_digest": "c0f37e043b04", "device": "cpu", "threads": 1, "joint_range_deg": 90, "machine": "m"},
        **{"task": task, "targets": "uniform", "solver": solver, "model": model, "count": 50, "cpu_seconds": 1.0},
    )
    usual = {
        **{"targets": 50, "one_seconds_median": 2e-4, "success_rate_10mm": 0.9, "success_rate_5mm": 0.5},
        **{"success_rate_1mm": 0.25, "success_rate_0.1mm": 0.0, "error_median_mm": 5.0, "error_p95_mm": 20.0},
        **{"error_max_mm": 40.0, "angle_median_deg": 1.5, "angle_p95_deg": 6.0, "angle_max_deg": 9.0},
    }
    metrics = {**usual, **metrics}
    return Record(Trial("paper6", 0, settings), "done", metrics, machine={"cpu": "a CPU"}, commit="abc")


def tables_of(*records):
    sections = make_sections(ReportData(list(records)))
    return {table.stem: table for section in sections for table in section.tables}


def test_solvers_of_poses_have_angles_beside_distances():
    position, pose = measured("table", "position", angle_median_deg=0.0), measured("table", "pose")
    printed = tables_of(position, pose)["solvers"].printed.set_index("Task")
    assert printed["Median (°)"].to_dict() == {"position": "", "pose": "1.5"}
    assert printed["Max (°)"].to_dict() == {"position": "", "pose": "9"}
    assert not [column for column in tables_of(position)["solvers"].printed if "°" in column]


def test_a_models_solutions_are_told_raw_and_refined_in_centimetres_and_degrees():
    raw = measured("learned", "pose", MODEL, error_mean_mm=6.8, angle_mean_deg=2.28)
    refined = measured("network", "pose", MODEL, error_median_mm=1e-4, angle_median_deg=1e-5)
    tables = tables_of(raw, refined, measured("table", "pose"), measured("learned", "position", MODEL))
    assert tables["refined"].printed["Solver"].tolist() == [
        "Levenberg-Marquardt, from a network's solution (EMSSL plus)",
        "The trained model alone (EMSSL plus)",
    ]
    better, alone = tables["refined"].printed.to_dict("records")
    assert (alone["Distance, mean (cm)"], alone["Angle, mean (°)"]) == ("0.68", "2.3")
    assert (alone["Distance, 95 % (cm)"], alone["Angle, 95 % (°)"]) == ("2", "6")
    assert (better["Distance, mean (cm)"], better["Distance, median (cm)"]) == ("", "1e-05")
    assert alone["≤ 10 mm, 5°"] == "90.0%"
    assert "refined" not in tables_of(measured("learned", "position", MODEL))


def test_on_the_page_a_solvers_success_stands_only_under_bounds_that_are_the_tasks():
    from emssl_bench.report import page

    data = ReportData([measured("table", "pose"), measured("table", "position")])
    document = page_data(page.made([], data).decode())
    rows = {row["task"]: row for row in document["rows"]}
    assert document["tasks"]["pose"]["rates"] == [["1mm", "1 mm, 0.57°"], ["5mm", "5 mm, 2°"], ["1cm", "1 cm, 5°"]]
    assert rows["pose"]["rates"] == [None, 0.5, 0.9], "1 mm goes with 1 degree there, and not with 0.57"
    assert rows["pose"]["apart"] == [[None, 0.5, 2, 4], [None, 1.5, 6, 9]]
    assert (rows["position"]["mm1"], rows["position"]["apart"]) == (0.25, None)
