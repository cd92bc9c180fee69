"""Draws docs/images/arms.png: the built-in arms, each reaching a target.

python docs/images/make_arms.py
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import robots
from emssl_bench.envs.rendering import Scene
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds
from robots.spec import RobotSpec

OUT = Path(__file__).parent / "arms.png"
PANEL_PX, LABEL_PX, ACROSS = 320, 30, 3
SHOWN = 0.76
"""Of the width of a picture that has all the arm's reach in view."""
AHEAD = 0.09
"""Of the reach, from the end effector to the target, which a hand would hide."""
DRAWN = 2_000
"""Random joint angles, of which the most telling are shown."""


def pose(robot: RobotSpec) -> tuple[np.ndarray, np.ndarray]:
    """Joint angles (dof,) [rad] of an arm that reaches out to the side, and a target (3,) [m] just before it."""
    joint_angles = JointSpace.of(robot, 90).sample(DRAWN, Seeds(0).numpy("picture"))
    positions = ChainArm(robot).positions(joint_angles)
    centre = np.array(robot.joints[0].origin_xyz_m)
    away = (positions - centre) / robot.reach_m
    flat = np.ptp(positions[:, 2]) < 1e-6
    wanted = np.array([0.35, 0.5, 0.0 if flat else 0.35])
    index = int(np.argmin(np.linalg.norm(away - wanted, axis=1)))
    return joint_angles[index], positions[index] + AHEAD * robot.reach_m * away[index] / np.linalg.norm(away[index])


def panel(name: str) -> Image.Image:
    """An arm and its target, over its name."""
    robot = robots.load(name)
    scene = Scene.of(name, robot)
    try:
        shown = Image.fromarray(scene.image(*pose(robot)))
    finally:
        scene.close()
    margin = round((1 - SHOWN) / 2 * shown.width)
    shown = shown.crop((margin, margin, shown.width - margin, shown.height - margin))
    picture = Image.new("RGB", (PANEL_PX, PANEL_PX + LABEL_PX), "white")
    picture.paste(shown.resize((PANEL_PX, PANEL_PX), Image.Resampling.LANCZOS))
    text = f"{name}, {robot.dof} joints"
    place = (PANEL_PX / 2, PANEL_PX + LABEL_PX / 2)
    ImageDraw.Draw(picture).text(place, text, fill="black", anchor="mm", font=ImageFont.load_default(18))
    return picture


def main() -> None:
    panels = [panel(name) for name in robots.available()]
    width, height = panels[0].size
    rows = -(-len(panels) // ACROSS)
    whole = Image.new("RGB", (ACROSS * width, rows * height), "white")
    for index, each in enumerate(panels):
        whole.paste(each, (index % ACROSS * width, index // ACROSS * height))
    whole.save(OUT, optimize=True)
    print(OUT)


if __name__ == "__main__":
    main()
