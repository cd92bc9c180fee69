"""Methods of other packages, found by the entry point group `emssl_bench.methods`.

Finding them reads package metadata only: a plug-in is imported when its method is first needed.
"""

import functools
import hashlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import TYPE_CHECKING

from emssl_bench.exceptions import BrokenPlugin, error_line, one_line

if TYPE_CHECKING:
    from emssl_bench.methods.base import Method

GROUP = "emssl_bench.methods"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Found:
    """The plug-ins of the installed packages."""

    methods: dict[str, "Plugin"] = field(default_factory=dict)
    """By name, in alphabetical order."""
    ignored: list[str] = field(default_factory=list)
    """A line for each entry point that is ignored, which says why."""


@dataclass(frozen=True)
class Plugin:
    """A method that another package offers."""

    name: str
    package: str
    entry: EntryPoint

    def broken(self, reason: object) -> BrokenPlugin:
        said = error_line(reason) if isinstance(reason, BaseException) else one_line(str(reason))[:300]
        return BrokenPlugin(f"the method {self.name!r} of the package {self.package!r} is broken: {said}")

    def identity(self) -> dict[str, str]:
        """What its records and models name it by: the package, and a hash of its code."""
        return {"package": self.package, "code": self.code()}

    def code(self) -> str:
        """A hash of all files of the package's modules, as they lie on disk now; hidden and compiled ones aside.

        A module that is no package counts with its one file, a package with all that lies in its folder. What the
        package needs of others does not count.
        """
        contents = {name: hashlib.sha256(path.read_bytes()).digest() for name, path in self._files().items()}
        found = hashlib.sha256()
        for name in sorted(contents):
            found.update(name.encode("utf-8", "surrogateescape") + b"\0" + contents[name])
        if not contents and self.entry.dist:  # in an archive, for instance
            found.update(self.entry.dist.version.encode())
        return found.hexdigest()[:12]

    def modules(self) -> set[str]:
        """The top names that its distribution can be imported by, and that of its entry point."""
        names = {self.entry.module.partition(".")[0]}
        package = self.entry.dist
        if package:
            names.update((package.read_text("top_level.txt") or "").split())
            for file in package.files or ():
                top = file.parts[0].partition(".")[0]
                if file.suffix == ".py" and top.isidentifier() and not top.startswith("__editable__"):
                    names.add(top)
        return names

    def _files(self) -> dict[str, Path]:
        """The files that its code consists of, by names that are the same wherever it is installed."""
        found: dict[str, Path] = {}
        for top in self.modules():
            try:
                spec = importlib.util.find_spec(top)
            except (ImportError, ValueError, AttributeError):
                continue
            if spec is None:
                continue
            folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
            if not folders and spec.origin and Path(spec.origin).is_file():
                found[Path(spec.origin).name] = Path(spec.origin)
            if folders and spec.origin in (None, "namespace"):  # others have a share in it
                found |= self._in_namespace(top, folders)
                continue
            for folder in folders:
                found |= {f"{top}/{name}": path for name, path in _below(folder).items()}
        return found

    def _in_namespace(self, top: str, folders: list[Path]) -> dict[str, Path]:
        """Of a namespace that packages share, what the distribution lists, and the part that the entry point is in."""
        found: dict[str, Path] = {}
        package, (first, *rest) = self.entry.dist, self.entry.module.split(".")
        for file in (package.files or ()) if package else ():
            path = Path(str(file.locate()))
            if file.parts[0] == top and _counts(file.parts) and path.is_file():
                found[file.as_posix()] = path
        name = first
        for part in rest if first == top else ():
            name += f"/{part}"
            for folder in folders:
                if (module := folder / f"{part}.py").is_file():
                    return found | {f"{name}.py": module}
            folders = [folder / part for folder in folders if (folder / part).is_dir()]
            if any((folder / "__init__.py").is_file() for folder in folders):
                return found | {f"{name}/{each}": path for folder in folders for each, path in _below(folder).items()}
        return found

    def load(self) -> type["Method"]:
        """The class behind it.

        Raises:
            BrokenPlugin: it cannot be imported, or is no method.
        """
        from emssl_bench.methods.base import Method

        try:
            found = self.entry.load()
        except (Exception, SystemExit) as error:  # somebody else's code: it may raise whatever it likes
            raise self.broken(error) from None
        if not (isinstance(found, type) and issubclass(found, Method)):
            raise self.broken(f"{self.entry.value} is no subclass of emssl_bench.methods.base.Method.")
        if "__dataclass_params__" not in vars(found):
            raise self.broken(f"{found.__name__} lacks @dataclass(frozen=True, kw_only=True).")
        if inspect.isabstract(found):
            raise self.broken(f"{found.__name__} does not define {', '.join(sorted(found.__abstractmethods__))}.")
        title = getattr(found, "title", None)
        if not (isinstance(title, str) and title.isprintable() and set("$|").isdisjoint(title)):
            raise self.broken(f"{found.__name__} has no title, the name that tables print (no $, | or line end in it).")
        for each in fields(found):
            if each.default is MISSING:
                raise self.broken(f"its setting {each.name} has no default.")
        return found


def _below(folder: Path) -> dict[str, Path]:
    """All files below a folder that count, by their place in it."""
    files = ((path.relative_to(folder), path) for path in folder.rglob("*"))
    return {name.as_posix(): path for name, path in files if _counts(name.parts) and path.is_file()}


def _counts(parts: Sequence[str]) -> bool:
    """Whether a file is code or data, and not hidden, nor made by Python of another."""
    return not any(part.startswith(".") or part == "__pycache__" for part in parts) and not parts[-1].endswith(".pyc")


def found(reserved: Iterable[str]) -> Found:
    """The plug-ins of the packages that can be imported now.

    Args:
        reserved: names that no plug-in can have.
    """
    return _found(tuple(sys.path), tuple(reserved))


@functools.lru_cache(maxsize=8)
def _found(path: tuple[str, ...], reserved: tuple[str, ...]) -> Found:
    plugins, ignored = {}, []
    for package, entry in _entries(ignored):
        what = f"the method {entry.name!r} of the package {package!r} is ignored: "
        if not _NAME.fullmatch(entry.name):
            ignored.append(what + "a name is up to 64 letters, digits, - and _, and begins with one of the first two.")
        elif entry.name in ("all", "everything"):
            ignored.append(what + "the name stands for several methods.")
        elif entry.name in reserved:
            ignored.append(what + "emssl-bench has a method of this name.")
        elif entry.name in plugins:
            ignored.append(what + f"the package {plugins[entry.name].package!r} has a method of this name.")
        else:
            plugins[entry.name] = Plugin(entry.name, package, entry)
    return Found({name: plugins[name] for name in sorted(plugins)}, ignored)


def _entries(ignored: list[str]) -> list[tuple[str, EntryPoint]]:
    """Entry points of our group by package, in alphabetical order; a package found twice counts once."""
    packages: dict[str, Distribution] = {}
    for package in distributions():
        try:
            packages.setdefault(package.metadata["Name"] or "", package)  # the first on sys.path is imported
        except Exception:  # half removed; not ours to complain about
            continue
    entries = []
    for name in sorted(packages):
        try:
            entries += [(name, entry) for entry in packages[name].entry_points if entry.group == GROUP]
        except Exception:
            if GROUP in (packages[name].read_text("entry_points.txt") or ""):
                ignored.append(f"the methods of the package {name!r} are ignored: its entry_points.txt is damaged.")
    return entries
