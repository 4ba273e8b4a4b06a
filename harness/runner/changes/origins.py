"""Loading tests, with note of the modules through which each came."""

from __future__ import annotations

import sys
import unittest
from collections import defaultdict
from types import ModuleType
from typing import Any

from harness.runner.changes.modules import prefixes
from harness.runner.loader import Loader
from harness.runner.units import leaves


class OriginLoader(Loader):
    """Loads tests, and notes the modules that brought them.

    The class of a test may have been made elsewhere, or be one of unittest's own: what has changed
    in the module that brought it concerns it all the same.

    Attributes:
        origins: Names of modules, by the `id()` method of each test.
    """

    def __init__(self) -> None:
        super().__init__()
        self.origins: defaultdict[str, set[str]] = defaultdict(set)

    def loadTestsFromModule(  # noqa: N802 - unittest's
        self, module: ModuleType, *arguments: Any, **options: Any
    ) -> unittest.TestSuite:
        """Load the tests of a module."""
        return self._noted(super().loadTestsFromModule(module, *arguments, **options), module)

    def loadTestsFromName(  # noqa: N802 - unittest's
        self, name: str, module: ModuleType | None = None
    ) -> unittest.TestSuite:
        """Load the tests of a name."""
        suite = super().loadTestsFromName(name, module)
        homes = [sys.modules[each] for each in prefixes(name) if each in sys.modules]
        return self._noted(suite, module or (homes[-1] if homes else None))

    def _noted(self, suite: unittest.TestSuite, module: ModuleType | None) -> unittest.TestSuite:
        if module is not None:
            for test, _ in leaves(suite):
                self.origins[test.id()].add(module.__name__)
        return suite
