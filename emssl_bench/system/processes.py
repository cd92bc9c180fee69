"""Python processes of the suite's own, which import what they need and never the program's `__main__`.

`multiprocessing` with "spawn" imports it: a script without a guard starts itself again and again, `python -` has none
to import, and a daemonic process may start none. Nothing here imports NumPy or torch.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import spawn
from multiprocessing.connection import Connection, wait
from typing import Any

from emssl_bench.exceptions import InvalidValue, MissingDependency
from emssl_bench.system.limits import above_standard_streams, is_open, refused_by_the_system

try:
    import fcntl
except ImportError:  # not a POSIX system, as is said when a process is wanted
    fcntl = None

# A process that a forked child inherited the pipe of would not notice the death of its parent.
_all: "weakref.WeakSet[PythonProcess]" = weakref.WeakSet()
_starting = threading.RLock()

_BOOT = """\
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[2]))
try:
    sys.path[:] = connection.recv()
    from emssl_bench.system import processes
    target, arguments = connection.recv()
except (EOFError, ConnectionError):
    raise SystemExit
except BaseException as error:
    connection.send(f"{type(error).__name__}: {error}")
    raise SystemExit(1)
target(connection, *arguments)
"""


class PythonProcess:
    """A process that runs `target(connection, *arguments)`, and this end of the pipe to it.

    Ctrl-C is the parent's to handle: the process ignores it from its first moment. When this process dies, the other
    end of the pipe reads as ended, which is for `target` to notice. A forked child of this process has no part in it.
    """

    def __init__(
        self,
        target: Callable[..., object],
        arguments: Sequence[Any],
        name: str,
        descriptors: Sequence[int] = (),
        environment: dict[str, str] | None = None,
        may_print: bool = False,
    ):
        """Starts it, and does not wait for anything.

        Args:
            target: a function of a module that can be imported.
            arguments: what it is called with, pickled.
            name: what lists of processes show behind Python's own arguments.
            descriptors: of files that it inherits under the same numbers.
            environment: variables that it has beside those of this process.
            may_print: whether what it prints goes where this process's output goes.

        Raises:
            InvalidValue: the arguments cannot be pickled.
            MissingDependency: there is no Python that could be started.
            SystemLimit: the system refuses a process or a pipe.
        """
        if fcntl is None:
            raise MissingDependency("worker processes need Linux or macOS: use forward='chain'.")
        pickled = _pickled((target, tuple(arguments)))
        shown = name.encode(sys.getfilesystemencoding(), "replace")  # no ± in an ASCII locale, and no error either
        with _starting, _interrupts_later(), refused_by_the_system("a worker process cannot be started"):
            self.connection, theirs = _pipe()
            try:
                self._popen = subprocess.Popen(
                    [*_interpreter(), "-P", "-c", _BOOT, shown, str(theirs)],
                    stdin=subprocess.DEVNULL,
                    stdout=None if may_print and is_open(1) else subprocess.DEVNULL,
                    stderr=None if is_open(2) else subprocess.DEVNULL,
                    pass_fds=(theirs, *descriptors),
                    env={**os.environ, **(environment or {})},
                )
            except BaseException:
                self.connection.close()
                raise
            finally:
                os.close(theirs)  # or the death of the process would not end the pipe
            _all.add(self)
        try:
            self.connection.send(_import_path())
            self.connection.send_bytes(pickled)
        except OSError:
            pass  # it is dead already, as whoever waits for it will find
        except BaseException:
            self.kill()
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exitcode(self) -> int | None:
        """None while it runs; minus a signal's number where a signal has ended it."""
        return self._popen.poll()

    def is_alive(self) -> bool:
        return self.exitcode is None

    def kill(self) -> None:
        self._popen.kill()

    def join(self, timeout_s: float | None = None) -> None:
        """Waits until it has ended, or for so long."""
        try:
            self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            pass

    def close(self) -> None:
        """Closes the pipe and waits for the process to end, which must have been told to."""
        self.connection.close()
        self.join()

    @classmethod
    def ending_with_parent(
        cls, target: Callable[..., object], arguments: Sequence[Any], name: str, **options: Any
    ) -> "PythonProcess":
        """One whose target only tells: it ends at whatever moment this process does, even while it imports.

        Raises:
            as by `PythonProcess`.
        """
        return cls(_end_with_parent, (_pickled((target, tuple(arguments))),), name, **options)

    def _after_fork_in_child(self) -> None:
        self.connection.close()
        self._popen.returncode = 0  # it is no child of this process, to be waited for or warned of


def _end_with_parent(connection: Connection, pickled: bytes) -> None:
    def watch() -> None:
        wait([connection])  # nothing is sent to it: it is the end of the pipe that comes
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    target, arguments = pickle.loads(pickled)
    target(connection, *arguments)


def _pickled(arguments: object) -> bytes:
    """
    Raises:
        InvalidValue: they cannot be pickled.
    """
    try:
        return pickle.dumps(arguments)
    except Exception as error:
        raise InvalidValue(f"a worker process cannot be given its arguments: {error}.") from None


def _after_fork_in_child() -> None:
    _starting.release()
    for process in list(_all):
        process._after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_after_fork_in_child
    )


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Holds Ctrl-C back: a process that is being started inherits that, and none is lost between start and note."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pipe() -> tuple[Connection, int]:
    ours, theirs = socket.socketpair()
    our_end = above_standard_streams(ours.detach())
    try:
        return Connection(our_end), above_standard_streams(theirs.detach())
    except BaseException:
        os.close(our_end)
        raise


def _interpreter() -> list[str]:
    """Python and its flags, as this process was started with them.

    Raises:
        MissingDependency: there is none that could be started.
    """
    executable = spawn.get_executable()
    if not executable or getattr(sys, "frozen", False):
        raise MissingDependency(
            "worker processes need a Python to start, and this program is frozen or embedded: use forward='chain', or "
            "name one with multiprocessing.set_executable."
        )
    flags = subprocess._args_from_interpreter_flags()  # pyright: ignore[reportAttributeAccessIssue]
    return [os.fsdecode(executable), *flags]


def _import_path() -> list[str]:
    """Where this process finds its modules, for one that may be in another folder by then."""
    return [os.path.abspath(entry) for entry in sys.path if isinstance(entry, str)]
