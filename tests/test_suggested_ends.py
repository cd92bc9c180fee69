"""Ends and bases that are suggested where a URDF file leaves them open, or those given will not do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import robots
from emssl_bench.exceptions import RobotError
from robots.reach import require_moving
from tests.commands import run
from tests.random_urdfs import many, written
from tests.urdf_files import joint, limit, load, mimic

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
