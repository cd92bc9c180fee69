import sys
from functools import partial
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
import torch
from hypothesis import settings

import robots
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.methods import registry
from emssl_bench.records import Store
from tests import pictures
from tests.packages import package

# The same examples in every run; `--hypothesis-profile=default` draws new ones.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

torch.set_num_threads(1)  # small networks: more threads only wait for each other


@pytest.fixture(autouse=True)
def _denormals_are_numbers():
    """A trial flushes them to zero in its process, which here is that of all tests."""
    torch.set_flush_denormal(False)


@pytest.fixture(scope="session", autouse=True)
def _reports_without_pictures():
    with pictures.left_out():
        yield


@pytest.fixture
def with_pictures():
    """Reports of this test draw their pictures."""
    with pictures.drawn():
        yield


EXTENSIONS_M = (0.0, 0.01, 0.03, 0.05)


@pytest.fixture(scope="session", params=robots.available())
def robot(request):
    """Every arm of the suite."""
    return robots.load(request.param)


@pytest.fixture(scope="session")
def planar3():
    return robots.load("planar3")


@pytest.fixture(scope="session")
def paper6():
    return robots.load("paper6")


@pytest.fixture(scope="session")
def planar3_chain(planar3):
    return ChainArm(planar3)


@pytest.fixture(scope="session")
def paper6_chain(paper6):
    return ChainArm(paper6)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def told():
    """What the store said."""
    return []


@pytest.fixture
def store(tmp_path, told):
    """An empty one."""
    return Store(tmp_path / "run", told.append)


@pytest.fixture
def as_users_run(monkeypatch):
    """Nothing checks the shapes in signatures, as outside of tests: what is given wrongly reaches our own checks."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture
def opened():
    """Makes arms, environments and scenes, and closes them after the test."""
    made = []

    def open_one(kind, *arguments, **named):
        made.append(kind(*arguments, **named))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


@pytest.fixture
def bullet_arm(opened):
    """Opens PyBullet arms, which are closed after the test."""
    return partial(opened, BulletArm)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Makes packages that can be imported for the length of a test."""
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield lambda *arguments, **named: package(folder, *arguments, **named)
    for name in sys.modules.keys() - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == folder:
            del sys.modules[name]
    registry._checked.cache_clear()
