"""Locks that the kernel drops when their holder dies: the only count of who holds what.

`flock` and not `fcntl.lockf`: a record lock is dropped when any descriptor of its file is closed.
A lock belongs to the open file, which a forked child inherits: the child closes its copy and must
not unlock, or it would unlock its parent's.
"""

from __future__ import annotations

import os

from harness.core import realtime as time
from harness.core.forks import forget_after_fork
from harness.core.pauses import pause

try:
    import fcntl
except ImportError:  # Windows: nothing can be shared there, which `Registry` says
    fcntl = None  # type: ignore[assignment]

AVAILABLE = fcntl is not None
MODE = 0o600
SHORTEST_PAUSE = 0.0005
LONGEST_PAUSE = 0.02


class Lock:
    """A lock on a file, which is made if need be.

    Args:
        path: The file.

    Raises:
        OSError: The file cannot be made, or its file system has no such locks.

    Example:
        ::

            with Lock(path) as lock:
                lock.wait()
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        forget_after_fork(self, Lock._forget)

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def try_exclusive(self) -> bool:
        """Take the lock for us alone, if nobody else has it; tell whether we have it."""
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        """Take the lock together with others, if nobody has it alone; tell whether we have it."""
        return self._try(fcntl.LOCK_SH)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait(self, cancelled: object = None) -> bool:
        """Take the lock for us alone as soon as it is free.

        Args:
            cancelled: Called between two looks; the wait ends when it returns true.

        Returns:
            Whether we have it.
        """
        began = time.monotonic()
        while not self.try_exclusive():
            if callable(cancelled) and cancelled():
                return False
            time.sleep(pause(time.monotonic() - began, SHORTEST_PAUSE, LONGEST_PAUSE))
        return True

    def is_current(self) -> bool:
        """Tell whether the file still stands under its name; a removed one locks nobody out."""
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._file))

    @property
    def is_open(self) -> bool:
        """Whether it is neither closed nor, in a forked child, our parent's."""
        return self._file >= 0

    def close(self) -> None:
        """Let the lock go. Safe to call twice.

        Unlocked before it is closed: a child that is being forked may hold a copy for a moment.
        """
        file, self._file = self._file, -1
        if file >= 0:
            fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)

    def _forget(self) -> None:
        """Close our copy in a forked child; the parent keeps its lock."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def holders_of(path: str, *modes: str, kind: str = "FLOCK") -> list[int] | None:
    """Return the process of each lock on a file; None where the kernel does not tell.

    One process may have several. Source: proc_locks(5), where a file is known by its device and
    inode; a waiting lock has an arrow before its kind.

    Args:
        path: The file.
        modes: `READ` for shared locks, `WRITE` for exclusive ones; none for both.
        kind: `FLOCK`, as ours are, or `POSIX`.
    """
    try:
        file = os.stat(path)
        with open("/proc/locks", encoding="ascii") as table:
            lines = [line.split() for line in table]
    except OSError:
        return None
    name = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    locks = [line for line in lines if line[1] == kind and line[5] == name]
    return sorted(int(line[4]) for line in locks if line[3] in (modes or ("READ", "WRITE")))
