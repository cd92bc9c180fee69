"""The command `solve` and poses: from models of poses and from least squares, refined, in CSV and drawn."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from scipy.spatial.transform import Rotation

import emssl_bench
import robots
from emssl_bench.cli import solve_figure
from emssl_bench.cli.solve_answers import Solved
from emssl_bench.cli.solve_input import Given
from emssl_bench.forward.chain import ChainArm
from emssl_bench.tasks.pose import POSE, angles_rad
from robots.rotation import rpy_from_matrix
from tests.models import trained
from tests.test_solve import rows_of, solve

PLACE = ("0.3", "0.1", "0")
TURNED = ("0", "0", "0.6", "0.8")


@pytest.fixture(scope="module")
def of_positions(tmp_path_factory, planar3):
    return str(trained(tmp_path_factory.mktemp("model"), planar3, "lookup")[1])


@pytest.fixture(scope="module")
def of_poses(tmp_path_factory, paper6):
    """A network of poses."""
    return str(trained(tmp_path_factory.mktemp("poses"), paper6, "direct", task="pose")[1])


@pytest.fixture(scope="module")
def frames(paper6_chain):
    """Poses (4, 7) within reach."""
    return paper6_chain.frames(np.random.default_rng(3).uniform(-1.3, 1.3, (4, 6)))


def texts(row):
    return [repr(float(value)) for value in row]


def test_poses_are_solved_and_reached_in_their_orientation(capsys, tmp_path, paper6):
    out_file, angles = tmp_path / "answers.csv", np.array([[0.3, 0.4, -0.5, 0.2, 0.6, -0.1]])
    frame = ChainArm(paper6).frames(angles)[0]
    target = ["--target", *(repr(float(value)) for value in frame)]
    code, out, _ = solve(capsys, "--robot", "paper6", *target, "--out", out_file)
    assert (code, "and 0.000°, reached" in out, "within 1 mm and 0.57°" in out) == (0, True, True)
    (row,) = rows_of(out_file)
    found = ChainArm(paper6).frames(np.array([[float(row[f"q{number}_rad"]) for number in range(1, 7)]]))[0]
    np.testing.assert_allclose(found[:3], frame[:3], atol=1e-5)
    assert abs(found[3:] @ frame[3:]) == pytest.approx(1, abs=1e-7)
    assert row["reached"] == "yes"


@pytest.mark.parametrize("option", ["--target", "--pose"])
def test_roll_pitch_and_yaw_are_those_of_urdf(capsys, option):
    options = ("--robot", "ur5", option, "0.4", "0.2", "0.3", "--rpy", "0", "0", "90")
    code, out, _ = solve(capsys, *options)
    assert (code, "quaternion 0.0000 0.0000 0.7071 0.7071" in out) == (0, True)
    roll, pitch, yaw = rpy_from_matrix(Rotation.from_quat([0.1, 0.2, 0.3, 0.927]).as_matrix())
    place = (option, "0.4", "0.2", "0.3")
    one, other = (
        solve(capsys, "--robot", "ur5", *way)
        for way in (
            (*place, "--rpy", *map(repr, np.degrees([roll, pitch, yaw]).tolist())),
            (*place, "0.1", "0.2", "0.3", "0.927"),
        )
    )
    assert one == other


def test_a_model_of_poses_answers_and_both_errors_are_said(capsys, of_poses, frames):
    code, out, err = solve(capsys, "--model", of_poses, "--pose", *texts(frames[0]), "--pose", *texts(frames[1]))
    answers = emssl_bench.load(of_poses).solve(frames[:2])
    assert (code, err) == (1, "emssl-bench: 2 of 2 targets were not reached within 1 mm and 0.57°.\n")
    assert out.startswith("Model: direct for paper6 (6 joints, ±90°): mean error ")
    for angles, error_m, error_deg in zip(*answers[:2], answers.error_deg, strict=True):
        assert f"joint1  {angles[0, 0]:9.5f} rad" in out
        assert f"error {1000 * error_m[0]:.2f} mm and {error_deg[0]:.3f}°, NOT reached" in out
    mean, largest = (
        f"{1000 * of(answers.error_m):.2f} mm and {of(answers.error_deg):.3f}°" for of in (np.mean, np.max)
    )
    assert f"mean error {mean}, largest {largest}." in out


@pytest.mark.parametrize("refine", ["model", "queries"])
def test_answers_of_a_model_of_poses_are_refined(capsys, tmp_path, of_poses, frames, refine):
    targets, out_file = tmp_path / "targets.csv", tmp_path / "answers.csv"
    targets.write_text("x,y,z,qx,qy,qz,qw\n" + "\n".join(",".join(texts(row)) for row in frames))
    how = ("--refine", refine, "--forward", "chain", "--out", out_file)
    code, _, _ = solve(capsys, "--model", of_poses, "--targets", targets, *how)
    rows = rows_of(out_file)
    assert list(rows[0])[-3 if refine == "model" else -4 :][:2] == ["error_mm", "error_deg"]
    found = ChainArm(robots.load("paper6")).frames(
        np.array([[float(row[f"q{number}_rad"]) for number in range(1, 7)] for row in rows])
    )
    error_mm = 1000 * np.linalg.norm(found[:, :3] - frames[:, :3], axis=1)
    error_deg = np.degrees(angles_rad(found, frames))
    np.testing.assert_allclose([float(row["error_mm"]) for row in rows], error_mm, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose([float(row["error_deg"]) for row in rows], error_deg, rtol=1e-4, atol=1e-4)
    reached = [row["reached"] == "yes" for row in rows]
    np.testing.assert_array_equal(reached, (error_mm <= 1) & (error_deg <= 0.57))
    assert code == (0 if all(reached) else 1)
    assert all(reached) or refine == "queries"
    assert any(reached)


def test_a_picture_of_poses_has_the_frames_of_target_and_end_effector(of_poses, frames, paper6_chain):
    model = emssl_bench.load(of_poses)
    answers = model.solve(frames[:1])
    angles, reached = answers.joint_angles[:, 0], answers.reached[:, 0]
    solved = Solved(model.robot, angles, answers.error_m[:, 0], answers.error_deg[:, 0], reached, "")
    figure = solve_figure.draw(Given(POSE, frames[:1]), solved)
    space, above = figure.subfigs[0].axes
    for frame in (frames[0], paper6_chain.frames(angles)[0]):
        matrix = Rotation.from_quat(frame[3:]).as_matrix()
        for panel, dimensions in ((space, 3), (above, 2)):
            drawn = [np.array(line.get_data_3d() if dimensions == 3 else line.get_data()) for line in panel.lines]
            own = [
                line[:, 1] - line[:, 0] for line in drawn if same(line[:, 0], frame[:dimensions]) and len(line.T) == 2
            ]
            lengths = [np.linalg.norm(own[axis]) / np.linalg.norm(matrix[:dimensions, axis]) for axis in range(3)]
            np.testing.assert_allclose(lengths, lengths[0], rtol=1e-9)
            np.testing.assert_allclose(np.stack(own[:3], axis=1), lengths[0] * matrix[:dimensions], atol=1e-9)


def same(one, other):
    return np.allclose(one, other, rtol=0, atol=1e-9)


def test_a_picture_of_poses_is_written(capsys, tmp_path, of_poses, frames):
    picture = tmp_path / "arm.png"
    code, out, _ = solve(capsys, "--model", of_poses, "--pose", *texts(frames[0]), "--draw", picture)
    assert (code, f"Picture: {picture}" in out) == (1, True)
    colours = imread(picture)[..., :3].reshape(-1, 3)
    for colour in ("#d62728", "#2ca02c", "#1f77b4"):
        assert (np.abs(colours - to_rgb(colour)).max(axis=1) < 0.02).sum() > 100


MISTAKES = [
    ("--robot ur5 --pose 1 2 3", "--pose 1 takes 7 numbers (x y z in metres and a unit quaternion x y z w), or x y z"),
    ("--robot ur5 --pose 1 2 3 0 0 1", "or x y z and --rpy, and has 6"),
    ("--robot ur5 --pose 1 2 3 0 0 0 0", "--pose 1 has a quaternion of length 0, which is no orientation: 0 0 0 1"),
    ("--robot ur5 --pose 1 2 3 0 0 0 2", "--pose 1 has a quaternion of length 2 and not 1: scaled it is 0 0 0 1"),
    ("--robot ur5 --pose 1 2 3 0 0 0 1.002", "a quaternion of length 1.002 and not 1"),
    ("--robot ur5 --pose 1 2 3 0 0 inf 1", "--pose 1 has the number inf"),
    ("--robot ur5 --pose 1 2 3 --rpy 0 nan 0", "--rpy has the number nan: angles are in degrees, within"),
    ("--robot ur5 --pose 1 2 3 --rpy 0 0", "argument --rpy: expected 3 arguments"),
    ("--robot ur5 --pose 1 2 3 0 0 0 1 --rpy 0 0 0", "3 numbers (x y z in metres) beside --rpy, and has 7"),
    ("--robot ur5 --targets a.csv --rpy 0 0 0", "--rpy belongs to --pose or --target"),
    ("--model POSES --target 1 2 3", "it learned poses, which have an orientation: give --pose X Y Z QX QY QZ QW"),
    ("--model POSES --pose 1 2 3 0 0 0 0", "a quaternion of length 0"),
    ("--model POSITIONS --pose 1 2 3 0 0 0 1", "it learned positions and no orientations: give --target X Y Z"),
    ("--robot ur5 --target 1 2 3 --rpy 0 0 0 --rpy 0 0 0", "there are 1 --target and 2 --rpy: each needs its own"),
    ("--model POSITIONS --target 1 2 3 0 0 0 1", "it learned positions and no orientations: give --target X Y Z"),
    ("--model POSITIONS --target 1 2 3 --rpy 0 0 0", "it learned positions and no orientations"),
]


@pytest.mark.parametrize(("arguments", "says"), MISTAKES, ids=[arguments for arguments, _ in MISTAKES])
def test_a_mistake_ends_in_one_line(capsys, of_positions, of_poses, arguments, says):
    named = arguments.replace("POSITIONS", of_positions).replace("POSES", of_poses)
    code, out, err = solve(capsys, *named.split())
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


@pytest.mark.parametrize(
    ("which", "header", "says"),
    [
        (
            "of_poses",
            "x,y,z",
            "it learned poses, which have an orientation: give --pose X Y Z QX QY QZ QW, --pose X Y Z",
        ),
        ("of_positions", "x,y,z,qx,qy,qz,qw", "or a CSV file without qx, qy, qz and qw"),
    ],
)
def test_a_file_of_another_task_than_the_models_is_refused(capsys, request, tmp_path, which, header, says):
    path = tmp_path / "targets.csv"
    path.write_text(f"{header}\n" + ",".join((*PLACE, *TURNED)[: header.count(",") + 1]))
    code, out, err = solve(capsys, "--model", request.getfixturevalue(which), "--targets", path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
