"""An arm is where it is, whatever decimal sign the process writes numbers with."""

import ctypes
import importlib.util
import locale
import shutil
import subprocess
import threading

import numpy as np
import pytest

import robots
from emssl_bench.cli.agreement import pinocchio_frames
from emssl_bench.envs import ReachEnv, ReachVectorEnv
from emssl_bench.envs.rendering import Scene
from emssl_bench.exceptions import RobotError, WorkerDied
from emssl_bench.forward import reading
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.c_numbers import _decimal_point_everywhere, decimal_point
from emssl_bench.forward.pool import BulletPool
from emssl_bench.forward.usual import UsualArm
from robots import urdf
from tests.arms import CommaArm

COMMA = 'LC_NUMERIC\ndecimal_point ","\nthousands_sep ""\ngrouping -1\nEND LC_NUMERIC\n'


@pytest.fixture(scope="session")
def comma_folder(tmp_path_factory):
    """A folder with a locale that has a decimal comma; machines with none but C are common."""
    if shutil.which("localedef") is None:
        pytest.skip("needs localedef")
    folder = tmp_path_factory.mktemp("locales")
    (folder / "source").write_text(COMMA)
    subprocess.run(["localedef", "-c", "-i", folder / "source", folder / "xx_COMMA"], capture_output=True)
    if not (folder / "xx_COMMA").is_dir():
        pytest.skip("localedef makes no locale here")
    return folder


@pytest.fixture
def decimal_comma(comma_folder, monkeypatch):
    """Puts the process, and those it starts, into that locale."""
    monkeypatch.setenv("LOCPATH", str(comma_folder))
    monkeypatch.setenv("LC_ALL", "xx_COMMA")
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "xx_COMMA")
    assert locale.localeconv()["decimal_point"] == ","
    yield
    locale.setlocale(locale.LC_ALL, before)


ROWS = np.array([[0.3, -0.7, 0.5, 0.2, 1.1, -0.4], [0.0] * 6])


def open_pool(robot):
    return BulletPool(robot, 1)


@pytest.mark.usefixtures("decimal_comma")
@pytest.mark.parametrize("kind", [BulletArm, UsualArm, open_pool])
def test_a_decimal_comma_does_not_move_the_arm(opened, paper6, kind):
    found = opened(kind, paper6).positions(ROWS)
    np.testing.assert_allclose(found, reading.positions(paper6, ROWS), atol=1e-6)
    assert locale.localeconv()["decimal_point"] == ",", "the process's own locale stays"


@pytest.mark.usefixtures("decimal_comma")
def test_a_worker_that_sets_a_decimal_comma_itself_has_the_same_arm(opened, paper6):
    pool = opened(BulletPool, paper6, 1, arm=CommaArm)
    np.testing.assert_allclose(pool.positions(ROWS), reading.positions(paper6, ROWS), atol=1e-9)


def test_environments_and_pictures_are_the_same_with_a_decimal_comma(opened, request):
    def seen():
        single = opened(ReachEnv, "paper6", render_mode="rgb_array")
        single.reset(seed=0)
        *_, info = single.step(np.full(6, 0.2))
        many = opened(ReachVectorEnv, 2, "paper6", workers=1)
        many.reset(seed=0)
        own = opened(Scene, robots.load("planar3"), None)
        image = own.image(np.zeros(3), np.zeros(3))
        return info["position"], many.step(np.full((2, 6), 0.2))[0], single.render(), image

    before = seen()
    request.getfixturevalue("decimal_comma")
    for first, second in zip(before, seen(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.usefixtures("decimal_comma")
def test_a_locale_that_changes_while_arms_are_opened_does_not_move_them(opened, planar3):
    over = threading.Event()

    def change():
        while not over.is_set():
            for name in ("C", "xx_COMMA"):
                locale.setlocale(locale.LC_NUMERIC, name)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for _ in range(5):
            found = opened(BulletArm, planar3).positions(np.full((1, 3), 0.3))
            np.testing.assert_allclose(found, reading.positions(planar3, np.full((1, 3), 0.3)), atol=1e-9)
    finally:
        over.set()
        changing.join()


@pytest.mark.usefixtures("decimal_comma")
@pytest.mark.skipif(importlib.util.find_spec("pinocchio") is None, reason="needs pinocchio")
def test_pinocchio_reads_the_same_arm_with_a_decimal_comma(paper6):
    import pinocchio

    found = pinocchio_frames(pinocchio, paper6, robots.urdf_path("paper6"), "tool", ROWS)
    np.testing.assert_allclose(found[:, :3], reading.positions(paper6, ROWS), atol=1e-9)


@pytest.mark.usefixtures("decimal_comma")
@pytest.mark.parametrize("within", [decimal_point, _decimal_point_everywhere])
def test_c_reads_a_decimal_point_for_a_while(within):
    strtod = ctypes.CDLL(None).strtod
    strtod.restype, strtod.argtypes = ctypes.c_double, [ctypes.c_char_p, ctypes.c_void_p]
    assert strtod(b"0.5", None) == 0
    with within():
        assert strtod(b"0.5", None) == 0.5
    assert strtod(b"0.5", None) == 0


def test_numpys_forward_kinematics_are_those_of_the_chain(robot, rng):
    from emssl_bench.forward.chain import ChainArm

    angles = rng.uniform(-3, 3, (50, robot.dof))
    np.testing.assert_allclose(reading.positions(robot, angles), ChainArm(robot).positions(angles), atol=1e-13)


WRONG = [('xyz="0.', 'xyz="0,'), ('axis xyz="0.0 ', 'axis xyz="1.0 '), ('"revolute"', '"prismatic"')]


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_an_arm_that_pybullet_reads_wrongly_is_an_error_and_not_believed(paper6, monkeypatch, right, wrong):
    written = urdf.kinematics_only
    assert right in written(paper6)
    monkeypatch.setattr(urdf, "kinematics_only", lambda spec: written(spec).replace(right, wrong))
    for kind in (BulletArm, UsualArm, ReachEnv):
        with pytest.raises(RobotError, match=r"PyBullet has read the arm 'paper6' wrongly: at joint angles \[.*chain"):
            kind(paper6)
    with pytest.raises(RobotError, match="PyBullet has read the visuals of 'paper6' wrongly"):
        Scene(paper6, None)


def test_a_worker_that_reads_an_arm_wrongly_says_so(paper6):
    from tests.arms import MisreadingArm

    with pytest.raises(WorkerDied, match="RobotError: PyBullet has read the arm 'paper6' wrongly"):
        BulletPool(paper6, 1, arm=MisreadingArm)


def test_a_picture_whose_visuals_have_other_kinematics_is_drawn_instead(opened, paper6):
    longer = paper6.lengthened(0.05)
    scene = opened(Scene, longer, robots.urdf_path("paper6"))
    infos = [scene._bullet.getJointInfo(scene._arm, j, physicsClientId=scene._client) for j in scene._joints]
    assert [info[1] for info in infos] == [b"joint%d" % index for index in range(6)]
