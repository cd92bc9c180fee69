"""The nearest of many points."""

import numpy as np
from scipy.spatial import KDTree


def tree_of(points: np.ndarray) -> KDTree:
    """A KD-tree of points (n, k), of which many may be the same.

    It is no balanced one, which is split at medians: where half the points have a coordinate of 0, at the least number
    above 0. Trials take such numbers for 0, and the splitting would never end.
    """
    return KDTree(points, balanced_tree=False)


def k_nearest(tree: KDTree, points: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest points of a tree, the nearest first.

    Args:
        tree: of `count` points or more.
        points: (n, k).
        count: how many to find for each, 1 or more.

    Returns:
        Their distances (n, count), and their numbers (n, count).
    """
    distances, numbers = tree.query(points, count)
    return np.reshape(distances, (len(points), count)), np.reshape(numbers, (len(points), count))
