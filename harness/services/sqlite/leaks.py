"""Who else has a database file open, as far as the system tells."""

from __future__ import annotations

import os
from pathlib import Path

from harness.core.registry.locks import holders_of
from harness.errors import LeakError

OPEN = "/proc/self/fd"
CLOSE = (
    "close what the test opens, with self.addCleanup(connection.close) or (engine.dispose): "
    "leases are released after all clean-ups"
)


def times_open(path: Path) -> int:
    """Return how often this process has a file open; 0 where the system does not tell."""
    try:
        numbers = os.listdir(OPEN)
    except OSError:
        return 0
    return sum(target(number) == str(path) for number in numbers)


def target(number: str) -> str:
    """Return what a file descriptor of this process leads to."""
    try:
        return os.readlink(f"{OPEN}/{number}")
    except OSError:  # closed meanwhile
        return ""


def still_open(number: int) -> LeakError:
    """Return the error for connections that this process has left open."""
    what = "1 connection" if number == 1 else f"{number} connections"
    return LeakError(
        f"the test left {what} to its database open, in this process",
        cause="a connection, a pool or an engine was not closed",
        hint=CLOSE,
    )


def still_locked(path: Path) -> LeakError:
    """Return the error for a lock that somebody still has: a transaction, or a query half read."""
    found = holders_of(str(path), kind="POSIX") or []
    who = ", ".join(
        f"this process ({pid})" if pid == os.getpid() else f"process {pid}" for pid in found
    )
    return LeakError(
        f"the test's database is still locked by {who or 'another connection'}",
        cause="a transaction was left open, or the rows of a query were not all read",
        hint=CLOSE,
    )


def committed_elsewhere(tables: list[str]) -> LeakError:
    """Return the error for commits beside a test that was to leave no trace."""
    where = ", ".join(tables) or "and undone again"
    return LeakError(
        f"another connection committed to the test's database: {where}",
        cause="the code under test connected by itself, with the lease's dsn or path",
        hint="give it self.db.connection, or declare isolation='commit'",
    )
