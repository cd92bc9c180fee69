"""The picture that `solve` draws: the arm at its answers, each beside its target; of poses with both frames."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.spatial.transform import Rotation

from emssl_bench.cli.solve_answers import Solved
from emssl_bench.cli.solve_input import Given
from emssl_bench.cli.solve_output import error
from emssl_bench.joint_space import JointSpace
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures.drawing import drawing
from emssl_bench.report.files import write_picture
from emssl_bench.solvers.kinematics import Chain, joint_points
from emssl_bench.solvers.marquardt import frames_of

MOST_DRAWN = 12
_ARM, _REACHED, _MISSED = "#37474f", "#029e73", "#d55e00"
_MARKERS: dict[str, dict[str, Any]] = {
    "base": {"marker": "s", "color": _ARM, "markersize": 9},
    "joint": {"marker": "o", "color": "white", "markeredgecolor": _ARM, "markeredgewidth": 1.5, "markersize": 6},
    "end effector": {"marker": "^", "color": "#0173b2", "markersize": 7},
    "target": {"marker": "x", "color": _MISSED, "markersize": 13, "markeredgewidth": 2},
}
_AXES = {"x": "#d62728", "y": "#2ca02c", "z": "#1f77b4"}
_FRAMES: dict[str, tuple[float, dict[str, Any]]] = {
    "target": (0.28, {"linewidth": 1.2, "zorder": 4}),
    "end effector": (0.18, {"linewidth": 3, "zorder": 5, "solid_capstyle": "butt"}),
}
"""Of frames: how long their axes are, as a share of half the panel, and how they are drawn; one lies on the other."""
_PANEL = 3.4
"""Width of a panel [inches]."""


def write(given: Given, solved: Solved, path: Path) -> Path:
    """Draws the first answers and writes the picture.

    Raises:
        RecordError: it cannot be written.
    """
    write_picture(draw(given, solved), path.with_suffix(path.suffix.lower()))
    return path.with_suffix(path.suffix.lower())


@drawing()
def draw(given: Given, solved: Solved) -> Figure:
    """Two views of each answer, up to `MOST_DRAWN`: in space, and from above."""
    count = min(len(given.targets), MOST_DRAWN)
    across = min(count, 1 if count <= 2 else 2 if count <= 6 else 3)
    down = math.ceil(count / across)
    figure = Figure(figsize=(2 * _PANEL * across, (_PANEL + 0.35) * down + 0.9), layout="constrained")
    chain = Chain.of(solved.robot, JointSpace((0.0,) * solved.robot.dof, (1.0,) * solved.robot.dof))
    lines = [joint_points(chain, angles) for angles in solved.joint_angles[:count]]
    oriented = solved.error_deg is not None
    points = np.concatenate([*lines, given.targets[:count, :3]])
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    half = (0.72 if oriented else 0.55) * float(np.ptp(points, axis=0).max()) or 0.1
    reached = frames_of(solved.joint_angles[:count], chain.links)
    boxes = figure.subfigures(down, across, squeeze=False)
    for row, box in enumerate(boxes.ravel()):
        if row < count:
            panels = _draw_one(box, lines[row], given.targets[row, :3], (centre, half))
            for of, frame in {"target": given.targets[row], "end effector": reached[row]}.items() if oriented else ():
                _draw_frame(panels, frame, half, of)
            state = "reached" if solved.reached[row] else "not reached"
            colour = _REACHED if solved.reached[row] else _MISSED
            box.suptitle(f"target {row + 1}: {error(solved, row)}, {state}", color=colour, fontsize=11)
    more = len(given.targets) - count
    first = f", the first {count} of {len(given.targets):,} targets" if more else ""
    figure.suptitle(f"{in_figure(solved.robot.name)}{first}", fontsize=12)
    parts = [Line2D([], [], label=name, linestyle="", **look) for name, look in _MARKERS.items()]
    if oriented:
        parts += [Line2D([], [], label=f"{axis} axis", color=colour) for axis, colour in _AXES.items()]
        parts += [Line2D([], [], label=f"{of}'s axes", color="0.4", **look) for of, (_, look) in _FRAMES.items()]
    figure.legend(handles=parts, loc="outside lower center", ncols=len(parts) if across > 1 else 5, frameon=False)
    return figure


def _draw_one(box: Any, line: np.ndarray, target: np.ndarray, shown: tuple[np.ndarray, float]) -> tuple[Axes, Axes]:
    """Draws one answer, and returns its panels: in space, and from above."""
    centre, half = shown
    places = box.add_gridspec(1, 3, width_ratios=(1, 0.12, 0.9))  # room for the label of z, which no layout sees
    space = box.add_subplot(places[0], projection="3d")
    _draw_arm(space, line.T, target)
    floor = np.array([line[:, 0], line[:, 1], np.full(len(line), centre[2] - half)])
    space.plot(*floor, color="0.75", linewidth=3, solid_capstyle="round", zorder=0)
    for axis, middle in zip("xyz", centre, strict=True):
        space.set(**{f"{axis}lim": (middle - half, middle + half), f"{axis}label": f"{axis} [m]"})
        getattr(space, f"{axis}axis").set_major_locator(_ticks())
    space.set_box_aspect((1, 1, 1), zoom=0.95)
    space.view_init(elev=22, azim=-55)
    above = box.add_subplot(places[2])
    _draw_arm(above, line[:, :2].T, target[:2])
    above.set(xlim=(centre[0] - half, centre[0] + half), ylim=(centre[1] - half, centre[1] + half))
    above.set(xlabel="x [m], from above", ylabel="y [m]", aspect="equal")
    above.xaxis.set_major_locator(_ticks())
    above.yaxis.set_major_locator(_ticks())
    above.yaxis.tick_right()
    above.yaxis.set_label_position("right")
    return space, above


def _draw_frame(panels: tuple[Axes, Axes], frame: np.ndarray, half: float, of: str) -> None:
    """The axes of a frame (7,), in space and from above."""
    share, look = _FRAMES[of]
    ends = frame[:3] + share * half * Rotation.from_quat(frame[3:]).as_matrix().T
    for end, colour in zip(ends, _AXES.values(), strict=True):
        axis = np.stack([frame[:3], end], axis=1)
        panels[0].plot(*axis, color=colour, **look)
        panels[1].plot(*axis[:2], color=colour, **look)


def _ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(3)


def _draw_arm(panel: Axes, line: np.ndarray, target: np.ndarray) -> None:
    """The arm (2 or 3, joints + 2) and its target, in a panel of as many dimensions."""
    base, joints, tip = line[:, :1], line[:, 1:-1], line[:, -1:]
    panel.plot(*line, color=_ARM, linewidth=3, solid_capstyle="round", solid_joinstyle="round", zorder=2)
    for name, points in {"joint": joints, "base": base, "target": target[:, None], "end effector": tip}.items():
        panel.plot(*points, linestyle="", zorder=3, **_MARKERS[name])
