"""What the report says of identification: of which arm, and how small an error."""

from dataclasses import replace

from emssl_bench.report import ReportData, make_sections
from emssl_bench.report.frames.identification import identification_errors
from emssl_bench.report.naming import arm_and_range_labels
from emssl_bench.report.sections.identification import draw_identification, printed_identification
from tests.adaptation_records import identified
from tests.examples import with_settings


def test_two_arms_of_one_name_are_identified_apart():
    found = identification_errors([identified("one", 1.0), identified("other", 5.0)])
    printed = printed_identification(found)
    assert list(printed["Arm"]) == 2 * ["paper6 (one) ±90°", "paper6 (other) ±90°"]
    assert list(printed["Error of"]) == 2 * ["position"] + 2 * ["link offsets"]
    assert list(printed["n = 20"]) == ["1.0", "5.0", "1.0", "1.0"]
    few = printed_identification(identification_errors([identified("one", 0.0004)]))
    assert list(few["n = 20"]) == ["< 0.001", "1.0"]
    assert list(few["Seeds"]) == [1, 1]
    found = found.assign(arm=arm_and_range_labels(found))
    for digest in ("one", "other"):
        mine = found[found["robot_digest"] == digest]
        figure = draw_identification(mine, "position_error_mm", "position error")
        assert figure.get_suptitle() == f"paper6 ({digest}) ±90°: position error"
        assert [axes.get_title() for axes in figure.axes] == ["every link +3 cm"]


def test_an_arm_whose_name_is_its_own_has_no_digest_beside_it():
    found = identification_errors([identified("one", 1.0), identified("one", 1.0, joint_range_deg=180)])
    assert list(printed_identification(found)["Arm"]) == 2 * ["paper6 ±90°", "paper6 ±180°"]
    assert "Arm" not in printed_identification(identification_errors([identified("one", 1.0)]))


def test_poses_are_identified_apart_and_have_an_angle():
    positions, poses = identified("one", 1.0), with_settings(identified("one", 3.0), task="pose")
    curve = {**poses.curve, "angle_error_deg": [0.5, 0.25]}
    poses = replace(poses, curve=curve, metrics={**poses.metrics, "nominal_angle_error_deg": 2.0})
    (section,) = [s for s in make_sections(ReportData([positions, poses])) if s.title.startswith("Identification")]
    of_positions, of_poses = section.tables
    assert (of_positions.stem, of_poses.stem) == ("identification", "identification-pose")
    assert of_positions.printed["Error of"].tolist() == ["position", "link offsets"]
    assert of_poses.printed["Error of"].tolist() == ["position", "angle (°)", "link offsets"]
    assert of_poses.printed["n = 20"].tolist() == ["3.0", "0.250", "1.0"]
    assert of_poses.printed["Not identified"].tolist()[1] == "2.0"
    assert not {"task", "angle_error_deg"} & set(of_positions.frame.columns), "as ever"
    stems = [figure.stem for figure in section.figures]
    assert len(set(stems)) == len(stems) == 5, "positions and offsets of both, and an angle"
    (angle,) = [figure for figure in section.figures if figure.stem.startswith("identification_angles")]
    drawn = angle.draw(angle.data)
    assert drawn.get_suptitle() == "paper6 ±90°, task pose: angle error"
    assert drawn.axes[0].get_ylabel() == "angle error (°)"
    assert drawn.axes[0].lines[0].get_ydata().tolist() == [0.5, 0.25]
    alone = identification_errors([identified("one", 1.0)])
    assert "angle_error_deg" not in alone


def test_an_arm_that_needs_no_identifying_does_not_stretch_the_axis():
    """Longer links turn nothing: without identification the angle is 0, or what rounding leaves of it."""
    poses = with_settings(identified("one", 3.0), task="pose")
    curve = {**poses.curve, "angle_error_deg": [0.5, 0.25]}
    metrics = {**poses.metrics, "nominal_angle_error_deg": 3e-14}
    found = identification_errors([replace(poses, curve=curve, metrics=metrics)])
    drawn = draw_identification(found.assign(arm="paper6"), "angle_error_deg", "angle error")
    assert drawn.axes[0].get_ylim()[0] > 0.1
