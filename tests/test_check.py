"""`emssl-bench check`: whether the suite can use an arm."""

import re

import matplotlib.image
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import robots
from emssl_bench.cli import agreement
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.client import MOST_JOINTS
from emssl_bench.joint_space import JointSpace
from tests.commands import run
from tests.urdf_files import joint, load

ARM = (
    joint("lift", "a", "b", kind="prismatic", axis="0 0 3"),
    joint("shoulder", "b", "c", axis="0 1 1", rpy="0.3 0 0"),
    joint("elbow", "c", "d", kind="continuous", xyz="0.4 0 0"),
    joint("hand", "d", "e", kind="fixed", xyz="0.2 0 0.1"),
    joint("eye", "c", "f", kind="fixed", xyz="0 0 0.1"),
)


@pytest.fixture
def arm_file(tmp_path):
    load(tmp_path, *ARM, tip="e")
    return tmp_path / "arm.urdf"


def test_it_prints_the_chain_compares_the_models_and_draws_the_workspace(capfd, arm_file, tmp_path):
    code, out, err = run(capfd, "check", str(arm_file), "--tip", "e", "--out", str(tmp_path / "out"))
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("arm: 3 moving joints, reach 2.604 m from the first (URDF file arm.urdf)")
    assert re.fullmatch(r"lift +prismatic +0 0 1 +\[-2, 2\] m +0 0 0.2 +0 0 0", lines[2])
    assert re.fullmatch(r"shoulder +revolute +0 0.7071 0.7071 +\[-114.6, 114.6\]° +0 0 0.2 +0.3 0 0", lines[3])
    assert re.fullmatch(r"elbow +continuous +0 1 0 +none +0.4 0 0 +0 0 0", lines[4])
    assert re.fullmatch(r"tip: e +0.2 0 0.1 +0 0 0", lines[5])
    assert lines[6] == "Joint space: ±180° on every joint that turns; the limits leave 63.7 % of its volume."
    for line, model in zip(lines[7:9], ("PyBullet", "pinocchio"), strict=True):
        apart = r"at most \d\.\de-1\d m and \d\.\de-1\d rad apart in 3,000 configurations"
        assert re.match(rf"{model} .* {apart}, within 1e-09 m and 1e-09 rad", line)
    assert lines[9] == f"Workspace: {tmp_path / 'out' / 'workspace-arm.png'}"
    assert lines[10] == f"The suite can use this arm: --robot {arm_file} --tip e"
    picture = matplotlib.image.imread(tmp_path / "out" / "workspace-arm.png")
    assert picture[..., :3].min(axis=2).mean() < 0.98, "something is drawn"


class ShiftedArm(BulletArm):
    """Wrong by two nanometres."""

    def frames(self, joint_angles):
        return np.add(super().frames(joint_angles), [2e-9, 0, 0, 0, 0, 0, 0])


class TurnedArm(BulletArm):
    """Wrong by three nanoradians."""

    def frames(self, joint_angles):
        frames = super().frames(joint_angles)
        turned = Rotation.from_rotvec([0, 3e-9, 0]) * Rotation.from_quat(frames[:, 3:])
        return np.concatenate([frames[:, :3], turned.as_quat()], axis=1)


@pytest.mark.parametrize(
    ("arm", "apart"), [(ShiftedArm, r"2\.0e-09 m and .*e-1. rad"), (TurnedArm, "m and 3.0e-09 rad")]
)
def test_a_disagreement_is_said_and_ends_with_exit_code_1(arm, apart, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("emssl_bench.forward.bullet.BulletArm", arm)
    code, out, err = run(capsys, "check", "planar3", "--out", str(tmp_path))
    assert code == 1
    assert err == "emssl-bench: planar3: the forward models disagree; this arm cannot be used.\n"
    says = rf"{apart} apart in 3,000 configurations, not within 1e-09 m and 1e-09 rad: THEY DISAGREE"
    assert re.search(says, out)
    assert "can use this arm" not in out


@pytest.mark.parametrize("differences", [(np.nan, 0.0), (0.0, np.nan)])
def test_what_is_no_number_is_a_disagreement(differences):
    assert agreement.Agreement("PyBullet", "", *differences).disagrees


def test_pinocchio_catches_an_arm_that_was_read_wrongly(arm_file):
    # PyBullet is given what we have read, so that it cannot.
    robot = robots.load(arm_file, "e")
    space = JointSpace.of(robot, 90)
    agreements = agreement.compared(robot.lengthened(1e-6), arm_file, "e", space)
    assert [each.disagrees for each in agreements] == [False, True]


def test_without_pybullet_and_pinocchio_the_chain_alone_is_left(capsys, monkeypatch, arm_file, tmp_path):
    import importlib.util

    find_spec = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "pybullet" else find_spec(name))
    monkeypatch.setitem(__import__("sys").modules, "pinocchio", None)
    code, out, err = run(capsys, "check", str(arm_file), "--tip", "e", "--out", str(tmp_path))
    assert (code, err) == (0, "")
    assert "PyBullet: not compared, the forward model 'bullet' needs PyBullet: pip install pybullet" in out
    assert "pinocchio: not compared, it is not installed (pip install pin)." in out
    assert out.endswith(f"The suite can use this arm: --robot {arm_file} --tip e --forward chain\n")


def test_an_arm_too_long_for_pybullet_can_be_used_with_the_chain(capsys, tmp_path):
    names = [f"link{number}" for number in range(MOST_JOINTS + 2)]
    load(
        tmp_path, *(joint(f"j{i}", names[i], names[i + 1], xyz="0.01 0 0") for i in range(len(names) - 1)), links=names
    )
    arm = str(tmp_path / "arm.urdf")
    code, out, _ = run(capsys, "check", arm, "--out", str(tmp_path))
    assert code == 0
    assert f"PyBullet: not compared, {arm} has 127 moving joints, and PyBullet holds at most 126" in out
    assert out.endswith("--forward chain\n")
    for command in ("run", "adapt", "sampling"):
        code, out, err = run(capsys, command, "--robot", arm, "--out", str(tmp_path / "out"))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "PyBullet holds at most 126: use --forward chain" in err


def test_pinocchio_may_refuse_a_file_that_we_can_use(arm_file):
    arm_file.write_text(arm_file.read_text().replace('<robot name="r">', "<robot>"))
    agreements = agreement.compared(robots.load(arm_file, "e"), arm_file, "e", JointSpace(3 * (-1,), 3 * (1,)))
    assert str(agreements[1]).startswith("pinocchio: not compared, it cannot read the file: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["{arm}"], "several branches, name the end with --tip. One of: e, f (or a link before it)."),
        (["{arm}", "--tip", "hand"], "no link 'hand'. Links: a, b, c, d, e, f."),
        (["{arm}", "--tip", "e", "--joint-range", "0"], "a joint range is over 0 and at most 360 degrees, not 0"),
        (["{arm}", "--tip", "e", "--joint-range", "x"], "argument --joint-range: must be a number, not 'x'"),
        (["{arm}", "--tip", "e", "--out", "{arm}"], "cannot be written"),
        (["paper7"], "unknown robot 'paper7': did you mean 'paper6'?"),
        (["none.urdf"], "none.urdf: cannot be read (No such file or directory)"),
        ([], "the following arguments are required: ARM"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_code_2(capsys, arm_file, arguments, says):
    code, _, err = run(capsys, "check", *(each.format(arm=arm_file) for each in arguments))
    assert (code, err.count("\n")) == (2, 1)
    assert says in err


def test_an_end_effector_that_no_joint_moves_is_refused(capsys, tmp_path):
    load(tmp_path, joint("j", "a", "b", axis="0 0 1"), joint("k", "b", "c", axis="0 0 1"), links="abc")
    code, _, err = run(capsys, "check", str(tmp_path / "arm.urdf"), "--out", str(tmp_path))
    assert (code, err.count("\n")) == (2, 1)
    assert f"{tmp_path / 'arm.urdf'} turns about its end effector, which stays where it is" in err


BROKEN = {
    "a mimic joint": (*ARM[:1], joint("k", "b", "c", kind="continuous", more='<mimic joint="left"/>')),
    "no moving joint": (joint("j", "a", "b", kind="fixed"), joint("k", "b", "c", kind="fixed")),
    "a broken file": ("<joint",),
    "a number that is none": (joint("j", "a", "b", xyz="0 0 nan"), joint("k", "b", "c")),
    "a line break in a name": (joint("j&#10;j", "a", "b", axis="0 0 0"), joint("k", "b", "c&#10;c", axis="0 0 0")),
}
ENTITIES = '<!DOCTYPE robot [<!ENTITY a SYSTEM "file:///etc/hostname">]><robot name="&a;"/>'


@pytest.mark.parametrize("command", ["check", "run", "adapt", "sampling"])
@pytest.mark.parametrize("broken", [*BROKEN, "entities"])
def test_an_arm_that_cannot_be_used_is_one_line_in_every_command(capfd, tmp_path, command, broken):
    links = "".join(f'<link name="{name}"/>' for name in ("a", "b", "c"))
    document = ENTITIES if broken == "entities" else f'<robot name="r">{links}{"".join(BROKEN[broken])}</robot>'
    (tmp_path / "arm.urdf").write_text(document)
    arm = [str(tmp_path / "arm.urdf")] if command == "check" else ["--robot", str(tmp_path / "arm.urdf")]
    code, out, err = run(capfd, command, *arm, "--out", str(tmp_path / "out"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"emssl-bench: {tmp_path / 'arm.urdf'}: ")
    assert not (tmp_path / "out").exists()
