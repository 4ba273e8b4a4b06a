"""Load: processes that keep the machine busy while a test runs."""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Callable
from pathlib import Path

from harness.errors import ConfigurationError

MEGABYTE = 1 << 20
SHARE = 0.8  # of the memory that is free
MOST = 8  # processes for each processor


class Load:
    """Keeps processors, and memory, busy while it is entered.

    Its processes end with it, or with this process, whatever becomes of it.

    Args:
        processes: How many keep a processor busy.
        memory: How much memory one more keeps busy, in megabytes.

    Raises:
        ConfigurationError: There is not that much memory, or nothing would be left.
    """

    def __init__(self, processes: int, memory: int = 0) -> None:
        check_memory(memory)
        check_processes(processes)
        self._works: list[Callable[[], object]] = [spin] * processes
        if memory:
            self._works.append(Toucher(memory))
        self._pids: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._works)

    def __enter__(self) -> Load:
        for work in self._works:
            self._pids.append(started(work))
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
        for pid in self._pids:
            os.waitpid(pid, 0)
        self._pids.clear()


def check_processes(count: int) -> None:
    """Do nothing if so many processes can keep this machine busy.

    Raises:
        ConfigurationError: They would keep it from all else.
    """
    most = MOST * (os.cpu_count() or 1)
    if count > most:
        raise ConfigurationError(
            f"--load {count}: that many would leave nothing for the tests",
            hint=f"give {most} at most, {MOST} for each processor",
        )


def check_memory(memory: int) -> None:
    """Do nothing if there is so much memory, in megabytes.

    Raises:
        ConfigurationError: There is not, or hardly.
    """
    free = available()
    if free is not None and memory > SHARE * free:
        raise ConfigurationError(
            f"--memory {memory}: {free} MB are free, and tests need some of it",
            hint=f"give {int(SHARE * free)} at most",
        )


def available() -> int | None:
    """Return how much memory is free, in megabytes; None where that is not known."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith("MemAvailable:")), None)
    return int(found.split()[1]) // 1024 if found else None


def started(work: Callable[[], object]) -> int:
    """Have a new process do something again and again while this one lives; return its number."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setpgid(0, 0)  # Ctrl-C is for who has started it
        while os.getppid() == parent:
            work()
    finally:
        os._exit(0)


def spin() -> None:
    """Keep a processor busy for a millisecond or so."""
    for _ in range(20_000):
        pass


class Toucher:
    """Writes to memory, so that it is really taken.

    Args:
        megabytes: How much.
    """

    def __init__(self, megabytes: int) -> None:
        self._memory = mmap.mmap(-1, megabytes * MEGABYTE)  # not there before it is written to

    def __call__(self) -> None:
        """Write to every page once."""
        for at in range(0, len(self._memory), mmap.PAGESIZE):
            self._memory[at] = 1
