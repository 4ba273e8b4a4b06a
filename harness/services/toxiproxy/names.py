"""The names of proxies on a server that several processes use, and whose each is."""

from __future__ import annotations

import re

from harness.core.identity import is_dead, process_name

ODD = re.compile(r"[^A-Za-z0-9._-]")
LONGEST = 60
NAME = re.compile(r"harness-([0-9a-f]{8})-(\d+x\w+)-\d+-.*", re.DOTALL)


def name_of(registry: str, number: int, name: str) -> str:
    """Return the name of a proxy that is this process's own.

    Args:
        registry: What tells what is ours from that of other users and machines.
        number: What tells it from others of this process.
        name: Its name in the test.
    """
    plain = ODD.sub("_", name)[:LONGEST]  # Toxiproxy could not find one with a slash again
    return f"harness-{registry}-{process_name()}-{number}-{plain}"


def is_orphan(name: str, registry: str) -> bool:
    """Tell whether a proxy was made by a process of this registry that has ended.

    Example:
        >>> is_orphan(name_of("0123abcd", 1, "db"), "0123abcd"), is_orphan("db", "0123abcd")
        (False, False)
    """
    match = NAME.fullmatch(name)
    return match is not None and match[1] == registry and is_dead(match[2])
