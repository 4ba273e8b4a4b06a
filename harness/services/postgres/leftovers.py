"""What a killed PostgreSQL leaves outside its data directory, and removing it."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
from pathlib import Path

IPC_RMID = 0
SEGMENT_LINE = 6  # of postmaster.pid, counted from 0: "key id" of the shared memory segment


def sweep(data: Path) -> None:
    """End the processes and remove the shared memory of a server that was killed.

    A server that stopped by itself has removed its postmaster.pid, and left nothing.

    Args:
        data: The data directory.
    """
    lock_file = data / "postmaster.pid"
    if lock_file.exists():
        end_children(data)
        remove_segment(lock_file)


def end_children(data: Path) -> None:
    """Kill the server processes that outlived their parent.

    They are known by their working directory, which is the data directory; process groups do not
    help, since each calls setsid.
    """
    if not hasattr(os, "pidfd_open"):
        return
    for entry in Path("/proc").glob("[0-9]*"):
        if works_in(entry, data):
            kill(entry, data)


def works_in(process: Path, data: Path) -> bool:
    """Tell whether a process has `data` as its working directory."""
    try:
        return os.readlink(process / "cwd") == os.path.realpath(data)
    except OSError:
        return False


def kill(process: Path, data: Path) -> None:
    """Kill one process, unless its number has been given to another one meanwhile."""
    try:
        handle = os.pidfd_open(int(process.name))
    except ProcessLookupError:
        return
    try:
        if works_in(process, data):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)


def remove_segment(lock_file: Path) -> None:
    """Remove the System V shared memory segment that the server's own lock file names."""
    lines = lock_file.read_text(encoding="utf-8", errors="replace").splitlines()
    fields = lines[SEGMENT_LINE].split() if len(lines) > SEGMENT_LINE else []
    if len(fields) != 2 or os.name != "posix":
        return
    removed = ctypes.CDLL(None).shmctl(int(fields[1]), IPC_RMID, None)
    if removed != 0 and shutil.which("ipcrm"):
        remove_as(lock_file.stat(), int(fields[1]))


def remove_as(owner: os.stat_result, segment: int) -> None:
    """Remove a segment as the user it belongs to: in a container, root itself may not.

    A segment that is gone already is no failure, so none is looked at.
    """
    subprocess.run(
        ["ipcrm", "-m", str(segment)],
        user=owner.st_uid,
        group=owner.st_gid,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
