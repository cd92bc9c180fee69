"""Which arm a URDF file holds: where it begins and ends, what is locked, what follows what, what has no limits."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import robots
from emssl_bench.adaptation.identification import identified
from emssl_bench.cli.agreement import pinocchio_positions
from emssl_bench.exceptions import InvalidValue, RobotError
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.forward.pool import BulletPool
from emssl_bench.forward.usual import UsualArm
from emssl_bench.joint_space import JointSpace
from robots import urdf
from robots.changes import Change
from robots.reach import require_moving
from robots.spec import Coordinate, RobotSpec
from tests.test_cli import run
from tests.test_random_urdfs import assert_same_places, axis, few, many, rpy, text, written, xyz
from tests.test_urdf import joint, load

pinocchio = pytest.importorskip("pinocchio")


def limit(lower=None, upper=None):
    bounds = "".join(f' {name}="{value}"' for name, value in (("lower", lower), ("upper", upper)) if value is not None)
    return f'<limit{bounds} effort="1" velocity="1"/>'


def mimic(of, times=None, plus=None):
    more = "".join(
        f' {name}="{value}"' for name, value in (("multiplier", times), ("offset", plus)) if value is not None
    )
    return f'<mimic joint="{of}"{more}/>'


def by_pinocchio(path, tip, base, angles):
    """Where pinocchio has `tip`, seen from `base`, with joints at `angles`; and no other help of ours."""
    model = pinocchio.buildModelFromUrdf(str(path))
    data, configuration = model.createData(), pinocchio.neutral(model)
    for name, angle in angles.items():
        each = model.joints[model.getJointId(name)]
        value = (math.cos(angle), math.sin(angle)) if each.nq == 2 else (angle,)
        configuration[each.idx_q : each.idx_q + each.nq] = value
    pinocchio.framesForwardKinematics(model, data, configuration)
    begin, end = (data.oMf[model.getFrameId(link, pinocchio.FrameType.BODY)] for link in (base, tip))
    return begin.actInv(end).translation


# Where it begins.

CART = joint("bx", "a", "b", kind="prismatic", axis="1 0 0", more=limit(-999999, 999999))
ON_A_CART = (CART, joint("one", "b", "c", rpy="0.3 0 1"), joint("two", "c", "d"), joint("f", "d", "e", "fixed"))


def test_what_carries_the_base_is_left_out_and_positions_are_in_its_frame(tmp_path, rng):
    arm = load(tmp_path, *ON_A_CART, links="abcde", base="b")
    assert arm.joint_names == ("one", "two")
    assert arm == load(tmp_path, *ON_A_CART[1:], links="bcde")
    load(tmp_path, *ON_A_CART, links="abcde", base="b")
    for row in rng.uniform(-2, 2, (5, 2)):
        angles = {"bx": 7.0, "one": row[0], "two": row[1]}
        expected = by_pinocchio(tmp_path / "arm.urdf", "e", "b", angles)
        np.testing.assert_allclose(ChainArm(arm).positions(row[None])[0], expected, atol=1e-12)


@pytest.mark.parametrize("kind", ["floating", "planar", "prismatic"])
@pytest.mark.parametrize("bounds", [limit(), limit(-1e6, 1e6), ""])
def test_a_mobile_base_is_refused_with_the_base_that_leaves_it_out(tmp_path, kind, bounds):
    cart = joint("cart", "a", "b", kind=kind, more=bounds)
    with pytest.raises(RobotError, match=r"joint 'cart' (is|slides) .* --base b leaves it out\.$"):
        load(tmp_path, cart, *ON_A_CART[1:], links="abcde")
    assert load(tmp_path, cart, *ON_A_CART[1:], links="abcde", base="b").dof == 2


def test_a_mobile_base_with_several_joints_and_arms_is_left_out_as_a_whole(tmp_path):
    dummy = (joint("x", "w", "x", "prismatic", more=limit()), joint("free", "x", "y", "floating"))
    arms = joint("one", "y", "a"), joint("two", "y", "b"), joint("end", "a", "c"), joint("other", "b", "d")
    with pytest.raises(RobotError, match="--base y --tip c leaves it out") as refused:
        load(tmp_path, *dummy, *arms, links="wxyabcd")
    assert "joint 'free' is floating" in str(refused.value) or "joint 'x' is prismatic" in str(refused.value)
    assert load(tmp_path, *dummy, *arms, links="wxyabcd", base="y", tip="c").joint_names == ("one", "end")
    with pytest.raises(RobotError, match=r"name the end with --tip\. One of: c, d"):
        load(tmp_path, *dummy, *arms, links="wxyabcd", base="y")


def test_a_base_that_is_none_is_named(tmp_path):
    with pytest.raises(RobotError, match="no link 'bb': did you mean 'b'"):
        load(tmp_path, *ON_A_CART, links="abcde", base="bb")
    with pytest.raises(RobotError, match="'d' does not carry the end 'c': a, b do"):
        load(tmp_path, *ON_A_CART, links="abcde", base="d", tip="c")
    with pytest.raises(RobotError, match="no moving joint between the base and the tip"):
        load(tmp_path, *ON_A_CART, links="abcde", base="d")
    with pytest.raises(RobotError, match="no moving joint between the base and the tip"):
        load(tmp_path, *ON_A_CART, links="abcde", base="e")


def test_a_named_arm_takes_a_base_too():
    whole, part = robots.load("panda7"), robots.load("panda7", base="panda_link2")
    assert part.joint_names == whole.joint_names[2:]
    assert part.name == "panda7:panda_link2:panda_hand"
    assert robots.load("panda7", "panda_link6", "panda_link2").name == "panda7:panda_link2:panda_link6"
    q = np.random.default_rng(0).uniform(-1, 1, 5)
    path, tip = robots.file_and_tip("panda7", base="panda_link2")
    expected = by_pinocchio(path, tip, "panda_link2", dict(zip(part.joint_names, q, strict=True)))
    np.testing.assert_allclose(ChainArm(part).positions(q[None])[0], expected, atol=1e-9)


def written_arm(*joints):
    return '<robot name="x"><link name="a"/><link name="b"/><link name="c"/>' + "".join(joints) + "</robot>"


def test_the_file_and_the_end_of_an_arm_are_those_that_load_takes(tmp_path):
    assert robots.file_and_tip("ur5") == (robots.urdf_path("ur5"), "tool0")
    assert robots.file_and_tip("ur5", "wrist_1_link") == (robots.urdf_path("ur5"), "wrist_1_link")
    file = tmp_path / "arm.urdf"
    file.write_text(written_arm(joint("one", "a", "b"), joint("two", "b", "c")))
    assert robots.file_and_tip(file) == (file, "c")
    assert robots.file_and_tip(str(file), "b") == (file, "b")
    file.write_text(written_arm(joint("one", "a", "b"), joint("two", "a", "c")))
    with pytest.raises(RobotError, match=r"arm\.urdf: several branches"):
        robots.file_and_tip(file)


# What is locked, and what has no limits.


@pytest.mark.parametrize("kind", ["revolute", "prismatic"])
def test_a_locked_joint_is_a_fixed_one_at_its_value(tmp_path, kind, rng):
    joints = (
        joint("one", "a", "b", axis="1 2 0"),
        joint("locked", "b", "c", kind=kind, rpy="0.2 0 0.1", axis="1 0 1", more=limit(0.4, 0.4)),
        joint("two", "c", "d", axis="0 0 1", xyz="0.1 0 0.3"),
        joint("f", "d", "e", "fixed"),
    )
    arm = load(tmp_path, *joints, links="abcde")
    path = tmp_path / "arm.urdf"
    assert arm.joint_names == ("one", "two")
    assert urdf.held(path, "e") == {"locked": 0.4}
    q = rng.uniform(-2, 2, (20, 2))
    found = ChainArm(arm).positions(q)
    expected = [by_pinocchio(path, "e", "a", {"one": a, "two": b, "locked": 0.4}) for a, b in q]
    assert_same_places(found, np.array(expected))
    assert_same_places(pinocchio_positions(pinocchio, arm, path, "e", q), found)


def test_a_prismatic_joint_from_0_to_0_is_locked_there(tmp_path):
    slide = joint("slide", "b", "c", kind="prismatic", more=limit(0, 0))
    assert load(tmp_path, joint("one", "a", "b"), slide, links="abc").joint_names == ("one",)


@pytest.mark.parametrize("bounds", [limit(), limit(0, 0), limit(0), limit(upper="-0.0"), ""])
def test_a_joint_without_limits_takes_a_range_in_degrees_and_has_no_own_limits(tmp_path, bounds):
    arm = load(tmp_path, joint("one", "a", "b", more=bounds), joint("two", "b", "c"), links="abc")
    assert arm.coordinates[0].bounds_missing
    space = JointSpace.of(arm, 90)
    assert (space.lower[0], space.upper[0]) == (-math.pi / 2, math.pi / 2)
    with pytest.raises(
        InvalidValue, match=r"joint 'one' of .*arm\.urdf has no limits in its file .* such as --joint-range"
    ):
        JointSpace.of(arm, "limits")
    assert arm.digest == load(tmp_path, joint("o", "a", "b", "continuous"), joint("t", "b", "c"), links="abc").digest


@pytest.mark.parametrize("bounds", [limit(), ""])
def test_a_prismatic_joint_without_limits_needs_some(tmp_path, bounds):
    slide = joint("slide", "b", "c", kind="prismatic", more=bounds)
    with pytest.raises(RobotError, match="joint 'slide' is prismatic and its <limit> has no lower and upper: it needs"):
        load(tmp_path, joint("one", "a", "b"), slide, joint("two", "c", "d"), links="abcd")


def test_one_bound_alone_has_0_beside_it_as_readers_have_it(tmp_path):
    arm = load(
        tmp_path, joint("one", "a", "b", more=limit(-1)), joint("two", "b", "c", more=limit(upper=1)), links="abc"
    )
    assert [(each.lower, each.upper) for each in arm.coordinates] == [(-1, 0), (0, 1)]
    with pytest.raises(
        RobotError, match=r"limits \[0.5, 0\] \(upper is left out, which stands for 0\): the lower must"
    ):
        load(tmp_path, joint("one", "a", "b", more=limit(0.5)), joint("two", "b", "c"), links="abc")


# What follows what.


def test_a_joint_follows_another_in_every_forward_model(tmp_path, rng, bullet_arm):
    joints = (
        joint("one", "a", "b", axis="0 0 1"),
        joint("three", "b", "c", axis="1 0 0", more=limit(-9, 9) + mimic("two", -0.5, 0.3)),
        joint("two", "c", "d", axis="0 1 0"),
        joint("slide", "d", "e", "prismatic", axis="0 1 1", more=limit(-9, 9) + mimic("three", 0.1)),
        joint("finger", "e", "f", axis="0 1 0", more=limit(-9, 9) + mimic("outside", 2)),
        joint("outside", "b", "g", kind="continuous"),
        joint("end", "f", "h", "fixed", xyz="0.3 0.1 0"),
    )
    arm = load(tmp_path, *joints, links="abcdefgh", tip="h")
    assert arm.joint_names == ("one", "two", "outside")
    q = rng.uniform(-2, 2, (40, 3))

    def all_angles(one, two, outside):
        three = -0.5 * two + 0.3
        return {"one": one, "two": two, "three": three, "slide": 0.1 * three, "finger": 2 * outside}

    expected = np.array([by_pinocchio(tmp_path / "arm.urdf", "h", "a", all_angles(*row)) for row in q])
    assert_same_places(ChainArm(arm).positions(q), expected)
    assert_same_places(bullet_arm(arm).positions(q), expected)
    assert_same_places(pinocchio_positions(pinocchio, arm, tmp_path / "arm.urdf", "h", q), expected)
    pool = BulletPool(arm, workers=1)
    np.testing.assert_array_equal(pool.positions(q), bullet_arm(arm).positions(q))
    pool.close()
    usual = UsualArm(arm)
    np.testing.assert_allclose(usual.positions(q), expected, atol=1e-6)
    usual.close()
    angles = torch.tensor(q[:2], requires_grad=True)
    assert torch.autograd.gradcheck(ChainArm(arm), (angles,))


def test_the_space_keeps_followers_within_their_limits_too(tmp_path):
    joints = (
        joint("one", "a", "b", more=limit(-2, 2)),
        joint("two", "b", "c", more=limit(-1, 0.5) + mimic("one", -0.5, 0.25)),
        joint("three", "c", "d", more=limit(0, 3) + mimic("driver", 2)),
        joint("driver", "a", "e", more=limit(-1, 1)),
    )
    arm = load(tmp_path, *joints, links="abcde", tip="d")
    assert [(each.name, each.lower, each.upper) for each in arm.coordinates] == [("one", -0.5, 2), ("driver", 0, 1)]
    drawn = arm.of_every_joint(JointSpace.of(arm, "limits").sample(1000, np.random.default_rng(0)))
    assert (drawn >= [-2, -1, 0]).all()
    assert (drawn <= [2, 0.5, 3]).all()
    assert JointSpace.of(arm, 20).lower[0] == math.radians(-20)


def test_several_followers_of_one_joint_outside_share_it(tmp_path):
    joints = (
        joint("left", "a", "b", more=limit(-2, 2) + mimic("motor")),
        joint("right", "b", "c", more=limit(-2, 2) + mimic("motor", -1)),
        joint("motor", "a", "d", more=limit(-1, 1)),
    )
    arm = load(tmp_path, *joints, links="abcd", tip="c")
    assert arm.joint_names == ("motor",)
    assert [driver.name for driver in arm.drivers] == ["motor"]


@pytest.mark.parametrize(
    ("second", "names"),
    [
        (limit(-1, 1) + mimic("one", 0, 0.4), ("one",)),
        (limit(-1, 1) + mimic("fixed", 3, 0.4), ("one",)),
        (limit(-1, 1) + mimic("locked", 2, -0.4), ("one",)),
    ],
)
def test_what_follows_something_that_stays_is_fixed(tmp_path, second, names):
    joints = (
        joint("one", "a", "b"),
        joint("two", "b", "c", more=second),
        joint("fixed", "a", "d", "fixed"),
        joint("locked", "a", "e", more=limit(0.4, 0.4)),
    )
    arm = load(tmp_path, *joints, links="abcde", tip="c")
    assert arm.joint_names == names
    assert urdf.held(tmp_path / "arm.urdf", "c") == {"two": pytest.approx(0.4)}


def test_a_fixed_joint_that_says_it_mimics_is_fixed(tmp_path):
    arm = load(tmp_path, joint("one", "a", "b"), joint("two", "b", "c", "fixed", more=mimic("one")), links="abc")
    assert arm.joint_names == ("one",)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (mimic("onne"), "'two' mimics 'onne', which is no joint: did you mean 'one'"),
        (mimic("two"), "mimic each other in a loop: two, two"),
        (mimic("three"), "mimic each other in a loop: two, three, two"),
        ("<mimic/>", "the <mimic> of joint 'two' has no 'joint' attribute"),
        (mimic("one", "x"), "multiplier='x' in its <mimic>: that takes one finite number"),
        (mimic("one", 1, "nan"), "offset='nan' in its <mimic>"),
        (mimic("one", 1, 9), r"joint 'one' has nowhere to go: the limits of what mimics it \(two, three\)"),
        (mimic("free"), "'free' is floating: only"),
    ],
)
def test_a_mimic_joint_that_makes_no_sense_is_named(tmp_path, more, says):
    joints = (
        joint("one", "a", "b"),
        joint("two", "b", "c", more=limit(-1, 1) + more),
        joint("three", "c", "d", more=limit(-1, 1) + mimic("two")),
        joint("free", "a", "e", "floating"),
    )
    with pytest.raises(RobotError, match=says):
        load(tmp_path, *joints, links="abcde", tip="d")


def test_what_slides_with_something_that_turns_without_end_needs_a_bound(tmp_path):
    slide = joint("slide", "b", "c", "prismatic", more=mimic("one", 0.1))
    with pytest.raises(RobotError, match="slides mimics one that turns without end"):
        load(tmp_path, joint("one", "a", "b", "continuous"), slide, links="abc")


def test_an_arm_with_a_follower_is_identified_and_its_encoders_shift_the_follower_too(tmp_path, rng):
    joints = (
        joint("one", "a", "b", axis="0 0 1"),
        joint("two", "b", "c", axis="0 1 0"),
        joint("three", "c", "d", axis="1 1 0", more=limit(-9, 9) + mimic("two", -0.5)),
        joint("end", "d", "e", "fixed", xyz="0.3 0 0"),
    )
    arm = load(tmp_path, *joints, links="abcde")
    shifted = Change.parse("encoders=5").applied(arm, np.random.default_rng(1))
    offsets = np.radians(np.random.default_rng(1).normal(scale=5, size=2))
    q = rng.uniform(-2, 2, (60, 2))
    np.testing.assert_allclose(ChainArm(shifted).positions(q), ChainArm(arm).positions(q + offsets), atol=1e-12)
    found = identified(arm, q, ChainArm(shifted).positions(q))
    unseen = rng.uniform(-2, 2, (50, 2))
    np.testing.assert_allclose(found.positions(unseen), ChainArm(shifted).positions(unseen), atol=1e-5)
    longer = arm.lengthened(0.01)
    assert np.abs(ChainArm(longer).positions(q) - ChainArm(arm).positions(q)).max() > 0.01


def test_the_digest_knows_what_follows_what_and_nothing_of_names(tmp_path):
    def arm(times, master="one", plus=0):
        second = joint("two", "b", "c", axis="1 0 0", more=limit(-1, 1) + mimic(master, times, plus))
        return load(tmp_path, joint(master, "a", "b"), second, links="abc")

    assert arm(1).digest == arm(1, "uno").digest
    free = load(tmp_path, joint("one", "a", "b"), joint("two", "b", "c", axis="1 0 0", more=limit(-1, 1)), links="abc")
    assert len({arm(1).digest, arm(-1).digest, arm(1, plus=0.1).digest, free.digest}) == 4


def test_an_arm_that_is_made_by_hand_follows_what_there_is(planar3):
    one, two, three = planar3.joints
    with pytest.raises(RobotError, match="'joint3' follows 'jont', which is no coordinate"):
        replace(planar3, joints=(one, two, replace(three, follows="jont")))
    with pytest.raises(RobotError, match="times 0: that is a fixed joint"):
        replace(planar3, joints=(one, two, replace(three, follows="joint1", multiplier=0.0)))
    driver = Coordinate("motor", "prismatic", 0, 1)
    arm = RobotSpec("r", (one, replace(two, follows="motor")), (1, 0, 0), (0, 0, 0), "", (driver,))
    assert arm.joint_names == ("joint1", "motor")


@st.composite
def mimicking_files(draw):
    """A chain of which some joints mimic others, which may come after them or be on another branch."""
    count = draw(st.integers(2, 6))
    kinds = draw(st.lists(st.sampled_from(["revolute", "prismatic"]), min_size=count, max_size=count))
    order = draw(st.permutations(range(count)))  # a joint mimics one that is before it here: never a loop
    pieces, masters = [], {}
    for place, number in enumerate(order):
        more = '<limit lower="-50" upper="50" effort="1" velocity="1"/>'
        if place and draw(st.booleans()):
            master, times, plus = draw(st.sampled_from(order[:place])), *draw(st.tuples(*2 * [st.floats(-1.5, 1.5)]))
            masters[number] = master, times, plus
            more += f'<mimic joint="j{master}" multiplier="{times!r}" offset="{plus!r}"/>'
        parent = number if number != count - 1 or count < 3 else 0
        pieces.append(
            f'<joint name="j{number}" type="{kinds[number]}"><parent link="l{parent}"/><child link="l{number + 1}"/>'
            f'<origin xyz="{text(draw(xyz))}" rpy="{text(draw(rpy))}"/><axis xyz="{text(draw(axis))}"/>{more}</joint>'
        )
    tip = f"l{count - 1}" if count >= 3 else f"l{count}"
    pieces.append(
        f'<joint name="f" type="fixed"><parent link="{tip}"/><child link="tip"/><origin xyz="1 0.3 0.2"/></joint>'
    )
    links = "".join(f'<link name="{name}"/>' for name in [*(f"l{i}" for i in range(count + 1)), "tip"])
    return f'<robot name="r">{links}{"".join(draw(st.permutations(pieces)))}</robot>', masters


def angle_of(number, masters, free):
    if number not in masters:
        return free[number]
    master, times, plus = masters[number]
    return times * angle_of(master, masters, free) + plus


@many
@given(mimicking_files())
def test_whatever_mimics_whatever_pinocchio_agrees(tmp_path_factory, file):
    document, masters = file
    path = written(tmp_path_factory.mktemp("mimics"), document)
    try:
        arm = robots.load(path, "tip")
    except RobotError as error:
        if re.search("nowhere to go|no moving joint|cannot move|turns about", str(error)):
            return
        raise
    names = [joint.get("name") for joint in ElementTree.fromstring(document).findall("joint")]
    for row in np.random.default_rng(0).uniform(-1, 1, (3, arm.dof)):
        chosen = dict(zip(arm.joint_names, row, strict=True))
        free = {int(name[1:]): chosen.get(name, 0.0) for name in names if name != "f"}
        angles = {f"j{number}": angle_of(number, masters, free) for number in free}
        expected = by_pinocchio(path, "tip", "l0", angles)
        assert np.linalg.norm(ChainArm(arm).positions(row[None])[0] - expected) <= 1e-9


@few
@given(mimicking_files())
def test_whatever_mimics_whatever_pybullet_agrees_with_the_chain(tmp_path_factory, file):
    try:
        arm = robots.load(written(tmp_path_factory.mktemp("mimics"), file[0]), "tip")
    except RobotError:
        return
    q = np.random.default_rng(0).uniform(-1, 1, (5, arm.dof))
    bullet = BulletArm(arm)
    try:
        assert_same_places(bullet.positions(q), ChainArm(arm).positions(q))
    finally:
        bullet.close()


# What is suggested.

SUGGESTED_TIPS = re.compile(r"One of: (.*?) \(or a link before it\)")
SUGGESTED_ENDS = re.compile(r"--(base|tip) (\w+)")


@st.composite
def trees(draw):
    """Any tree of links, with joints that can be used and joints that cannot."""
    count = draw(st.integers(2, 9))
    pieces = []
    for number in range(1, count):
        kind = draw(
            st.sampled_from(
                ["revolute", "revolute", "revolute", "continuous", "prismatic", "fixed", "floating", "planar"]
            )
        )
        bounds = draw(st.sampled_from([limit(-1, 1), limit(-1, 1), limit(0.3, 0.3), limit(), limit(-1e7, 1e7), ""]))
        follow = draw(st.sampled_from(["", "", "", mimic("j1"), mimic("j2", -1), mimic("j3", 0), mimic("nobody")]))
        offset = draw(st.sampled_from(["0 0 0", "0 0 0.2", "0.1 0 0"]))
        turn = draw(st.sampled_from(["0 0 1", "0 1 0", "0 0 0"] if number % 4 == 0 else ["0 0 1", "0 1 0"]))
        parent = draw(st.integers(0, number - 1))
        pieces.append(
            joint(f"j{number}", f"l{parent}", f"l{number}", kind, xyz=offset, axis=turn, more=bounds + follow)
        )
    links = "".join(f'<link name="l{number}"/>' for number in range(count))
    return f'<robot name="r">{links}{"".join(pieces)}</robot>'


@many
@given(trees())
def test_every_end_and_base_that_is_suggested_loads(tmp_path_factory, document):
    path = written(tmp_path_factory.mktemp("trees"), document)
    try:
        robots.load(path)
    except RobotError as error:
        refused = str(error)
    else:
        return
    tips = SUGGESTED_TIPS.search(refused)
    for tip in tips[1].split(", ") if tips else []:
        require_moving(robots.load(path, tip))
    named = dict(SUGGESTED_ENDS.findall(refused)) if not tips else {}
    if named:
        require_moving(robots.load(path, **named))
    # For an end that was asked for, a base that is suggested does as well.
    for link in re.findall(r'link name="(\w+)"', document):
        try:
            robots.load(path, link)
        except RobotError as error:
            if base := dict(SUGGESTED_ENDS.findall(str(error))).get("base"):
                require_moving(robots.load(path, link, base))


def test_leaves_that_cannot_be_used_give_way_to_the_last_link_that_can(tmp_path):
    joints = (
        joint("one", "a", "b"),
        joint("two", "b", "c"),
        joint("left", "c", "d", more=limit(0, 1) + mimic("two", 0.1, 9)),
        joint("right", "c", "e", "floating"),
        joint("camera", "a", "f", "fixed"),
    )
    with pytest.raises(RobotError) as refused:
        load(tmp_path, *joints)
    assert "One of: c (or a link before it). (Not: d, e.) (Fixed to the base: f.)" in str(refused.value)


def test_an_only_end_that_cannot_be_used_gives_way_too(tmp_path):
    joints = joint("one", "a", "b"), joint("two", "b", "c"), joint("free", "c", "d", "floating", xyz="0 0 0")
    with pytest.raises(RobotError, match="up to a link before it can be used: --tip c"):
        load(tmp_path, *joints, links="abcd")


def test_an_end_that_stays_where_it_is_is_refused_and_never_suggested(capsys, tmp_path):
    coaxial = joint("j", "a", "b", axis="0 0 1"), joint("k", "b", "c", axis="0 0 1")
    arm = load(tmp_path, *coaxial, links="abc")
    with pytest.raises(RobotError, match=r"arm\.urdf turns about its end effector, which stays where it is"):
        require_moving(arm)
    for command in ("run", "adapt", "sampling"):
        code, out, err = run(capsys, command, "--robot", str(tmp_path / "arm.urdf"), "--out", str(tmp_path / "out"))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "turns about its end effector" in err
    with pytest.raises(RobotError, match=r"One of: e \(or a link before it\)\. \(Not: c\.\)"):
        load(tmp_path, *coaxial, joint("l", "b", "d"), joint("m", "d", "e"), links="abcde")


def test_many_ends_are_a_short_line_and_no_wait(tmp_path):
    star = [joint(f"j{number}", "hub", f"l{number}") for number in range(3_000)]
    links = ["base", "hub", *(f"l{number}" for number in range(3_000))]
    with pytest.raises(RobotError) as refused:
        load(tmp_path, joint("turn", "base", "hub"), *star, links=links)
    assert len(str(refused.value)) < 1_000


def test_published_arms_keep_their_digests():
    assert {name: robots.load(name).digest for name in robots.available()} == {
        "paper6": "6351f0969b78",
        "ur5": "65fbf6cfbcb8",
        "planar3": "f085d0e2474c",
        "iiwa7": "d77e6c5bbbe1",
        "panda7": "850dd1e46500",
        "xarm6": "6cf9c828df0b",
    }
