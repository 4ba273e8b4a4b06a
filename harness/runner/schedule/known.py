"""How long things took, as the history of earlier runs tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Known:
    """How long things took.

    Attributes:
        tests: Seconds of each test.
        fixtures: Seconds of the fixtures of each unit.
    """

    tests: Mapping[str, float] = field(default_factory=dict)
    fixtures: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tests)
