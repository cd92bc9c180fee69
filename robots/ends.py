"""Between which links of a file the arm is: as told, as found, or with a suggestion where neither will do."""

from collections.abc import Sequence

from emssl_bench.exceptions import RobotError, listed, quoted
from robots import folding
from robots.reach import require_moving
from robots.spec import RobotSpec
from robots.tree import Tree

_TRIED = 5_000
"""Joints of arms that are tried out, in all, before an end or a base is suggested: a file can have 100,000."""


def end(tree: Tree, tip: str | None, base: str | None) -> str:
    """The end effector's link: the one asked for, or the only one above `base` that carries no other.

    Raises:
        RobotError: there is no such link, or it cannot be told; suggests ends that can be used.
    """
    for link in (base, tip):
        if link is not None:
            tree.require(link)
    if tip is not None:
        return tip
    ends = tree.ends(base)
    if not ends:
        raise RobotError("every link carries another: its joints form a loop.")
    if len(ends) == 1:
        return ends[0]
    raise _Suggestions(tree).several(ends, base)


def arm(tree: Tree, name: str, source: str, tip: str, base: str | None, suggest_tip: bool = False) -> RobotSpec:
    """The arm between two links; `base` None is the link that nothing carries.

    Raises:
        RobotError: it cannot be used; says why, and which ends would do, as far as that is known.
    """
    try:
        return folding.arm(tree, name, source, tip, base)
    except RobotError as error:
        suggestions = _Suggestions(tree)
        advice = suggestions.without(tip, base) if isinstance(error, folding.LeaveOut) else ""
        if not advice and suggest_tip and (usable := suggestions.last_usable(tip, base)):
            advice = f" The arm up to a link before it can be used: --tip {usable}."
        raise RobotError(f"{error}{advice}") from None


class _Suggestions:
    """Ends and bases with which a file's arm can be used, searched for in bounded time."""

    def __init__(self, tree: Tree):
        self._tree, self._joints_left = tree, _TRIED

    def several(self, ends: Sequence[str], base: str | None) -> RobotError:
        """What to say where there are several ends: which of them, or links before them, can be used."""
        still = self._tree.carried_without_moving(base)
        moving = [end for end in ends if end not in still]
        carried = [end for end in ends if end in still]
        fixed = f" (Fixed to the base: {listed(carried)}.)" if carried else ""
        if not moving:
            return RobotError(f"no moving joint in any of its branches: {listed(ends)}.")
        found: dict[str, str | None] = {}
        for end in moving:
            if self._joints_left <= 0:
                break
            found[end] = self.last_usable(end, base)
        usable = list(dict.fromkeys(link for link in found.values() if link))
        if not usable:
            try:
                require_moving(folding.arm(self._tree, "arm", "", moving[0], base))
            except RobotError as error:
                self._joints_left = _TRIED
                advice = next(filter(None, (self.without(end, base, True) for end in moving)), "")
                return RobotError(
                    f"several branches, and none can be used: {listed(moving)}. To {quoted(moving[0])}: {error}{advice}"
                )
        others = [end for end, link in found.items() if link != end]
        more = f" (Not: {listed(others)}.)" if others else ""
        untried = f" ({len(moving) - len(found):,} more were not tried.)" if len(found) < len(moving) else ""
        return RobotError(
            f"several branches, name the end with --tip. One of: {listed(usable)} (or a link before it)."
            f"{more}{untried}{fixed}"
        )

    def last_usable(self, end: str, base: str | None) -> str | None:
        """The last link on the way to an end up to which the arm can be used; None where none is found in time."""
        link = end
        while self._joints_left > 0:
            if self._can_be_used(link, base):
                return link
            carrier = self._tree.carrier(link)
            if link == base or carrier is None:
                return None
            link = carrier
        return None

    def without(self, tip: str, base: str | None, name_tip: bool = False) -> str:
        """The advice to leave out what carries the arm, with the first base that will do; "" where none is found."""
        if self._joints_left <= 0:
            return ""
        for joint in self._tree.chain(tip, base):
            if self._joints_left <= 0:
                break
            if self._can_be_used(tip, joint.child):
                named = f" --tip {tip}" if name_tip and len(self._tree.ends(joint.child)) > 1 else ""
                return f" --base {joint.child}{named} leaves it out."
        return ""

    def _can_be_used(self, tip: str, base: str | None) -> bool:
        """Whether there is an arm between two links; once enough has been tried, it says no without a look."""
        if self._joints_left <= 0:
            return False
        try:
            self._joints_left -= 1 + len(self._tree.chain(tip, base))
            require_moving(folding.arm(self._tree, "", "", tip, base))
        except RobotError:
            return False
        return True
