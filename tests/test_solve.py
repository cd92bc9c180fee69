"""The command `solve`: joint angles for targets, from a model or from least squares, in print, in CSV and drawn."""

import csv

import numpy as np
import pytest
from matplotlib.image import imread

import emssl_bench
import robots
from emssl_bench.forward.chain import ChainArm
from tests.commands import run
from tests.examples import SLIDER
from tests.models import trained

REACHABLE = ("0.3", "0.1", "0")


@pytest.fixture(scope="module")
def model(tmp_path_factory, planar3):
    return str(trained(tmp_path_factory.mktemp("model"), planar3, "lookup")[1])


def solve(capsys, *arguments):
    return run(capsys, "solve", *map(str, arguments))


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_model_answers_and_its_errors_are_said(capsys, model):
    code, out, err = solve(capsys, "--model", model, "--target", *REACHABLE, "--target", "0.2", "-2e-1", "0")
    answers = emssl_bench.load(model).solve([[0.3, 0.1, 0], [0.2, -0.2, 0]])
    assert out.startswith("Model: lookup for planar3 (3 joints, ±90°): mean error ")
    for target, angles, error_m in zip(("0.3 0.1 0", "0.2 -0.2 0"), *answers[:2], strict=True):
        block = out[out.index(f"{target} m\n") :]
        assert f"joint1  {angles[0, 0]:9.5f} rad  {np.degrees(angles[0, 0]):8.2f}°" in block
        assert f"error {1000 * error_m[0]:.2f} mm" in block
    assert code == (0 if answers.reached.all() else 1)
    assert "--refine model makes those within reach exact, --refine queries asks the arm." in out
    assert err.count("\n") == code


@pytest.mark.parametrize("refine", ["model", "queries"])
def test_refined_answers_are_exact(capsys, model, refine):
    how = ("--refine", refine, "--forward", "chain")
    code, out, err = solve(capsys, "--model", model, "--target", *REACHABLE, "--within", "0.2", *how)
    assert (code, err) == (0, "")
    assert "1 of 1 reached within 0.2 mm" in out
    assert ("queries of the arm" in out.split("Target 1")[1]) == (refine == "queries")


def test_what_is_out_of_reach_is_counted_and_ends_with_1(capsys, tmp_path):
    far = ("--target", "2", "0", "0", "--target", "0", "2", "0")
    code, out, err = solve(capsys, "--robot", "planar3", "--target", *REACHABLE, *far)
    assert (code, err) == (1, "emssl-bench: 2 of 3 targets were not reached within 1 mm.\n")
    assert "1 of 3 reached within 1 mm; mean error " in out
    assert out.count("NOT reached") == 2


def test_a_file_keeps_its_columns_and_gets_the_answers(capsys, tmp_path, model):
    targets, answers = tmp_path / "targets.csv", tmp_path / "new" / "answers.csv"
    targets.write_text('\ufeffname,z, x ,y,q1_rad\n"a, b",0,0.3,0.1,9\n\n"far ""away""",0,5,0,9\n')
    code, _, err = solve(capsys, "--model", model, "--targets", targets, "--refine", "model", "--out", answers)
    assert (code, err) == (1, "emssl-bench: 1 of 2 targets was not reached within 1 mm.\n")
    first, second = rows_of(answers)
    assert list(first) == ["name", "z", "x", "y", "q1_rad", "q2_rad", "q3_rad", "error_mm", "reached"]
    assert (first["name"], first["x"], first["reached"]) == ("a, b", "0.3", "yes")
    assert (second["name"], second["reached"]) == ('far "away"', "no")
    angles = np.array([[float(first[f"q{number}_rad"]) for number in (1, 2, 3)]])
    reached = ChainArm(robots.load("planar3")).positions(angles)
    np.testing.assert_allclose(reached, [[0.3, 0.1, 0]], atol=1e-5)
    again = tmp_path / "again.csv"
    assert solve(capsys, "--model", model, "--targets", answers, "--refine", "model", "--out", again)[0] == 1
    assert again.read_bytes() == answers.read_bytes(), "answers can be targets again"
    assert "qx" not in again.read_text()


def test_a_joint_that_slides_is_in_metres_and_many_targets_are_not_all_printed(capsys, tmp_path):
    arm, targets = tmp_path / "slider.urdf", tmp_path / "targets.csv"
    arm.write_text(SLIDER)
    rows = ChainArm(robots.load(arm)).positions(np.column_stack([np.linspace(-1, 1, 15), np.full(15, 0.3)]))
    targets.write_text("x,y,z\n" + "\n".join(",".join(map(repr, row)) for row in rows.tolist()))
    out_file = tmp_path / "answers.csv"
    options = ("--robot", arm, "--joint-range", "limits", "--targets", targets, "--out", out_file)
    code, out, err = solve(capsys, *options, "--draw", tmp_path / "arm.PNG")
    assert (code, err) == (0, "")
    assert "slide    0.30000 m\n" in out
    assert (out.count("Target "), "... and 5 more." in out) == (10, True)
    answers = rows_of(out_file)
    assert len(answers) == 15
    assert float(answers[0]["q2_m"]) == pytest.approx(0.3, abs=1e-5)
    assert imread(tmp_path / "arm.png").std() > 0.05


def test_the_drawn_arm_goes_from_the_base_to_where_the_end_effector_is(paper6, paper6_chain, rng):
    from emssl_bench.joint_space import JointSpace
    from emssl_bench.solvers.kinematics import Chain, joint_points

    angles = rng.uniform(-1, 1, (5, 6))
    chain = Chain.of(paper6, JointSpace.of(paper6, 90))
    for row, reached in zip(angles, paper6_chain.positions(angles), strict=True):
        line = joint_points(chain, row)
        assert line.shape == (8, 3)
        np.testing.assert_array_equal(line[0], 0)
        np.testing.assert_allclose(line[1], paper6.joints[0].origin_xyz_m)
        np.testing.assert_allclose(line[-1], reached, atol=1e-12)


MISTAKES = [
    ("--target 0 0 0", "give --model FILE, a trained model, or --robot ARM"),
    ("--robot ur5", "give --target X Y Z, --pose X Y Z QX QY QZ QW or --targets FILE.csv, in metres"),
    ("--robot ur5 --target 1 2 3 --targets a.csv", "or --targets FILE.csv, one of them"),
    ("--robot ur5 --target 1 2 3 --pose 1 2 3 0 0 0 1", "or --targets FILE.csv, one of them"),
    ("--robot ur5 --target 1 2 3 0 0 1", "or 7 (and a unit quaternion x y z w), and has 6"),
    ("--robot ur5 --target 1 2", "--target 1 takes 3 numbers (x y z in metres), or 7"),
    ("--robot ur5 --target 1 2 nan", "--target 1 has the number nan"),
    ("--robot ur5 --target 1 2 -inf", "--target 1 has the number -inf"),
    ("--robot ur5 --target 1 2 here", "must be a number, not 'here'"),
    ("--robot ur5 --target 1 2 3 --target 1 2 3 0 0 0 1", "positions or poses, not both"),
    (
        "--robot ur5 --target 1 2 3 1 1 1 1",
        "--target 1 has a quaternion of length 2 and not 1: scaled it is 0.5 0.5 0.5 0.5",
    ),
    ("--robot ur6 --target 1 2 3", "unknown robot 'ur6': did you mean 'ur5'?"),
    ("--robot ur5 --refine model --target 1 2 3", "--refine improves the answers of a --model"),
    ("--robot ur5 --joint-range 400 --target 1 2 3", "a joint range is over 0 and at most 360 degrees"),
    ("--robot ur5 --within 0 --target 1 2 3", "--within is over 0 mm"),
    ("--model MODEL --robot ur5 --target 1 2 3", "a model of the arm planar3"),
    ("--model MODEL --joint-range 90 --target 1 2 3", "the model fixes it"),
    ("--model MODEL --tip tool0 --target 1 2 3", "--tip belongs to --robot"),
    ("--model none.safetensors --target 1 2 3", "there is no such file"),
    ("--robot ur5 --target 1 2 3 --draw arm.gif", "--draw arm.gif: the file must end in .png or .pdf"),
    ("--robot ur5 --target 1 2 3 --out answers.txt", "--out answers.txt: the file must end in .csv"),
    ("--robot ur5 --target 1 2 3 --out file/answers.csv", "file cannot be written"),
    ("--robot ur5 --target 1 2 3 --draw folder.png", "--draw folder.png: it is a folder"),
    ("--robot ur5 --targets none.csv", "none.csv: cannot be read (No such file or directory)"),
]


@pytest.mark.parametrize(("arguments", "says"), MISTAKES, ids=[arguments for arguments, _ in MISTAKES])
def test_a_mistake_ends_in_one_line(capsys, tmp_path, monkeypatch, model, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("a file")
    (tmp_path / "folder.png").mkdir()
    code, out, err = solve(capsys, *arguments.replace("MODEL", model).split())
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


FILES = [
    ("", "the column x, y, z is missing"),
    ("x,y,z\n", "it has no targets"),
    ("x,y\n1,2\n", "the column z is missing; its first line must name x, y, z"),
    ("x;y;z\n1;2;3\n", "separated by commas, and has 'x;y;z'"),
    ("x,y,z\n1,2,3\n1,here,3\n", "line 3: y is 'here', which is no finite number"),
    ("x,y,z\n1,2,\n", "line 2: z is '', which is no finite number"),
    ("x,y,z\n1,2,nan\n", "line 2: z is 'nan'"),
    ("x,y,z\n1,2,1e9\n", "line 2: z is 1e+09: numbers are in metres"),
    ("x,y,z\n1,2\n", "line 2: it has 2 columns, and the first line 3"),
    ("x,x,y,z\n1,2,3,4\n", "it has the column x twice"),
    ("x,y,z,qx\n1,2,3,0\n", "the column qy, qz, qw is missing"),
    ("x,y,z,qx,qy,qz,qw\n1,2,3,0,0,0,9\n", "line 2 has a quaternion of length 9"),
    (b"\xff\xfe\x00", "it is no CSV file in UTF-8"),
]


@pytest.mark.parametrize(("content", "says"), FILES)
def test_a_file_that_has_no_targets_says_where(capsys, tmp_path, content, says):
    path = tmp_path / "targets.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    code, out, err = solve(capsys, "--robot", "ur5", "--targets", path, "--out", tmp_path / "answers.csv")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err
    assert [each.name for each in tmp_path.iterdir()] == ["targets.csv"]


def test_the_targets_are_never_overwritten(capsys, tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text("x,y,z\n0.3,0.1,0\n")
    code, _, err = solve(capsys, "--robot", "planar3", "--targets", path, "--out", tmp_path / "." / "targets.csv")
    assert (code, "it is the file of the targets, which would be lost" in err) == (2, True)
    assert path.read_text() == "x,y,z\n0.3,0.1,0\n"
