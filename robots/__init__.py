"""The arms of the suite: `load("paper6")` gives a `RobotSpec`, and so does `load("path/to/arm.urdf")`."""

import importlib.util
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from emssl_bench.exceptions import MissingDependency, UnknownName, one_line
from robots.spec import Joint, RobotSpec

__all__ = ["Joint", "RobotSpec", "available", "load"]


@dataclass(frozen=True)
class _BuiltIn:
    package: str
    path: str
    tip: str
    source: str


_BUILT_IN = {
    "paper6": _BuiltIn(
        "robots",
        "models/paper6.urdf",
        "tool",
        "6R, spherical wrist, the shape of the WLKATA Mirobot scaled by 1.43; calibrated on the paper's "
        "direct regression, the paper names no arm",
    ),
    "ur5": _BuiltIn("robots", "models/ur5.urdf", "tool0", "Universal Robots UR5, the maker's published DH parameters"),
    "planar3": _BuiltIn("robots", "models/planar3.urdf", "tip", "textbook planar 3R arm, for tests"),
    "iiwa7": _BuiltIn("pybullet_data", "kuka_iiwa/model.urdf", "lbr_iiwa_link_7", "KUKA LBR iiwa, from pybullet_data"),
    "panda7": _BuiltIn("pybullet_data", "franka_panda/panda.urdf", "panda_hand", "Franka Panda, from pybullet_data"),
    "xarm6": _BuiltIn("pybullet_data", "xarm/xarm6_robot.urdf", "link6", "UFACTORY xArm6, from pybullet_data"),
}


def available() -> tuple[str, ...]:
    """The names that `load` knows, the default arm first."""
    return tuple(_BUILT_IN)


def urdf_path(name: str) -> Path:
    """The URDF file of a named arm, with its visuals.

    Raises:
        UnknownName: there is no such arm.
        MissingDependency: the package that carries the file is not installed.
    """
    if name not in _BUILT_IN:
        raise UnknownName("robot", name, _BUILT_IN, "the path of a URDF file")
    built_in = _BUILT_IN[name]
    package = importlib.util.find_spec(built_in.package)  # found, not imported: pybullet prints when imported
    if package is None or not package.submodule_search_locations:
        raise MissingDependency(f"robot {name!r} needs {built_in.package}: pip install pybullet.")
    return Path(package.submodule_search_locations[0]) / built_in.path


def load(name_or_path: str | Path, tip: str | None = None, base: str | None = None) -> RobotSpec:
    """An arm, by its name in the suite or by the path of a URDF file.

    Args:
        name_or_path: one of `available()`, or the path of a URDF file, whatever its ending. A text that is a name
            is the named arm, even where a file is called so: "./ur5" is the file.
        tip: the link that is the end effector. A named arm has one of its own; in a file it may be left
            out where only one link carries no other.
        base: the link in whose frame positions are given; everything that carries it is left out, such as a mobile
            base. By default the link that nothing carries.

    Raises:
        UnknownName: no arm of that name.
        RobotError: the file cannot be used, and why.
    """
    from robots import urdf

    if is_file(name_or_path):
        path = Path(name_or_path)
        arm = urdf.read(path, _name(path), f"URDF file {one_line(path.name)}", tip, base)
        return replace(arm, path=str(path))
    name = str(name_or_path)
    path = urdf_path(name)
    own = _BUILT_IN[name]
    if base is None and tip in (None, own.tip):
        return urdf.read(path, name, own.source, own.tip)
    tip = tip or own.tip
    if base is None:
        return urdf.read(path, f"{name}:{tip}", f"{own.source}; to its link {tip}", tip)
    between = f"from its link {base} to its link {tip}"
    return urdf.read(path, f"{name}:{base}:{tip}", f"{own.source}; {between}", tip, base)


def _name(path: Path) -> str:
    """The name of an arm from its file, with characters that file names, tables and figures can have."""
    return re.sub(r"[^\w .+-]", "_", path.stem)[:64]


def is_file(name_or_path: str | Path) -> bool:
    """Whether `load` takes it for the path of a URDF file rather than a name: it looks like one, or is there."""
    text = str(name_or_path)
    if not text or (text in _BUILT_IN and isinstance(name_or_path, str)):
        return False
    path = Path(name_or_path)
    separators = tuple(filter(None, (os.sep, os.altsep)))
    looks_like_one = path.suffix.lower() in _SUFFIXES or any(each in text for each in separators)
    return looks_like_one or os.path.lexists(path)


_SUFFIXES = (".urdf", ".xml", ".xacro", ".sdf", ".mjcf", ".gz")


def file_and_tip(name_or_path: str | Path, tip: str | None = None, base: str | None = None) -> tuple[Path, str]:
    """The URDF file that `load` reads for these arguments, and the link that it takes for the end effector.

    Raises:
        UnknownName, RobotError: as `load`.
    """
    from robots import urdf

    if is_file(name_or_path):
        path = Path(name_or_path)
        return path, urdf.tip_link(path, tip, base)
    name = str(name_or_path)
    return urdf_path(name), tip or _BUILT_IN[name].tip
