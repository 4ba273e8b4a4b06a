"""Values that Python has no type for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A range, its lower end included and its upper end not."""

    low: Any
    high: Any


@dataclass(frozen=True, slots=True)
class Record:
    """A value of a composite type: its parts in order."""

    parts: tuple[Any, ...]


class NotDrawableError(Exception):
    """There is no value to draw: of an unknown type, or within limits that leave none."""
