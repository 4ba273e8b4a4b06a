"""Where a connection can be cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.errors import FaultError

REQUEST, RESPONSE = SIDES = ("request", "response")


@dataclass(frozen=True)
class Point:
    """A request or a response that is lost.

    Attributes:
        connection: The number of the connection, from 1, in the order in which they are made.
        index: The number of the turn or of the message in it, from 1.
        side: `request` or `response`.
    """

    connection: int
    index: int
    side: str

    def __str__(self) -> str:
        return f"{self.connection}:{self.index}:{self.side}"


def parse(text: str) -> Point:
    """Return the point that a text names.

    Raises:
        FaultError: It names none.

    Example:
        >>> parse("1:9:response")
        Point(connection=1, index=9, side='response')
    """
    parts = text.split(":") if isinstance(text, str) else []
    if len(parts) == 3 and parts[0].isdecimal() and parts[1].isdecimal() and parts[2] in SIDES:
        return Point(int(parts[0]), int(parts[1]), parts[2])
    raise FaultError(
        f"only={text!r} names no point",
        hint='write connection, number and side as a failed sweep prints them: only="1:9:response"',
    )


def chosen(
    points: list[Point], sides: Iterable[str], only: list[Point], most: int | None
) -> list[Point]:
    """Return the points to try, in order.

    Args:
        points: Those that there are.
        sides: What is lost: `request`, `response`.
        only: Those alone, if there are any.
        most: How many at most: then they are spread evenly.

    Raises:
        FaultError: One of `only` is none of them.
    """
    for point in only:
        if point not in points:
            raise FaultError(
                f'only="{point}": the action has no such point',
                cause=f"it has {len(points)}, from {points[0]} to {points[-1]}"
                if points
                else "it has none",
                hint="leave `only` out, to see which there are",
            )
    found = only or [point for point in points if point.side in sides]
    if most is None or len(found) <= most:
        return found
    return [found[number * len(found) // most] for number in range(most)]
