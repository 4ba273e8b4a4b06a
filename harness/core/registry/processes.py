"""Who a process is, whether it lives, and ending all that belong to one server.

A process is known by its number, its start time and the boot: numbers are given again.
"""

from __future__ import annotations

import os
import select
import signal

from harness.core import realtime as time
from harness.core.registry.locks import Lock

MARK = "HARNESS_INSTANCE"  # in the environment of each server that we start
POLL = 0.002
KILL_TIMEOUT = 5.0


def boot_id() -> str:
    """Return what tells this boot of the machine from every other; empty where none is told."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def start_time(pid: int) -> str:
    """Return when a process started, in ticks since boot; empty where that cannot be told.

    Source: proc_pid_stat(5), field 22; the command name before it may hold spaces and brackets.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return ""


def is_zombie(pid: int) -> bool:
    """Tell whether a process has ended, and nobody has asked for its exit code yet."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[:1] == [b"Z"]
    except OSError:
        return False


def is_alive(pid: int, started: str) -> bool:
    """Tell whether the process that started then still runs under that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return start_time(pid) == started and not is_zombie(pid)


def everything(life: str, instance: str) -> list[int]:
    """Return the processes of an instance: those with its lifetime lock open, or with its mark.

    Args:
        life: The file of its lifetime lock, which its processes inherit.
        instance: Its number, which the environment of its processes holds.
    """
    try:
        file = os.stat(life)
    except FileNotFoundError:
        file = None
    numbers = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return [pid for pid in numbers if pid != os.getpid() and belongs(pid, file, instance)]


def belongs(pid: int, life: os.stat_result | None, instance: str) -> bool:
    """Tell whether a process belongs to an instance."""
    return carries(pid, instance) or (life is not None and has_open(pid, life))


def carries(pid: int, instance: str) -> bool:
    """Tell whether a process was started with the mark of an instance."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return f"{MARK}={instance}".encode() in file.read().split(b"\0")
    except OSError:
        return False


def has_open(pid: int, file: os.stat_result) -> bool:
    """Tell whether a process has a file open."""
    directory = f"/proc/{pid}/fd"
    try:
        names = os.listdir(directory)
    except OSError:
        return False
    return any(is_same(f"{directory}/{name}", file) for name in names)


def is_same(path: str, file: os.stat_result) -> bool:
    """Tell whether a path leads to a file."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return os.path.samestat(found, file)


def end(life: str, instance: str, pid: int, started: str, stop: int, grace: float) -> None:
    """End all processes of a server: ask the first to stop, then kill whatever is left.

    Args:
        life: File of its lifetime lock; free when all are dead.
        instance: Its number.
        pid: Its first process; 0 if that is not known.
        started: When that one started.
        stop: The signal that asks it to stop.
        grace: Seconds that it is given.

    Raises:
        TimeoutError: Some do not die.
    """
    if pid and send(pid, started, stop):
        send(pid, started, signal.SIGCONT)  # one that is paused would never hear of it
        wait_for_end(pid, started, grace)
    deadline = time.monotonic() + KILL_TIMEOUT
    while (left := survivors(life, instance, pid, started)) or not are_dead(life):
        for number in left:  # none where one was missed that was just being forked
            send(number, start_time(number), signal.SIGKILL)
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {left} do not end, although they were killed")
        time.sleep(POLL)


def survivors(life: str, instance: str, pid: int, started: str) -> list[int]:
    """Return the processes of a server that still run."""
    if not os.path.isdir("/proc/self/fd"):  # without a /proc only the first is known
        return [pid] if pid and is_alive(pid, started) else []
    return [number for number in everything(life, instance) if not is_zombie(number)]


def send(pid: int, started: str, number: int) -> bool:
    """Send a signal to the process that started then; tell whether it was there.

    Where there are pidfds, one is opened before the check: the number cannot be given to another
    process in between.
    """
    handle = open_pidfd(pid)
    try:
        if handle == -1 or start_time(pid) != started:
            return False
        if handle is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        if handle is not None and handle >= 0:
            os.close(handle)
    return True


def open_pidfd(pid: int) -> int | None:
    """Return a handle on a process: -1 if it is gone, None where there are no such handles."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return -1
    except OSError:  # a kernel, or a sandbox, without them
        return None


def wait_for_end(pid: int, started: str, within: float) -> bool:
    """Wait until a process has ended; tell whether it has."""
    handle = open_pidfd(pid)
    if handle == -1:
        return True
    if handle is not None:
        try:
            return start_time(pid) != started or is_readable(handle, within)
        finally:
            os.close(handle)
    deadline = time.monotonic() + within
    while is_alive(pid, started):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def is_readable(handle: int, within: float) -> bool:
    """Wait until a descriptor has something to say; tell whether it has."""
    poll = select.poll()  # `select` refuses descriptors above 1023
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(within * 1000))


def are_dead(life: str) -> bool:
    """Tell whether all processes that inherited a lifetime lock are dead."""
    if not os.path.exists(life):
        return True  # it is removed when they are
    with Lock(life) as lock:
        return lock.try_exclusive()
