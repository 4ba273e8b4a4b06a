"""Where a worker writes on a machine of a cluster: a file, which outlives the Dask worker, too.

What had not reached the coordinator when the Dask worker died is read from there by whoever else
is on that machine: a test that had ended is not run again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
from pathlib import Path

from harness.core import realtime as time
from harness.core.registry.locks import Lock
from harness.core.registry.processes import is_alive
from harness.runner.slate import HEAD, Slate

LOST = "its Dask worker was lost"  # how a process has ended that can only tell by this
SIZE = 1 << 20  # bytes
SHARED_MEMORY = Path("/dev/shm")
PREFIX = f"harness-slate-{os.getuid()}-"
STALE = 600.0  # seconds after which nobody will ask any more for what a dead worker has written
LOOK = 0.002
DYING = 5.0  # seconds that the kernel has to end a process that was killed


def make() -> str:
    """Make a file to write into, and return its path."""
    sweep()
    folder = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else tempfile.gettempdir()
    file, path = tempfile.mkstemp(prefix=f"{PREFIX}{os.getpid()}-", dir=folder)
    try:
        os.ftruncate(file, HEAD + SIZE)
    finally:
        os.close(file)
    return path


def slate_of(path: str) -> Slate:
    """Return the slate that is in a file."""
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        return Slate(SIZE, file)
    finally:
        os.close(file)


def recovered(path: str, pid: int, started: str) -> tuple[int, bytes] | None:
    """Return what a process wrote whose Dask worker was lost, once it is dead; remove the file.

    The kernel has killed it with its Dask worker. Where that lives on, and only the scheduler has
    given it up, it is killed now: its tests will be run elsewhere.

    Args:
        path: The file.
        pid: The process.
        started: When it was started: numbers are given again.

    Returns:
        How many bytes there were before, and the bytes; None if the file is not on this machine.
    """
    try:
        slate = slate_of(path)
    except OSError:
        return None
    end(pid, started)
    with contextlib.closing(slate):
        found = slate.last()
    remove(path)
    return found


def end(pid: int, started: str) -> None:
    """Kill a process, and wait until it is dead."""
    deadline = time.monotonic() + DYING
    while is_alive(pid, started) and time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(LOOK)


def remove(path: str) -> None:
    """Remove a file, if it is still there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def sweep(older: float = STALE) -> None:
    """Remove the files of dead Dask workers that nobody has asked for, for so many seconds."""
    for folder in (SHARED_MEMORY, Path(tempfile.gettempdir())):
        for path in folder.glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_ctime > older and is_free(path):
                    remove(str(path))


def is_free(path: Path) -> bool:
    """Tell whether the Dask worker that reads a file is dead."""
    with Lock(str(path)) as lock:
        return lock.try_exclusive()
