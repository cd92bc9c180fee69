"""Documents that other readers read, read as they do."""

import numpy as np
import pytest

from emssl_bench.cli.agreement import pinocchio_frames
from emssl_bench.exceptions import RobotError
from emssl_bench.forward.chain import ChainArm
from tests.examples import assert_same_frames
from tests.urdf_documents.documents import ARM, DECLARATION, SOUND, changed, with_more

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
        theirs = pinocchio_frames(pinocchio, robot, tmp_path / "arm.urdf", "tool", joint_angles)
        assert_same_frames(theirs, ChainArm(robot).frames(joint_angles))


def test_a_mesh_that_xacro_would_have_named_is_the_cause_of_nothing(load, sound):
    mesh = '<link name="l1"><visual><geometry><mesh filename="$(arg dir)/a.stl"/></geometry></visual></link>'
    with_mesh = changed('<link name="l1"/>', mesh)
    assert load(with_mesh) == sound
    with pytest.raises(RobotError) as refused:
        load(with_mesh.replace('"revolute"', '"fixed"'))
    assert str(refused.value).endswith("no moving joint between the base and the tip.")
