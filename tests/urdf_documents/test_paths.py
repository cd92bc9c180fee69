"""Paths, names and endings of URDF files."""

import os
import socket

import pytest

import robots
from emssl_bench.exceptions import RobotError, UnknownName
from robots import urdf
from tests.commands import run
from tests.urdf_documents.documents import SOUND


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


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my-arm 2.0.urdf", "my-arm 2.0"),
        ("ärm.URDF", "ärm"),
        ("a\nb.urdf", "a_b"),
        ("$|[].urdf", "____"),
        ("\udcff.urdf", "_"),
        ("x" * 250 + ".urdf", "x" * 64),
    ],
)
def test_an_arm_s_name_can_be_printed_and_written_whatever_its_file_is_called(tmp_path, file, name):
    (tmp_path / file).write_text(urdf.kinematics_only(robots.load("planar3")))
    assert robots.load(tmp_path / file).name == name
