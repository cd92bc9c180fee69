"""The nearest of many points."""

import numpy as np
from scipy.spatial import KDTree


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
