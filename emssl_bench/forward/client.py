"""A PyBullet client that no other code has touched, as long as it is open."""

import importlib.util
import secrets
import weakref
from pathlib import Path
from types import ModuleType, TracebackType

from emssl_bench.exceptions import Closed, MissingDependency, RobotError, SystemLimit
from emssl_bench.forward.c_numbers import decimal_point
from emssl_bench.forward.quiet import silent_c_output
from emssl_bench.system.opened import Opened
from robots.spec import RobotSpec

MOST_JOINTS = 126
"""PyBullet takes 127 links after the base, of which one is the tip. It loads more, and fails when they are queried."""
_MARK = "emssl_bench"


def require_usable(robot: RobotSpec) -> None:
    """
    Raises:
        MissingDependency: PyBullet is not installed.
        RobotError: it cannot hold so long an arm.
    """
    if importlib.util.find_spec("pybullet") is None:
        raise MissingDependency(
            "the forward model 'bullet' needs PyBullet: pip install pybullet (Python 3.11), or use --forward chain."
        )
    if len(robot.joints) > MOST_JOINTS:
        raise RobotError(
            f"{robot.shown} has {len(robot.joints)} moving joints, and PyBullet holds at most {MOST_JOINTS}: "
            "use --forward chain."
        )


class Client:
    """A DIRECT client, entered by one call at a time.

    PyBullet gives the number of a closed client to the next one that is opened, and any code may reset or disconnect
    any client. So the body in our client has a mark that no other has, and every call checks it.
    """

    def __init__(self, robot: RobotSpec, what: str):
        """Args:
            robot: the arm that it is for.
            what: the name of the client in errors.

        Raises:
            MissingDependency: PyBullet is not installed.
            RobotError: it cannot hold so long an arm.
            SystemLimit: PyBullet takes no further client.
        """
        require_usable(robot)
        self._opened = Opened(what)
        self._mark = secrets.token_hex(8)
        self._marks: list[int] = []
        with silent_c_output():
            try:
                import pybullet
            except ImportError as error:
                raise MissingDependency(f"PyBullet is installed and cannot be imported: {error}.") from None
            self.bullet = pybullet
            self.number: int = pybullet.connect(pybullet.DIRECT)
        if self.number < 0:
            raise SystemLimit(
                "PyBullet takes no further client in this process (it has 1024): close arms and environments that are "
                "no longer used."
            )
        self._end = weakref.finalize(self, _disconnect, pybullet, self.number, self._mark, self._marks)
        self._end.atexit = False  # the process takes it along

    def mark(self, body: int) -> None:
        """Marks the client as ours, by a body that stays in it."""
        self._marks.append(self.bullet.addUserData(body, _MARK, self._mark, physicsClientId=self.number))

    def load(self, path: Path) -> int:
        """The body that PyBullet makes of a URDF file.

        Raises:
            pybullet.error: it cannot be loaded.
        """
        with silent_c_output(), decimal_point():
            return self.bullet.loadURDF(str(path), useFixedBase=True, physicsClientId=self.number)

    def require_usable(self) -> None:
        """Raises:
        Closed: it is closed, or not ours any more.
        """
        self._opened.require_usable()
        if self._marks and not _is_ours(self.bullet, self.number, self._mark, self._marks):
            raise self._lost()

    def _lost(self) -> Closed:
        return Closed(
            f"{self._opened.what} is gone: other code has reset or disconnected its PyBullet client ({self.number}). "
            "Open a new one, and a client of your own for other uses."
        )

    def __enter__(self) -> None:
        self._opened.__enter__()
        if self._marks and not _is_ours(self.bullet, self.number, self._mark, self._marks):
            self._opened.__exit__(None, None, None)
            raise self._lost()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, traceback)
        if isinstance(error, self.bullet.error):
            self.require_usable()  # it may have been closed under the call, by a signal handler for instance

    def close(self) -> None:
        if self._opened.end():
            self._end()


def _is_ours(bullet: ModuleType, number: int, mark: str, marks: list[int]) -> bool:
    try:
        return bullet.getUserData(marks[0], physicsClientId=number) == mark.encode()
    except bullet.error:  # it is disconnected
        return False


def _disconnect(bullet: ModuleType, number: int, mark: str, marks: list[int]) -> None:
    """Closes the client, unless it has become someone else's."""
    try:
        if not marks or _is_ours(bullet, number, mark, marks):
            bullet.disconnect(number)
    except bullet.error:
        pass
