"""Starting servers as children of the janitor, and noting how they ended."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
from typing import Any

from harness.core.registry import files, processes
from harness.core.registry.processes_thing import exit_file, pid_file


class Children:
    """The server processes that this janitor is the parent of."""

    def __init__(self) -> None:
        self._lives: dict[int, str] = {}

    def spawn(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start a process and return its number, or why it could not be executed.

        Args:
            request: `command`, `environment`, `user`, `cwd`, `log` and `life`, the file of the
                lifetime lock, which the process and all its children inherit.
        """
        life, log = request["life"], request["log"]
        files.remove(exit_file(life))
        try:
            with Opened(life, os.O_RDWR | os.O_CREAT) as lock, Opened(log, LOG) as output:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                pid = fork_and_execute(request, lock, output)
        except OSError as error:
            return {"errno": error.errno, "what": error.filename or request["command"][0]}
        self._lives[pid] = life
        files.write(pid_file(life), (pid, processes.start_time(pid)))
        return {"pid": pid}

    def reap(self) -> None:
        """Note how children ended; among them those of servers that forked away."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._note(pid, status)

    def _note(self, pid: int, status: int) -> None:
        life = self._lives.pop(pid, None)
        if life is not None and os.path.exists(life):  # else it was removed with its slot
            files.write(exit_file(life), os.waitstatus_to_exitcode(status))


LOG = os.O_WRONLY | os.O_CREAT | os.O_APPEND


class Opened:
    """An open file for the length of a block, as a number."""

    def __init__(self, path: str, flags: int) -> None:
        self._file = os.open(path, flags | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> int:
        return self._file

    def __exit__(self, *error: object) -> None:
        os.close(self._file)


def fork_and_execute(request: dict[str, Any], lock: int, output: int) -> int:
    """Fork and execute; return the child's number.

    Raises:
        OSError: The child could not be made what was asked for, or the program not executed.
    """
    ids = account_of(request["user"])
    reading, writing = os.pipe()
    gc.freeze()  # the child must not touch what it never uses
    pid = os.fork()
    if pid == 0:
        become(request, ids, lock, output, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        failure = pipe.read()  # empty when it was executed, which closes the other end
    if failure:
        os.waitpid(pid, 0)
        number, _, what = failure.decode(errors="replace").partition(" ")
        raise OSError(int(number), os.strerror(int(number)), what)
    return pid


def account_of(user: str | None) -> tuple[int, int] | None:
    """Return the numbers of a user and its group; None for the user we are."""
    if user is None:
        return None
    import pwd

    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def become(
    request: dict[str, Any], ids: tuple[int, int] | None, lock: int, output: int, report: int
) -> None:
    """Become the server; never returns."""
    what = request["cwd"]
    try:
        os.setsid()
        for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        os.set_inheritable(lock, True)
        if ids is not None:
            os.setgroups([])
            os.setgid(ids[1])
            os.setuid(ids[0])
        os.chdir(request["cwd"])
        what = request["command"][0]
        os.execvpe(what, request["command"], request["environment"])
    except OSError as error:
        os.write(report, f"{error.errno} {what}".encode())
    finally:
        os._exit(127)
