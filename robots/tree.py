"""The tree of links in a URDF file: which joint carries which link."""

from collections.abc import Sequence

from emssl_bench.exceptions import RobotError, listed, nearest, quoted
from robots.urdf_file import FileJoint


class Tree:
    """Links and joints of a file."""

    def __init__(self, links: Sequence[str], joints: Sequence[FileJoint]):
        self._links, self._joints = links, joints
        self._known = set(links)
        self._above = {joint.child: joint for joint in joints}
        self._called = {joint.name: joint for joint in joints}
        self._below: dict[str, list[FileJoint]] = {}
        for joint in joints:
            self._below.setdefault(joint.parent, []).append(joint)

    def require(self, link: str) -> None:
        """Raises:
        RobotError: there is no such link; suggests the nearest name.
        """
        if link not in self._known:
            near = nearest(link, self._links)
            meant = f": did you mean {near!r}?" if near else "."
            raise RobotError(f"no link {quoted(link)}{meant} Links: {listed(self._links)}.")

    def mimicked(self, joint: FileJoint, name: str) -> FileJoint:
        """The joint of a name, which another mimics.

        Raises:
            RobotError: there is none; suggests the nearest name.
        """
        if name not in self._called:
            near = nearest(name, self._called)
            meant = f": did you mean {near!r}?" if near else "."
            raise RobotError(f"joint {quoted(joint.name)} mimics {quoted(name)}, which is no joint{meant}")
        return self._called[name]

    def carrier(self, link: str) -> str | None:
        """The link that carries a link; None of the first."""
        return self._above[link].parent if link in self._above else None

    def ends(self, base: str | None) -> list[str]:
        """The links above `base` that carry no other, by name."""
        if base is None:
            return sorted(link for link in self._links if link not in self._below)
        carried = [base]
        for link in carried:
            carried += [joint.child for joint in self._below.get(link, [])]
            if len(carried) > len(self._links):
                raise RobotError(f"the joints above {quoted(base)} form a loop.")
        return sorted(link for link in carried if link not in self._below)

    def chain(self, tip: str, base: str | None) -> list[FileJoint]:
        """The joints from `base`, by default the link that nothing carries, to `tip`.

        Raises:
            RobotError: one does not carry the other.
        """
        chain, link = [], tip
        while link in self._above and link != base:
            chain.append(self._above[link])
            link = self._above[link].parent
            if len(chain) > len(self._joints):
                raise RobotError(f"the joints above {quoted(tip)} form a loop.")
        if base not in (None, link):
            carrying = [joint.parent for joint in chain[::-1]]
            raise RobotError(f"{quoted(base or '')} does not carry the end {quoted(tip)}: {listed(carrying)} do.")
        return chain[::-1]

    def carried_without_moving(self, base: str | None) -> set[str]:
        """The links that no joint moves; found from the base outwards, since following each inwards is quadratic."""
        found = [base] if base is not None else [link for link in self._links if link not in self._above]
        for link in found:
            found += [joint.child for joint in self._below.get(link, []) if joint.kind == "fixed"]
        return set(found)
