"""The reachable workspace of an arm, seen along the three axes of its base."""

import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures.drawing import drawing
from emssl_bench.report.files import write_picture
from emssl_bench.shapes import Positions
from robots.spec import RobotSpec

_SEEN = (("from above", 0, 1), ("from the front", 1, 2), ("from the side", 0, 2))
_AXES = "xyz"
_LONGEST = 60
"""Letters of an arm's name in that of a file: systems have a limit."""


def write(robot: RobotSpec, positions: Positions, title: str, folder: Path) -> Path:
    """Draws and writes workspace-<name>.png.

    Args:
        robot: the arm.
        positions: (n, 3) [m] of its end effector.
        title: what is drawn.
        folder: where to.

    Returns:
        The file written.

    Raises:
        RecordError: the folder cannot be written.
    """
    name = re.sub(r"[^\w.-]+", "-", robot.name)[:_LONGEST]
    path = folder / f"workspace-{name}.png"
    write_picture(draw(robot, positions, title), path)
    return path


@drawing()
def draw(robot: RobotSpec, positions: Positions, title: str) -> Figure:
    """Three projections of `positions` (n, 3) [m], to one scale, with the first joint and the reach about it."""
    figure = Figure(figsize=(12, 4.6), layout="constrained")
    panels = figure.subplots(1, 3)
    centre = np.array(robot.joints[0].origin_xyz_m)
    margin = 1.05 * robot.reach_m
    for panel, (seen, across, up) in zip(panels, _SEEN, strict=True):
        panel.plot(positions[:, across], positions[:, up], ".", markersize=1.5, alpha=0.25, rasterized=True)
        panel.add_patch(Circle((centre[across], centre[up]), robot.reach_m, fill=False, linestyle=":", color="0.4"))
        panel.plot(centre[across], centre[up], "+", color="black", markersize=9)
        panel.set_xlim(centre[across] - margin, centre[across] + margin)
        panel.set_ylim(centre[up] - margin, centre[up] + margin)
        panel.set_aspect("equal")
        panel.set_xlabel(f"{_AXES[across]} [m]")
        panel.set_ylabel(f"{_AXES[up]} [m]")
        panel.set_title(f"{seen}: {_AXES[across]} and {_AXES[up]}")
    figure.suptitle(
        f"{in_figure(title)}: {len(positions):,} random configurations. + first joint, dotted: its reach, "
        f"{robot.reach_m:.3f} m"
    )
    return figure
