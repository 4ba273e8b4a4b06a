"""How much memory there is, for this process and all that it starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

MIB = 1 << 20
CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def available(groups: Path = CGROUPS, own: Path = OWN) -> float | None:
    """Return how much memory all processes may use together, in MiB; None where nobody knows.

    Args:
        groups: Where control groups of version 2 are.
        own: The file that says in which of them this process is.
    """
    limits = [*physical(), *of_groups(groups, own)]
    return min(limits) / MIB if limits else None


def physical() -> Iterator[int]:
    """Yield the bytes of the machine, where that is known."""
    try:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return


def of_groups(groups: Path, own: Path) -> Iterator[int]:
    """Yield the limits, in bytes, of the control groups that this process is in."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    inside = next((line[3:] for line in lines if line.startswith("0::")), "/")
    place = PurePosixPath(inside.lstrip("/"))
    for each in (place, *place.parents):
        try:
            text = (groups / each / "memory.max").read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            yield int(text)
