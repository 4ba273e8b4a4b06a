"""Finding the smallest part of a list that still fails: ddmin (Zeller and Hildebrandt, 2002)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def minimized(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a part of a list that fails, and of which every item is needed, in the same order.

    A single item that is to blame is found by bisection.

    Args:
        items: A list that fails; it is not asked about again.
        fails: Whether a part does. It is asked about each part once.

    Example:
        >>> minimized(range(100), lambda part: 17 in part and 80 in part)
        [17, 80]
    """
    asked: dict[tuple[T, ...], bool] = {}

    def known(part: Sequence[T]) -> bool:
        if tuple(part) not in asked:
            asked[tuple(part)] = fails(part)
        return asked[tuple(part)]

    left, parts = list(items), 2
    while len(left) > 1:
        found = smaller(left, parts, known)
        if found is not None:
            left, parts = found
        elif parts >= len(left):
            return left
        else:
            parts = min(len(left), 2 * parts)
    return [] if left and known([]) else left


def smaller(
    items: list[T], parts: int, fails: Callable[[Sequence[T]], bool]
) -> tuple[list[T], int] | None:
    """Return something smaller that fails, and into how many parts to cut that; None if none does.

    Args:
        items: What fails.
        parts: Into how many parts it is cut: each is tried, then all without it.
        fails: Whether a part does.
    """
    pieces = cut(items, parts)
    for piece in pieces:
        if fails(piece):
            return piece, 2
    for skipped in range(len(pieces)) if parts > 2 else ():
        rest = [item for at, piece in enumerate(pieces) if at != skipped for item in piece]
        if fails(rest):
            return rest, max(2, parts - 1)
    return None


def cut(items: list[T], parts: int) -> list[list[T]]:
    """Cut a list into parts that are as long as each other, or one item longer.

    Example:
        >>> cut([1, 2, 3, 4, 5], 2)
        [[1, 2], [3, 4, 5]]
    """
    edges = [len(items) * number // parts for number in range(parts + 1)]
    return [items[begin:end] for begin, end in itertools.pairwise(edges)]
