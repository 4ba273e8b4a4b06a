"""Starting servers as children of the janitor, and noting how they ended."""

from __future__ import annotations

import errno
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
                lifetime lock, which the process and all its children inherit. Whoever asks has
                made that file; where it is gone, they have died, and it must not be started.
        """
        life = request["life"]
        try:
            files.remove(exit_file(life))
            pid = start(request)
            self._lives[pid] = life
            self._sign(pid, life)
        except OSError as error:
            number = error.errno or errno.ETIMEDOUT
            return {"errno": number, "what": error.filename or request["command"][0]}
        return {"pid": pid}

    def _sign(self, pid: int, life: str) -> None:
        """Write down which process it is; what cannot be written down must not run."""
        try:
            files.write(pid_file(life), (pid, processes.start_time(pid)))
        except OSError:
            os.kill(pid, signal.SIGKILL)  # our child, for which we have not waited
            raise

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
        if life is None or not os.path.exists(life):  # it is being removed
            return
        try:
            files.write(exit_file(life), os.waitstatus_to_exitcode(status))
        except OSError:
            pass  # a full disk, or just removed: an exit code is lost, and we go on


IGNORED = (  # by us, or by any Python: a program that is executed would inherit that
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGPIPE,
    signal.SIGXFSZ,
)
LOG = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


def start(request: dict[str, Any]) -> int:
    """Start a process, in the place of one that a janitor started that was killed before it told.

    Raises:
        OSError: As `fork_and_execute`.
    """
    output = os.open(request["log"], LOG, 0o600)
    try:
        try:
            return fork_and_execute(request, output)
        except BlockingIOError:
            instance = request["environment"][processes.MARK]
            processes.end(request["life"], instance, 0, "", signal.SIGKILL, 0)
            return fork_and_execute(request, output)
    finally:
        os.close(output)


def fork_and_execute(request: dict[str, Any], output: int) -> int:
    """Fork and execute; return the child's number.

    Raises:
        BlockingIOError: It runs already.
        OSError: The child could not be made what was asked for, or the program not executed.
    """
    ids = account_of(request["user"])
    reading, writing = os.pipe()
    gc.freeze()  # the child must not touch what it never uses
    pid = os.fork()
    if pid == 0:
        become(request, ids, output, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        failure = pipe.read()  # empty when it was executed, which closes the other end
    if failure:
        os.waitpid(pid, 0)
        number, _, what = failure.decode(errors="replace").partition(" ")
        raise OSError(int(number), os.strerror(int(number)), what)
    return pid


def account_of(user: str | None) -> tuple[int, int] | None:
    """Return the numbers of a user and its group; None for the user we are.

    Raises:
        OSError: There is no such user.
    """
    if user is None:
        return None
    import pwd

    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise OSError(errno.EINVAL, "there is no such user", user) from None
    return entry.pw_uid, entry.pw_gid


def become(request: dict[str, Any], ids: tuple[int, int] | None, output: int, report: int) -> None:
    """Become the server; never returns."""
    what = request["life"]
    try:
        take_life(what)
        what = request["cwd"]
        os.setsid()
        for number in IGNORED:
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
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


def take_life(life: str) -> None:
    """Take the lifetime lock, for us and all that descend from us.

    In the child: whoever has the file open is killed when the instance is removed.

    Raises:
        FileNotFoundError: The instance is being removed.
        BlockingIOError: It runs already.
    """
    lock = os.open(life, os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.set_inheritable(lock, True)
