"""What killed runs have left on somebody else's server."""

from __future__ import annotations

from harness.errors import StartError


def too_many(where: str, what: str, found: int, most: float, verb: str) -> StartError:
    """Return the error for a server on which more was left than we remove without being asked.

    Args:
        where: The server, for people.
        what: What was left, such as `topics`.
        found: How many of them.
        most: How many there may be.
        verb: What is done to them, such as `delete`.
    """
    return StartError(
        f"{where} has {found} {what} that killed runs of this registry have left, and "
        f"HARNESS_MAX_ORPHANS allows {most}",
        cause="runs are killed again and again, as by a time limit of their jobs",
        hint=f"{verb} them with `harness clean`, or allow more with HARNESS_MAX_ORPHANS",
    )
