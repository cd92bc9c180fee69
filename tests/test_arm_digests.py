"""What the digest of an arm names: published records depend on it."""

import robots
from tests.urdf_files import joint, limit, load, mimic


def test_the_digest_knows_what_follows_what_and_nothing_of_names(tmp_path):
    def arm(times, master="one", plus=0):
        second = joint("two", "b", "c", axis="1 0 0", more=limit(-1, 1) + mimic(master, times, plus))
        return load(tmp_path, joint(master, "a", "b"), second, links="abc")

    assert arm(1).digest == arm(1, "uno").digest
    free = load(tmp_path, joint("one", "a", "b"), joint("two", "b", "c", axis="1 0 0", more=limit(-1, 1)), links="abc")
    assert len({arm(1).digest, arm(-1).digest, arm(1, plus=0.1).digest, free.digest}) == 4


def test_published_arms_keep_their_digests():
    assert {name: robots.load(name).digest for name in robots.available()} == {
        "paper6": "6351f0969b78",
        "ur5": "65fbf6cfbcb8",
        "planar3": "f085d0e2474c",
        "iiwa7": "d77e6c5bbbe1",
        "panda7": "850dd1e46500",
        "xarm6": "6cf9c828df0b",
    }
