"""Small URDF files made up for tests, and where pinocchio has their links."""

import math

import pytest

import robots

JOINT = """<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/>
<origin xyz="{xyz}" rpy="{rpy}"/><axis xyz="{axis}"/>{more}</joint>"""


def joint(name, parent, child, kind="revolute", xyz="0 0 0.2", rpy="0 0 0", axis="0 1 0", more=None):
    if more is None:
        more = '<limit lower="-2" upper="2" effort="1" velocity="1"/>' if kind in ("revolute", "prismatic") else ""
    return JOINT.format(name=name, kind=kind, parent=parent, child=child, xyz=xyz, rpy=rpy, axis=axis, more=more)


def limit(lower=None, upper=None):
    bounds = "".join(f' {name}="{value}"' for name, value in (("lower", lower), ("upper", upper)) if value is not None)
    return f'<limit{bounds} effort="1" velocity="1"/>'


def mimic(of, times=None, plus=None):
    more = "".join(
        f' {name}="{value}"' for name, value in (("multiplier", times), ("offset", plus)) if value is not None
    )
    return f'<mimic joint="{of}"{more}/>'


def load(tmp_path, *joints, links="abcdef", tip=None, base=None):
    """The arm of a file with such joints."""
    body = "".join(f'<link name="{link}"/>' for link in links) + "".join(joints)
    path = tmp_path / "arm.urdf"
    path.write_text(f'<robot name="r">{body}</robot>')
    return robots.load(path, tip, base)


def by_pinocchio(path, tip, base, angles):
    """Where pinocchio has `tip`, seen from `base`, with joints at `angles`; and no other help of ours."""
    pinocchio = pytest.importorskip("pinocchio")
    model = pinocchio.buildModelFromUrdf(str(path))
    data, configuration = model.createData(), pinocchio.neutral(model)
    for name, angle in angles.items():
        each = model.joints[model.getJointId(name)]
        value = (math.cos(angle), math.sin(angle)) if each.nq == 2 else (angle,)
        configuration[each.idx_q : each.idx_q + each.nq] = value
    pinocchio.framesForwardKinematics(model, data, configuration)
    begin, end = (data.oMf[model.getFrameId(link, pinocchio.FrameType.BODY)] for link in (base, tip))
    return begin.actInv(end).translation
