"""Which tests are meant, and loading them as unittest does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the coordinator has no need of it
    import unittest


@dataclass(frozen=True)
class Selection:
    """Which tests are meant, as `python -m unittest` takes it.

    Attributes:
        names: Modules, classes or methods; none of them means to discover.
        start: Where to begin to discover.
        pattern: Which files hold tests.
        top: From where modules are imported; `start` if None.
        patterns: What `-k` chooses.
    """

    names: Sequence[str] = ()
    start: str = "."
    pattern: str = "test*.py"
    top: str | None = None
    patterns: Sequence[str] = ()

    def load(self) -> unittest.TestSuite:
        """Return the tests, loaded as `python -m unittest` does it."""
        import unittest

        loader = unittest.TestLoader()
        loader.testNamePatterns = [as_glob(each) for each in self.patterns] or None
        if self.names:
            return loader.loadTestsFromNames(list(self.names))
        return loader.discover(self.start, self.pattern, self.top)


def as_glob(pattern: str) -> str:
    """Return what `-k` means: a pattern, or a part of a name.

    Example:
        >>> as_glob("test_a"), as_glob("*.test_a")
        ('*test_a*', '*.test_a')
    """
    return pattern if "*" in pattern else f"*{pattern}*"
