"""The shared memory segment that a killed PostgreSQL leaves, as the registry removes it."""

from __future__ import annotations

import ctypes
import os

IPC_RMID = 0
SEGMENT_LINE = 6  # of postmaster.pid, counted from 0: "key id" of the shared memory segment


def words(data: str) -> str:
    """Name it."""
    return f"shared memory of the server in {data}"


def remove(data: str) -> None:
    """Remove the System V shared memory segment that a killed server's own lock file names.

    A server that stopped by itself has removed its postmaster.pid, and left nothing.

    Args:
        data: The data directory.
    """
    path = f"{data}/postmaster.pid"
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
            owner = os.fstat(file.fileno())
    except FileNotFoundError:
        return
    fields = lines[SEGMENT_LINE].split() if len(lines) > SEGMENT_LINE else []
    if len(fields) == 2 and ctypes.CDLL(None).shmctl(int(fields[1]), IPC_RMID, None) != 0:
        remove_as(owner, int(fields[1]))


def remove_as(owner: os.stat_result, segment: int) -> None:
    """Remove a segment as the user it belongs to: in a container, root itself may not.

    A segment that is gone already is no failure, so none is looked at.
    """
    import shutil
    import subprocess

    if shutil.which("ipcrm") is None:
        return
    subprocess.run(
        ["ipcrm", "-m", str(segment)],
        user=owner.st_uid,
        group=owner.st_gid,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
