"""A task made up for tests, in one file: bring the end effector to a point of the floor plan, at whatever height."""

from typing import ClassVar

import numpy as np

from emssl_bench.tasks import Task


class AboveTask(Task):
    """Targets are (n, 2) [m]: x and y in the robot's base frame."""

    name, columns, features_size = "above", 2, 3
    success: ClassVar = {"1cm": {"error_{}_cm": 1.0}}

    def reached(self, forward, joint_angles):
        return forward.positions(joint_angles)[:, :2]

    def features(self, targets):
        """How far from the base, and in which direction: more columns than a target has."""
        radius = np.linalg.norm(targets, axis=1, keepdims=True)
        return np.concatenate([radius, targets / np.maximum(radius, 1e-9)], axis=1)

    def errors(self, reached, targets):
        return {"error_{}_cm": np.linalg.norm(reached - targets, axis=1) * 100}

    def cost_cm(self, errors):
        return errors["error_{}_cm"]

    def coordinates(self, targets):
        return targets

    def positions(self, targets):
        return np.concatenate([targets, np.zeros((len(targets), 1))], axis=1)


ABOVE = AboveTask()
