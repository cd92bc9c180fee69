"""Documents that are no URDF, or are in doubt: refused by what is wrong."""

import gzip
import struct

import pytest

from emssl_bench.exceptions import RobotError
from tests.urdf_documents.documents import ARM, DECLARATION, SOUND, XACRO, changed, with_more

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
