"""A message is short, however long or many the names in a file."""

import pytest

import robots
from emssl_bench.exceptions import EmsslBenchError, RobotError
from tests.commands import run
from tests.urdf_documents.documents import SOUND, changed, with_more


def star(count, kind="revolute"):
    links = "".join(f'<link name="leaf{i}"/>' for i in range(count))
    joint = '<joint name="j{0}" type="{1}"><parent link="hub"/><child link="leaf{0}"/></joint>'
    return f'<robot name="a"><link name="hub"/>{links}{"".join(joint.format(i, kind) for i in range(count))}</robot>'


def caterpillar(count):
    """A chain with a leaf on each of its links."""
    links = "".join(f'<link name="s{i}"/><link name="leaf{i}"/>' for i in range(count))
    joint = '<joint name="{1}" type="{2}"><parent link="s{0}"/><child link="{1}"/></joint>'
    joints = "".join(joint.format(i, f"leaf{i}", "continuous") for i in range(count))
    joints += "".join(joint.format(i, f"s{i + 1}", "fixed") for i in range(count - 1))
    return f'<robot name="a">{links}{joints}</robot>'


@pytest.mark.parametrize("document", [star(15_000), star(15_000, "fixed"), caterpillar(8_000)])
def test_very_many_links_are_named_in_part(load, document):
    with pytest.raises(RobotError, match=r"leaf\d+ and [\d,]+ more") as refused:
        load(document)
    assert len(str(refused.value)) < 1_000


LONG = "x" * 100_000
LONG_NAMES = {
    "of a link": with_more(f'<link name="{LONG}"/>'),
    "of two links": with_more(f'<link name="{LONG}"/>' * 2),
    "of a joint": changed('"j1"', f'"{LONG}"', changed('xyz="0 0 0.3"', 'xyz="0"')),
    "of a joint's limit": changed('"j1"', f'"{LONG}"', changed('lower="-2.5"', f'lower="{LONG}"')),
    "of a parent": changed('parent link="base"', f'parent link="{LONG}"'),
    "of a kind": changed('type="revolute"', f'type="{LONG}"'),
    "of a root": f"<{LONG}/>",
    "of a tag not closed": f"<{LONG}>",
    "of numbers": changed('"0 0 0.3"', f'"{"1 " * 10_000}"'),
    "of a number": changed('"0 0 0.3"', f'"{"9" * 10_000} 0 0"'),
    "of prefixes": with_more(f"<{LONG}:b:c><"),
}


@pytest.mark.parametrize("which", LONG_NAMES)
def test_a_message_is_short_however_long_the_names(load, which):
    with pytest.raises(RobotError) as refused:
        load(LONG_NAMES[which])
    assert len(str(refused.value)) < 1_000


def test_a_long_option_is_not_repeated_in_full(load, tmp_path, capsys):
    load(SOUND)
    for arguments in (["check", LONG], ["check", f"{LONG}.urdf"], ["check", str(tmp_path / "arm.urdf"), "--tip", LONG]):
        code, _, err = run(capsys, *arguments)
        assert code == 2
        assert len(err) < 1_500


@pytest.mark.parametrize("name", [LONG, "\0", "\udcff", "..", "/", "~", " "])
def test_no_name_ends_in_a_foreign_error(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EmsslBenchError):
        robots.load(name)
