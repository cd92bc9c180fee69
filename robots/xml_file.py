"""The root element of a URDF file: read as the other readers do, or refused with what the file is instead.

urdfdom (ROS, pinocchio) and PyBullet read with tinyxml2, which passes over the XML declaration, ends a comment at the
first "-->", and knows no namespaces and no entities of a DOCTYPE. What is well-formed is read as the standard says;
what is not is read once more as tinyxml2 has it, and refused where it is not well-formed then either: a file that is
cut short, an attribute that is there twice, a second root element.
"""

import codecs
import os
import re
import stat
from pathlib import Path
from typing import Any

from emssl_bench.exceptions import RobotError, listed, shortened
from robots.xml_as_others_read import as_others_read

MAX_BYTES = 10_000_000
_TOLD = {
    "ERR_DOCUMENT_END": "it goes on after the end of its root element",
    "ERR_TAG_NAME_MISMATCH": "an element is closed that is not the one open",
    "ERR_RESOURCE_LIMIT": "it nests elements too deep, or has something absurdly long",
    "ERR_ATTRIBUTE_REDEFINED": "an attribute is there twice",
    "ERR_ATTRIBUTE_WITHOUT_VALUE": "an attribute has no value",
    "ERR_ATTRIBUTE_NOT_STARTED": "an attribute's value is not in quotes",
    "ERR_CDATA_NOT_FINISHED": "a CDATA section does not end: the file may be cut short",
    "ERR_COMMENT_NOT_FINISHED": "a comment does not end: the file may be cut short",
    "ERR_INVALID_CHAR": "it holds a control character",
    "ERR_TAG_NOT_FINISHED": "it ends before its elements are closed: it may be cut short",
}
"""The commonest errors of libxml2, in our words."""
_URI_OF_XACRO = re.compile(r"\{https?://[^}]*\bxacro/?\}")
_DOCTYPE_ALONE = re.compile(
    r"""(?:[\ufeff\s]|<!--.*?-->|<\?.*?\?>)*+<!DOCTYPE(?:[^"'<>\[]|"[^"]*"|'[^']*')*+(?:\[\s*\]\s*)?>""", re.DOTALL
)
_COLON = "_\N{MIDDLE DOT}"
"""What stands for a colon in a name where the other readers' names, which may hold any, are read."""
_UTF_16 = re.compile(rb"<\0[^\0]\0|\0<\0[^\0]")
_YAML = re.compile(rb"---\s|%YAML|[\w-]+:\s*(?:\n|$)|[\w-]+: ")
_MAGIC = (
    (b"\x1f\x8b", "compressed (gzip): unpack it first, with gunzip"),
    (b"BZh", "compressed (bzip2): unpack it first, with bunzip2"),
    (b"\xfd7zXZ", "compressed (xz): unpack it first, with unxz"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd): unpack it first, with unzstd"),
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"\x89HDF", "an HDF5 file, no URDF"),
    (b"\x89PNG", "a picture, no URDF"),
    (b"\xff\xd8\xff", "a picture, no URDF"),
    (b"%PDF", "a PDF, no URDF"),
    (b"glTF", "a binary glTF mesh, no URDF"),
    (b"Kaydara FBX", "a binary FBX mesh, no URDF"),
    (b"PXR-USDC", "a USD scene, no URDF"),
    (b"#usda", "a USD scene, no URDF"),
    (b"ply\n", "a PLY mesh, no URDF"),
    (b"ply\r\n", "a PLY mesh, no URDF"),
    (b"solid ", "an STL mesh, no URDF"),
    (b"version https://git-lfs", "a pointer of Git LFS and not the file itself: fetch that, with git lfs pull"),
)
_ROOTS = {
    "sdf": "an SDF (of Gazebo), no URDF",
    "gazebo": "an SDF (of Gazebo), no URDF",
    "world": "an SDF (of Gazebo), no URDF",
    "mujoco": "an MJCF (of MuJoCo), no URDF",
    "mujocoinclude": "an MJCF (of MuJoCo), no URDF",
    "collada": "a COLLADA mesh, no URDF",
    "launch": "a ROS launch file, no URDF",
    "package": "a ROS package's manifest, no URDF",
    "kinbody": "an OpenRAVE model, no URDF",
    "environment": "an OpenRAVE scene, no URDF",
    "html": "a web page, no URDF: download the file itself",
    "svg": "a picture, no URDF",
}


def root_element(path: Path) -> Any:
    """The element <robot> of a URDF file. Nothing outside the file is opened, and nothing in it is expanded.

    Raises:
        RobotError: the file cannot be read or is no URDF; says what it is.
    """
    content = _content(path)
    other = _other_than_xml(content)
    if other:
        raise RobotError(f"is {other}.")
    root = _parsed(content)
    if not is_called(root, "robot"):
        raise RobotError(_other_than_urdf(root))
    return root


def is_called(element: Any, name: str) -> bool:
    """Whether an element is written <name>, with no prefix: a default namespace changes nothing."""
    tag = element.tag
    if tag == name:
        return True
    return isinstance(tag, str) and tag.endswith("}" + name) and element.prefix is None  # a comment's is a function


def children(element: Any, name: str) -> list[Any]:
    """The elements <name> right inside another, in the order of the file."""
    return [child for child in element if is_called(child, name)]


def is_xacro(root: Any) -> bool:
    """Whether a document still holds what xacro would have replaced, in its elements or attributes."""
    for element in root.iter():
        if isinstance(element.tag, str) and (
            _written(element).startswith("xacro:") or _URI_OF_XACRO.match(element.tag)
        ):
            return True
        # Meshes are never opened: what is left in their names is the cause of nothing.
        if any(("${" in value or "$(" in value) and key != "filename" for key, value in element.attrib.items()):
            return True
    return False


def _content(path: Path) -> bytes:
    try:
        _refuse_other_than_a_file(path, os.stat(path).st_mode)
        # It may be replaced in between, and opening a named pipe waits until somebody writes into it, without this.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as file:
            _refuse_other_than_a_file(path, os.fstat(file.fileno()).st_mode)
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a null byte in a path is a ValueError
        raise RobotError(f"cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    if len(content) > MAX_BYTES:
        raise RobotError(f"larger than {MAX_BYTES // 1_000_000} MB, which no arm's URDF is.")
    return content


def _refuse_other_than_a_file(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise RobotError(_folder(path))
    if not stat.S_ISREG(mode):
        raise RobotError("is a pipe or a device: a URDF is read from a regular file.")


def _folder(path: Path) -> str:
    try:
        inside = sorted(each.name for each in path.iterdir() if each.suffix.lower() == ".urdf")
    except OSError:
        inside = []
    return f"is a folder: name the URDF file{f', one of: {listed(inside)}' if inside else ' in it'}."


def _other_than_xml(content: bytes) -> str:
    """What a file is that is no XML, by how it begins; empty where it may be XML."""
    for magic, what in _MAGIC:
        if content.startswith(magic):
            return what
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _UTF_16.match(content):
        return ""
    if not content.strip(b"\0"):
        return "empty"
    begin = content.removeprefix(codecs.BOM_UTF8).lstrip()
    if not begin:
        return "empty: it holds nothing but spaces"
    if len(content) >= 84 and len(content) == 84 + 50 * int.from_bytes(content[80:84], "little"):
        return "a binary STL mesh, no URDF"
    if b"\0" in content[:1000]:
        return "a binary file, no URDF"
    if begin[:20].lower().startswith((b"<!doctype html", b"<html")):  # seldom well-formed
        return _ROOTS["html"]
    if begin.startswith(b"<"):
        return ""
    if begin[:1] in b"{[":
        return "JSON, no URDF"
    if _YAML.match(begin):
        return "YAML, no URDF"
    text = begin[:60].decode("utf-8", "replace").splitlines()[0]
    return f"no XML: it begins with {text!r}"


def _other_than_urdf(root: Any) -> str:
    prefix, _, local = _written(root).rpartition(":")
    found = f"the root element is <{shortened(_written(root))}>, a URDF's is <robot>"
    known = _ROOTS.get(local.lower())
    if known:
        return f"is {known}: {found}."
    if local.lower() == "robot":
        return f"{found}{', with no prefix' if prefix else ', in small letters'}."
    inside = any(is_called(each, "robot") for each in root.iter())
    return f"{found}{'; there is one further in, which has to stand alone' if inside else ''}."


def _written(element: Any) -> str:
    """An element's name as the file has it."""
    name = element.tag.rpartition("}")[2].replace(_COLON, ":")
    return f"{element.prefix}:{name}" if element.prefix else name


def _parsed(content: bytes) -> Any:
    """The root element of the document.

    Raises:
        RobotError: it is not well-formed, in a way that leaves in doubt what it says, or it declares entities.
    """
    root, fault = _well_formed(content)
    if root is None and b"\0" not in content:
        encoding = "utf-8" if _is_utf8(content) else "iso-8859-1"  # to the others, bytes are letters
        content = b"".join(as_others_read(content, _COLON.encode(encoding)))
        root, fault = _well_formed(content, encoding)
    if root is None:
        raise RobotError(f"not well-formed XML ({fault}).")
    if _declares_something(root, content):
        raise RobotError("has a DOCTYPE that declares entities or defaults, which other readers of URDF do not know.")
    return root


def _well_formed(content: bytes, encoding: str | None = None) -> tuple[Any, str]:
    """The root element, or None and what is wrong where."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    parser = etree.XMLParser(encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(content, parser), ""
    except etree.XMLSyntaxError as error:
        entry = next((each for each in parser.error_log if each.level > etree.ErrorLevels.WARNING), None)
        if entry is None:
            return None, shortened(error.msg)
        return None, f"line {entry.line}: {_TOLD.get(entry.type_name) or shortened(entry.message)}"


def _declares_something(root: Any, content: bytes) -> bool:
    """Whether a DOCTYPE has declarations in the file itself; those that it refers to are never read."""
    information = root.getroottree().docinfo
    if information.internalDTD is None:
        return False
    try:
        document = content.decode(information.encoding or "utf-8")
    except (LookupError, UnicodeDecodeError):  # an encoding that Python does not have
        return True
    return not _DOCTYPE_ALONE.match(document)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
