"""Use an arm of your own: a URDF file is all that the suite needs.

The script writes the URDF file of a small arm with three joints, loads it, compares the two forward models, and
describes the workspace. `emssl-bench check FILE` does the same, and draws the workspace.

    python examples/02_your_own_arm.py
"""

import importlib.util
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

import robots
from emssl_bench.forward import open_forward
from emssl_bench.joint_space import JointSpace

JOINTS = [  # name, parent, child, origin [m], axis, lower and upper limit [rad]
    ("turn", "base", "column", "0 0 0.10", "0 0 1", -2.9, 2.9),
    ("shoulder", "column", "upper_arm", "0 0 0.05", "0 1 0", -1.5, 1.5),
    ("elbow", "upper_arm", "forearm", "0 0 0.30", "0 1 0", -2.4, 2.4),
]
MOVING = [
    f'<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/><origin xyz="{origin}"/>'
    f'<axis xyz="{axis}"/><limit lower="{lower}" upper="{upper}" effort="1" velocity="1"/></joint>'
    for name, parent, child, origin, axis, lower, upper in JOINTS
]
FIXED = '<joint name="hand" type="fixed"><parent link="forearm"/><child link="tool"/><origin xyz="0 0 0.25"/></joint>'
LINKS = [f'<link name="{name}"/>' for name in ("base", "column", "upper_arm", "forearm", "tool")]
URDF = "\n".join(['<robot name="little">', *LINKS, *MOVING, FIXED, "</robot>"])

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "little.urdf"
    path.write_text(URDF)
    arm = robots.load(path, tip="tool")
print(f"{arm.name}: joints {', '.join(arm.joint_names)}; reach {arm.reach_m:.2f} m from the first joint")

space = JointSpace.of(arm, "limits")  # or a number of degrees, such as 90 for [-90, 90]
joint_angles = space.sample(5_000, np.random.default_rng(0))  # (5000, dof) [rad]
with closing(open_forward("chain", arm)) as chain:
    positions = chain.positions(joint_angles)  # (5000, 3) [m]
low, high = positions.min(axis=0), positions.max(axis=0)
print("workspace: " + ", ".join(f"{axis} from {low[i]:.2f} to {high[i]:.2f} m" for i, axis in enumerate("xyz")))

if importlib.util.find_spec("pybullet"):
    with closing(open_forward("bullet", arm)) as bullet:
        apart_m = np.linalg.norm(bullet.positions(joint_angles) - positions, axis=1).max()
    print(f"PyBullet and the torch chain: at most {apart_m:.0e} m apart")
else:
    print("PyBullet is not installed: the torch chain alone was used")
