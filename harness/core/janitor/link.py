"""Our connection to the janitor: its end tells the janitor that we are gone."""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
import threading
from typing import Any

from harness.core.forks import forget_after_fork
from harness.core.registry.locks import Lock
from harness.errors import StartError

SOCKET = "janitor.sock"
PROGRAM = os.path.join(os.path.dirname(__file__), "__main__.py")
TIMEOUT = 30.0  # seconds: it answers in milliseconds, unless the machine hangs
PARTING = 2.0
ATTEMPTS = 3
HIGH = 10  # descriptors below may be in use by what the child is given


class JanitorLink:
    """This process's connection to the janitor of a registry; started if there is none.

    Args:
        path: The registry's directory.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._members = 0
        self._socket: socket.socket | None = None
        forget_after_fork(self, JanitorLink._forget)

    def join(self) -> None:
        """Make sure that a janitor knows us; `leave` is called as often.

        Raises:
            OSError: None can be started.
        """
        with self._lock:
            self._members += 1
            try:
                self._ensure()
            except BaseException:
                self._members -= 1
                raise

    def leave(self) -> None:
        """Tell the janitor that we hold nothing any more, when nobody in this process does."""
        with self._lock:
            self._members -= 1
            if self._members == 0:
                self._part()

    def _part(self) -> None:
        if self._socket is not None:
            hear_out(self._socket)
        self._hang_up()

    def spawn(self, **request: Any) -> int:
        """Have the janitor start a process; return its number.

        Raises:
            OSError: It could not be executed.
            StartError: The janitor does not answer.
        """
        answer = self._ask({"do": "spawn", **request})
        if "errno" in answer:
            raise OSError(answer["errno"], os.strerror(answer["errno"]), answer.get("what"))
        return int(answer["pid"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and read its answer; to a new janitor if the old one was killed."""
        with self._lock:
            for _ in range(ATTEMPTS):
                try:
                    return self._exchange(request)
                except (ConnectionError, EOFError):
                    self._hang_up()
                except TimeoutError:
                    self._hang_up()  # its answer may still come, and must not be taken for another
                    break
        raise StartError(
            "the janitor, which starts our servers, does not answer",
            cause="it is killed as soon as it runs, or the machine is overloaded",
            hint=f"read {self._path}/janitor.log",
        )

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        import json

        connection = self._ensure()
        send(connection, request)
        answer = bytearray()
        while not answer.endswith(b"\n"):
            block = connection.recv(1 << 16)
            if not block:
                raise EOFError
            answer += block
        found: dict[str, Any] = json.loads(answer)
        return found

    def _ensure(self) -> socket.socket:
        if self._socket is not None and is_closed(self._socket):
            self._hang_up()
        if self._socket is None:
            self._socket = self._greeted(ATTEMPTS)
        return self._socket

    def _greeted(self, attempts: int) -> socket.socket:
        """Return a new connection; another one if the janitor is killed while we call it."""
        try:
            return self._greet(self._connect())
        except ConnectionError:
            if attempts == 1:
                raise
            return self._greeted(attempts - 1)

    def _greet(self, connection: socket.socket) -> socket.socket:
        try:
            connection.settimeout(TIMEOUT)
            send(connection, {"do": "hello", "pid": os.getpid(), "path": sys.path})
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> socket.socket:
        """Connect to the janitor, or start one; never two at once."""
        try:
            return connected(self._path)
        except (FileNotFoundError, ConnectionError):
            pass
        with Lock(f"{self._path}/spawn") as lock:
            lock.wait()
            try:
                return connected(self._path)
            except (FileNotFoundError, ConnectionError):
                start(self._path)
                return connected(self._path)

    def _hang_up(self) -> None:
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()

    def _forget(self) -> None:
        """Drop what a forked child inherited: the connection is its parent's."""
        self._lock = threading.RLock()
        self._members = 0
        self._hang_up()


def nudge(path: str) -> None:
    """Have the janitor, if there is one, look at everything now; wait until it has, or has left.

    Args:
        path: The registry's directory.
    """
    try:
        connection = connected(path)
    except (FileNotFoundError, ConnectionError):
        return
    with connection:
        hear_out(connection)


def hear_out(connection: socket.socket) -> None:
    """Say that we leave, and wait until the janitor has seen to what we leave, or left itself."""
    connection.settimeout(PARTING)
    try:
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    except OSError:
        pass  # it was killed, or hangs: the next run repairs


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Send a message, one line of JSON."""
    import json

    connection.sendall(json.dumps(message).encode() + b"\n")


def is_closed(connection: socket.socket) -> bool:
    """Tell whether the other end is gone: it says nothing unless it is asked."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def connected(path: str) -> socket.socket:
    """Return a connection to the janitor of the registry at `path`."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with_short_path(path, connection.connect)
    except BaseException:
        connection.close()
        raise
    return connection


def listening(path: str) -> socket.socket:
    """Return the socket of a new janitor, which takes the place of a dead one's."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        try:
            os.unlink(f"{path}/{SOCKET}")
        except FileNotFoundError:
            pass
        with_short_path(path, listener.bind)
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def with_short_path(path: str, use: Any) -> None:
    """Call `use` with an address for the socket: a path that may be long is reached by number."""
    if not os.path.isdir("/proc/self/fd"):
        use(f"{path}/{SOCKET}")
        return
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        use(f"/proc/self/fd/{directory}/{SOCKET}")
    finally:
        os.close(directory)


def start(path: str) -> None:
    """Start a janitor that listens already: whoever connects need not wait for it.

    It is not a `subprocess.Popen`: nobody here ever waits for it, or is asked to.
    """
    import fcntl

    with listening(path) as listener:
        inherited = fcntl.fcntl(listener.fileno(), fcntl.F_DUPFD_CLOEXEC, HIGH)
        try:
            log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            spawn_apart(
                [sys.executable, "-I", "-S", PROGRAM, path],
                [
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, f"{path}/janitor.log", log, 0o600),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                    (os.POSIX_SPAWN_DUP2, inherited, 3),
                ],
            )
        except OSError as error:
            os.unlink(f"{path}/{SOCKET}")  # nobody will ever answer there
            if isinstance(error, FileNotFoundError):
                what = "no Python to run the janitor"
                raise OSError(errno.ENOENT, what, sys.executable) from error
            raise
        finally:
            os.close(inherited)


def spawn_apart(command: list[str], actions: list[tuple[Any, ...]]) -> None:
    """Start a program out of reach, from its first moment, of a signal to our process group."""
    options: dict[str, Any] = {"file_actions": actions, "setsigdef": []}
    try:
        os.posix_spawn(command[0], command, os.environ, setsid=True, **options)
    except NotImplementedError:  # not on every system
        os.posix_spawn(command[0], command, os.environ, setpgroup=0, **options)
