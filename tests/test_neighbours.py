"""The nearest of many points."""

import subprocess
import sys

import numpy as np
from scipy.spatial import KDTree

from emssl_bench.solvers.neighbours import k_nearest, tree_of


def test_what_is_nearest_does_not_depend_on_how_a_tree_is_split(rng):
    points, targets = rng.uniform(-1, 1, (2_000, 6)), rng.uniform(-1, 1, (100, 6))
    for ours, theirs in zip(k_nearest(tree_of(points), targets, 31), KDTree(points).query(targets, 31), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_one_neighbour_is_a_column(rng):
    points = rng.uniform(-1, 1, (5, 2))
    distances, numbers = k_nearest(tree_of(points), points, 1)
    np.testing.assert_array_equal(numbers, np.arange(5)[:, None])
    np.testing.assert_array_equal(distances, np.zeros((5, 1)))


MANY_AT_ZERO = """
import numpy as np, torch
from emssl_bench.solvers.neighbours import tree_of
assert torch.set_flush_denormal(True)
points = np.random.default_rng(0).uniform(0, 1, (200, 3))
points[:150] = 0
print(tree_of(points).n)
"""


def test_a_tree_of_points_at_zero_ends_where_trials_are_run():
    """Trials take denormal numbers for 0. It is a process of its own, which would end where a tree does not."""
    done = subprocess.run([sys.executable, "-c", MANY_AT_ZERO], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "200\n", "")
