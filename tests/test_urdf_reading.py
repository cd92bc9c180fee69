"""How a URDF file is read: as the other readers do, and a file that is none is refused by what it is."""

import gzip
import os
import socket
import struct

import numpy as np
import pytest

import robots
from emssl_bench.cli.agreement import BOUND_M, pinocchio_positions
from emssl_bench.exceptions import EmsslBenchError, RobotError, UnknownName
from emssl_bench.forward.chain import ChainArm
from tests.commands import run

DECLARATION = '<?xml version="1.0"?>'
ARM = (
    '<robot name="a"><link name="base"/><link name="l1"/><link name="l2"/><link name="tool"/>'
    '<joint name="j1" type="revolute"><parent link="base"/><child link="l1"/><origin xyz="0 0 0.3"/>'
    '<axis xyz="0 0 1"/><limit lower="-2.5" upper="2.5" effort="1" velocity="1"/></joint>\n'
    '<joint name="j2" type="revolute"><parent link="l1"/><child link="l2"/><origin xyz="0 0 0.2"/>'
    '<axis xyz="0 1 0"/><limit lower="-2" upper="2" effort="1" velocity="1"/></joint>\n'
    '<joint name="f" type="fixed"><parent link="l2"/><child link="tool"/><origin xyz="0.25 0 0"/></joint></robot>\n'
)
SOUND = DECLARATION + ARM
XACRO = """<?xml version="1.0"?><robot name="a" xmlns:xacro="http://www.ros.org/wiki/xacro">{}</robot>"""


def changed(old, new, document=SOUND):
    assert old in document
    return document.replace(old, new)


def with_more(xml):
    """The arm with something else inside of <robot>."""
    return changed("</robot>", f"{xml}</robot>")


@pytest.fixture
def load(tmp_path):
    def load(content, name="arm.urdf"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return robots.load(path)

    return load


@pytest.fixture
def sound(load):
    return load(SOUND)


READ_ALIKE = {
    "no declaration": ARM,
    "XML version 0.0": '<?xml version="0.0"?>' + ARM,
    "XML version 1.1": '<?xml version="1.1"?>' + ARM,
    "XML version 2": '<?xml version="2"?>' + ARM,
    "no XML version": '<?xml encoding="utf-8"?>' + ARM,
    "an empty declaration": "<?xml?>" + ARM,
    "a declaration without quotes": "<?xml version=1.0?>" + ARM,
    "a line before the declaration": "\n" + SOUND,
    "spaces before the declaration": " \t\r\n " + SOUND,
    "a comment before the declaration": "<!-- by hand -->\n" + SOUND,
    "a mark of byte order and a line before the declaration": "\ufeff\n" + SOUND,
    "two declarations": DECLARATION + SOUND,
    "a mark of byte order": "\ufeff" + SOUND,
    "an encoding that nobody knows": '<?xml version="1.0" encoding="foo"?>' + ARM,
    "an encoding spelt wrongly": '<?xml version="1.0" encoding="UTF_8"?>' + ARM,
    "UTF-8 that says it is ASCII": '<?xml version="1.0" encoding="us-ascii"?><!-- é -->' + ARM,
    "UTF-8 that says it is UTF-16": '<?xml version="1.0" encoding="utf-16"?>' + ARM,
    "UTF-16": ('<?xml version="1.0" encoding="utf-16"?>' + ARM).encode("utf-16"),
    "Latin-1 that says so": ('<?xml version="1.0" encoding="iso-8859-1"?><!-- é -->' + ARM).encode("latin-1"),
    "Latin-1 that does not say so": (DECLARATION + "<!-- é -->" + ARM).encode("latin-1"),
    "Latin-1 after a comment": '<!-- é --><?xml version="1.0" encoding="iso-8859-1"?>'.encode("latin-1") + ARM.encode(),
    "line ends of Windows": SOUND.replace("\n", "\r\n"),
    "single quotes": SOUND.replace('"', "'"),
    "an undeclared prefix on an attribute": changed('effort="1"', 'effort="1" drake:acceleration="30"'),
    "an undeclared prefix on an element": with_more('<drake:acceleration value="30"/>'),
    "an undeclared prefix on a link": with_more('<drake:link name="other"/>'),
    "a prefix on a link": with_more('<x:link xmlns:x="http://x" name="other"/>'),
    "an undeclared prefix on an origin": changed(
        '<origin xyz="0 0 0.3"/>', '<x:origin xyz="9 9 9"/><origin xyz="0 0 0.3"/>'
    ),
    "too many colons": with_more('<a:b:c d:e:f="1" :g="2" h:="3"/><:i/>'),
    "two prefixes of one namespace": with_more('<b xmlns:x="http://x" xmlns:y="http://x" x:a="1" y:a="2"/>'),
    "hundreds of undeclared prefixes": with_more("<x:y/>" * 300),
    "a namespace that is no address": changed("<robot", "<robot xmlns:x='no address %%' xmlns:y=''"),
    "a default namespace": changed("<robot", "<robot xmlns='http://www.ros.org'"),
    "a default namespace on one link": changed('<link name="l1"/>', '<link xmlns="http://x" name="l1"/>'),
    "hyphens in a comment": with_more("<!-- base -- the foot -->"),
    "hyphens at a comment's end": with_more("<!----- the foot ----->"),
    "a comment in a comment": with_more("<!-- a <!-- b --> c -->"),
    "a link in a comment with hyphens": with_more('<!-- a -- <link name="other"/> -->'),
    "a comment with hyphens and an arrow in CDATA": with_more("<!-- a --- --><x><![CDATA[ --> <!-- <joint> & ]]></x>"),
    "an instruction": with_more("<?editor tabs?>"),
    "a bare ampersand": with_more('<gazebo file="a&b">c & d &nbsp;</gazebo>'),
    "no space between attributes": changed('lower="-2.5" upper', 'lower="-2.5"upper'),
    "text between elements": with_more("text"),
    "a robot in the robot": with_more('<robot name="b"><link name="other"/></robot>'),
    "a joint of a transmission": with_more('<transmission><joint name="j1"/></transmission>'),
    "a second origin": changed('<origin xyz="0 0 0.3"/>', '<origin xyz="0 0 0.3"/><origin xyz="9 9 9"/>'),
    "a second axis": changed('<axis xyz="0 1 0"/>', '<axis xyz="0 1 0"/><axis xyz="1 0 0"/>'),
    "a DOCTYPE that declares nothing": DECLARATION + "<!DOCTYPE robot>" + ARM,
    "a DOCTYPE that nobody fetches": DECLARATION + '<!DOCTYPE robot SYSTEM "http://localhost:9/robot.dtd">' + ARM,
    "an entity in a comment": DECLARATION + "<!-- <!DOCTYPE robot [<!ENTITY a 'b'>]> -->" + ARM,
    "a property that xacro has left": with_more('<xacro:property xmlns:xacro="http://ros.org/wiki/xacro" name="x"/>'),
    "numbers in many ways": changed('"0.25 0 0"', '" +.25e0  -0 0.  "'),
    "numbers on several lines": changed('"0.25 0 0"', '"0.25\n\t0\r\n0"'),
    "a number below the smallest": changed('"0.25 0 0"', '"0.25 1e-400 0"'),
}


@pytest.mark.parametrize("which", READ_ALIKE)
def test_what_other_readers_pass_over_changes_nothing(load, sound, which):
    assert load(READ_ALIKE[which]) == sound


def test_a_name_in_another_encoding_is_read_by_its_letters(tmp_path, load):
    assert load(changed('"j1"', '"jöint"').encode("latin-1")).joint_names[0] == "jöint"
    assert load(changed('"j1"', '"j&b"')).joint_names[0] == "j&b"
    assert load(changed('"j1"', '"j&amp;b&#33;"')).joint_names[0] == "j&b!"


def test_an_origin_or_an_axis_that_is_not_there_has_its_default(load, sound, tmp_path):
    pinocchio = pytest.importorskip("pinocchio")
    for left_out in ('<origin xyz="0 0 0.3"/>', '<axis xyz="0 1 0"/>', ' xyz="0 0 0.2"'):
        robot = load(changed(left_out, ""))
        assert robot != sound
        joint_angles = np.random.default_rng(0).uniform(-1, 1, (5, 2))
        theirs = pinocchio_positions(pinocchio, robot, tmp_path / "arm.urdf", "tool", joint_angles)
        assert np.linalg.norm(theirs - ChainArm(robot).positions(joint_angles), axis=1).max() <= BOUND_M


NOT_WELL_FORMED = {
    "an attribute twice": (changed('effort="1"', 'effort="1" effort="1"'), "an attribute is there twice"),
    "an attribute of an undeclared prefix twice": (
        with_more('<x y:z="1" y:z="2"/>'),
        "an attribute is there twice",
    ),
    "an attribute twice, after two hundred undeclared prefixes": (
        with_more("<x:y/>" * 200 + '<b c="1" c="2"/>'),
        "an attribute is there twice",
    ),
    "a second root, after two hundred undeclared prefixes": (
        with_more("<x:y/>" * 200) + "<robot/>",
        "it goes on after the end of its root element",
    ),
    "a second root": (SOUND + "<!-- end --><robot/>", "it goes on after the end of its root element"),
    "text after the root": (SOUND + "\nend", "it goes on after the end of its root element"),
    "cut in a tag": (SOUND[:-20], "not well-formed XML"),
    "cut in a comment": (with_more("<!-- a")[: -len("</robot>")], "a comment does not end"),
    "cut between tags": (SOUND[: -len("</robot>\n")], "it may be cut short"),
    "an element that is not closed": (with_more("<b>"), "an element is closed that is not the one open"),
    "an element that is closed too often": (with_more("</b>"), "an element is closed that is not the one open"),
    "a value without quotes": (with_more("<b c=1/>"), "not in quotes"),
    "an attribute without a value": (with_more("<b c/>"), "an attribute has no value"),
    "a tag in an attribute": (with_more('<b c="<d"/>'), "'<' not allowed"),
    "a control character": (with_more('<b c="\x01"/>'), "it holds a control character"),
    "a name that begins with a digit": (with_more("<3d/>"), "invalid element name"),
    "three hundred levels": (with_more("<b>" * 300 + "</b>" * 300), "it nests elements too deep"),
    "comments that never end": ("<robot>" + "<!--" * 100_000, "a comment does not end"),
    "sections that never end": ("<robot>" + "<![CDATA[" * 100_000, "a CDATA section does not end"),
    "tags that never end": ("<robot>" + '<a b="' * 100_000, "not well-formed XML"),
    "entities used": (
        DECLARATION + '<!DOCTYPE robot [<!ENTITY far "0 0 0.3">]>' + ARM.replace('"0 0 0.3"', '"&far;"'),
        "has a DOCTYPE that declares entities",
    ),
    "defaults declared": (
        DECLARATION + '<!DOCTYPE robot [<!ATTLIST origin rpy CDATA "1 0 0">]>' + ARM,
        "has a DOCTYPE that declares entities or defaults",
    ),
}


@pytest.mark.parametrize("which", NOT_WELL_FORMED)
def test_a_document_in_doubt_is_refused(load, which):
    document, says = NOT_WELL_FORMED[which]
    with pytest.raises(RobotError) as refused:
        load(document)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 500


NO_THREE_NUMBERS = {
    "1_0 0 0": "takes three finite numbers, and '1_0' is none",
    "1e5_0 0 0": "takes three finite numbers",
    "٣ 0 0": "takes three finite numbers",
    "１ 0 0": "takes three finite numbers",
    "\N{MINUS SIGN}1 0 0": "takes three finite numbers",
    "1\N{NO-BREAK SPACE}0 0": "takes three finite numbers, not 2",
    "1\N{EM SPACE}2 0 0": "takes three finite numbers",
    "inf 0 0": "takes three finite numbers",
    "-Infinity 0 0": "takes three finite numbers",
    "nan 0 0": "takes three finite numbers",
    "1e400 0 0": "takes three finite numbers",
    "0x10 0 0": "takes three finite numbers",
    "1d0 0 0": "takes three finite numbers",
    "1e 0 0": "takes three finite numbers",
    "+-1 0 0": "takes three finite numbers",
    ". 0 0": "takes three finite numbers",
    "1m 0 0": "takes three finite numbers",
    "0.25, 0, 0": "takes three finite numbers with spaces between them, and a decimal has a point: there is a comma",
    "0,25 0 0": "takes three finite numbers with spaces between them, and a decimal has a point: there is a comma",
    "0.25;0;0": "takes three finite numbers, not 1",
    "": "takes three finite numbers, not 0",
    "0 0": "takes three finite numbers, not 2",
    "0.25 0 0 0": "takes three finite numbers, not 4",
    "${reach} 0 0": "takes three finite numbers, and the file is xacro that is not expanded",
}


@pytest.mark.parametrize("text", NO_THREE_NUMBERS)
def test_numbers_that_no_other_reader_takes_are_refused(load, text):
    for tag, old in (("origin", '<origin xyz="0.25 0 0"/>'), ("axis", '<axis xyz="0 1 0"/>')):
        with pytest.raises(RobotError) as refused:
            load(changed(old, f'<{tag} xyz="{text}"/>'))
        assert f"in its <{tag}>: that {NO_THREE_NUMBERS[text]}" in str(refused.value)
    with pytest.raises(RobotError, match="in its <origin>"):
        load(changed('<origin xyz="0.25 0 0"/>', f'<origin rpy="{text}"/>'))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-143.2deg", "that takes one finite number, in rad."),
        ("-2_0", "that takes one finite number, in rad."),
        ("-٣", "that takes one finite number, in rad."),
        ("", "that takes one finite number, in rad."),
        ("-2,5", "a decimal has a point, not a comma"),
        ("-inf", "a joint without limits is of type 'continuous'"),
        ("${-pi}", "and the file is xacro that is not expanded"),
    ],
)
def test_a_limit_that_is_no_number_is_refused(load, text, says):
    with pytest.raises(RobotError) as refused:
        load(changed('lower="-2.5"', f'lower="{text}"'))
    assert str(refused.value).endswith(f"joint 'j1' has lower={text!r} in its <limit>: {says}") or says in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (
            with_more('<link name="other"/>'),
            "has 2 links that hang on no joint, where a URDF has one, its base: base, oth",
        ),
        (
            changed('<link name="base"/>', '<link name="base"/>' + "".join(f'<link name="x{i}"/>' for i in range(999))),
            " x17, x18 and 980 more. Join them",
        ),
        (
            changed('child link="tool"', 'child link="tool "'),
            "'tool ', which is no link of the file, but 'tool' is: sp",
        ),
        (changed('type="revolute"', 'type="Revolute"'), "'j1' is Revolute (a type is written 'revolute'): only"),
        (changed('<axis xyz="0 1 0"/>', "<axis/>"), "joint 'j2' has an <axis> without xyz: without any <axis> it is"),
        (changed('"j1"', '""'), "a joint has an empty 'name' attribute."),
        (
            XACRO.format("<!-- expanded -->"),
            "has no links. (Of a file that defines macros alone, xacro makes nothing.)",
        ),
        (changed("robot", "Robot"), "the root element is <Robot>, a URDF's is <robot>, in small letters."),
        (
            "<x:robot xmlns:x='http://x' name='a'><x:link name='b'/></x:robot>",
            "the root element is <x:robot>, a URDF's is <robot>, with no prefix.",
        ),
        (f"<robots>{ARM}</robots>", "the root element is <robots>, a URDF's is <robot>; there is one further in"),
    ],
)
def test_a_form_that_no_other_reader_takes_is_refused_by_what_is_wrong(load, document, says):
    with pytest.raises(RobotError) as refused:
        load(document)
    assert says in str(refused.value)


NO_URDF = {
    "macros alone": (XACRO.format('<xacro:arm prefix="left_"/>'), "is xacro that is not expanded: expand it first"),
    "a comment before a macro": (XACRO.format("<!-- an arm --><xacro:arm/>"), "is xacro that is not expanded: expand"),
    "xacro by another prefix": (
        '<robot name="a" xmlns:x="http://www.ros.org/wiki/xacro"><x:arm/></robot>',
        "is xacro that is not expanded: expand it first",
    ),
    "an undeclared xacro": ('<robot name="a"><xacro:arm/></robot>', "is xacro that is not expanded"),
    "a link that a macro makes": (
        XACRO.format('<xacro:base/><link name="l"/><joint name="j"><parent link="base"/><child link="l"/></joint>'),
        "is xacro that is not expanded: expand it first (xacro FILE > ARM.urdf). As it is, it cannot be used",
    ),
    "an arm that a macro makes": (
        XACRO.format('<link name="base"/><xacro:arm/>'),
        "no moving joint between the base and the tip. The file holds xacro that is not expanded: expand it first",
    ),
    "a name to fill in": (changed('link name="tool"', 'link name="${side}tool"'), "is xacro that is not expanded"),
    "an SDF": (
        "<sdf version='1.6'><model name='a'/></sdf>",
        "is an SDF (of Gazebo), no URDF: the root element is <sdf>",
    ),
    "an MJCF": ("<mujoco model='a'/>", "is an MJCF (of MuJoCo), no URDF"),
    "a mesh": ('<COLLADA xmlns="http://www.collada.org"/>', "is a COLLADA mesh, no URDF"),
    "a launch file": ("<launch/>", "is a ROS launch file, no URDF"),
    "a web page that is not well-formed": ("<!DOCTYPE html>\n<html><br><p>", "is a web page, no URDF"),
    "a web page": ("<!DOCTYPE html><html><body/></html>", "is a web page, no URDF"),
    "nothing": ("", "is empty."),
    "spaces": (" \n\n", "is empty: it holds nothing but spaces."),
    "zeros": (b"\0" * 100, "is empty."),
    "gzip": (gzip.compress(SOUND.encode()), "is compressed (gzip): unpack it first"),
    "zip": (b"PK\x03\x04rest", "is a zip archive"),
    "a binary STL": (b"mesh".ljust(80) + struct.pack("<I", 2) + bytes(100), "is a binary STL mesh, no URDF"),
    "a text STL": ("solid arm\nfacet normal 0 0 1\n", "is an STL mesh, no URDF"),
    "weights": (struct.pack("<Q", 60) + b'{"a": 1}', "is a binary file, no URDF"),
    "JSON": ('\n{"robot": "a"}', "is JSON, no URDF"),
    "YAML": ("robot:\n  name: a\n", "is YAML, no URDF"),
    "YAML with a head": ("---\n- a\n", "is YAML, no URDF"),
    "Git LFS": ("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is a pointer of Git LFS"),
    "some text": ("../arms/arm.urdf\n", "is no XML: it begins with '../arms/arm.urdf'"),
    "a long text": ("x" * 10**6, "is no XML: it begins with 'xxx"),
}


@pytest.mark.parametrize("ending", [".urdf", ".xml", ".xacro", ""])
@pytest.mark.parametrize("which", NO_URDF)
def test_a_file_that_is_no_urdf_is_named_by_its_content_whatever_its_ending(load, which, ending):
    content, says = NO_URDF[which]
    with pytest.raises(RobotError) as refused:
        load(content, f"file{ending}")
    assert says in str(refused.value)
    assert len(str(refused.value)) < 500


def test_a_mesh_that_xacro_would_have_named_is_the_cause_of_nothing(load, sound):
    mesh = '<link name="l1"><visual><geometry><mesh filename="$(arg dir)/a.stl"/></geometry></visual></link>'
    with_mesh = changed('<link name="l1"/>', mesh)
    assert load(with_mesh) == sound
    with pytest.raises(RobotError) as refused:
        load(with_mesh.replace('"revolute"', '"fixed"'))
    assert str(refused.value).endswith("no moving joint between the base and the tip.")


@pytest.mark.parametrize("name", ["arm", "arm.v2", "arm.txt", "arm.xacro", "arm.urdf.xacro", "arm.xml", "arm.URDF"])
def test_a_urdf_is_read_whatever_its_ending(load, sound, name):
    assert load(SOUND, name).digest == sound.digest


def test_an_arm_s_name_is_no_file_s_and_a_path_is_no_name(tmp_path, monkeypatch, sound):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planar3").write_text(SOUND)
    assert robots.load("planar3") != robots.load("./planar3")
    assert robots.load("./planar3").digest == robots.load(tmp_path / "planar3").digest == sound.digest


@pytest.mark.parametrize("path", ["no/such/arm", "no/such/arm.urdf", "./arm7", "arm.urdf.xacro", "arm.sdf"])
def test_a_path_that_is_not_there_is_no_unknown_name(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RobotError, match="cannot be read \\(No such file or directory\\)"):
        robots.load(path)


def test_an_unknown_name_says_that_a_path_works(capsys):
    with pytest.raises(UnknownName, match=r"unknown robot 'ur10': Valid: .*, xarm6, or the path of a URDF file\."):
        robots.load("ur10")
    assert run(capsys, "check", "ur10")[0] == 2


def test_a_folder_names_the_urdf_files_in_it(tmp_path, load):
    with pytest.raises(RobotError, match="is a folder: name the URDF file in it"):
        robots.load(tmp_path)
    for number in range(100):
        load(SOUND, f"arm{number:03}.urdf")
    with pytest.raises(RobotError, match=r"one of: arm000\.urdf, .*, arm019\.urdf and 80 more\.$"):
        robots.load(tmp_path)


@pytest.mark.parametrize("name", ["x.urdf", "x"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, name):
    path = tmp_path / name
    os.mkfifo(path)
    with pytest.raises(RobotError, match="is a pipe or a device"):
        robots.load(path)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(RobotError, match="is a pipe or a device"):
        robots.load(path)
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(RobotError, match="cannot be read"):
        robots.load(path)


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # its whole path may be longer than a socket's can be
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("x.urdf")
        with pytest.raises(RobotError, match="is a pipe or a device"):
            robots.load("x.urdf")


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
