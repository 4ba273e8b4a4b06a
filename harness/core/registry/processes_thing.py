"""The processes of a server of ours, as the registry ends them."""

from __future__ import annotations

import os

from harness.core.registry import files, processes


def words(life: str, instance: str, boot: str, **_: object) -> str:
    """Name them."""
    return f"processes of {instance}"


def remove(life: str, instance: str, boot: str, stop: int, grace: float) -> None:
    """End all processes of a server; those of an earlier boot are gone, whatever has their number.

    Args:
        life: The file of its lifetime lock; its neighbours hold the number and the exit code.
        instance: Its number in the registry.
        boot: The boot in which it was started.
        stop: The signal that asks it to stop.
        grace: Seconds that it is given.

    Raises:
        TimeoutError: Some do not die.
    """
    closed = f"{life}.closed"
    if os.path.exists(life):
        os.rename(life, closed)  # a janitor that is still asked to start it cannot any more
    if boot == processes.boot_id() and os.path.exists(closed):
        pid, started = first_process(life)
        processes.end(closed, instance, pid, started, stop, grace)
    for path in (pid_file(life), exit_file(life), closed):
        files.remove(path)


def first_process(life: str) -> tuple[int, str]:
    """Return the number and start time of the server's first process; 0 if not known."""
    pid, started = files.read(pid_file(life)) or (0, "")
    return int(pid), str(started)


def pid_file(life: str) -> str:
    """Return the file that names the server's first process."""
    return f"{life}.pid"


def exit_file(life: str) -> str:
    """Return the file to which its parent writes how it ended."""
    return f"{life}.exit"
