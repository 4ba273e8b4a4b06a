"""Loading tests as unittest does it, whatever a module's `load_tests` returns."""

from __future__ import annotations

import unittest
from types import ModuleType
from typing import Any

from harness.runner.broken import failed


class Loader(unittest.TestLoader):
    """Loads tests; a module whose `load_tests` returns none is a test that fails.

    With unittest's own the whole run would end.
    """

    def loadTestsFromModule(  # noqa: N802 - unittest's
        self, module: ModuleType, *arguments: Any, **options: Any
    ) -> unittest.TestSuite:
        """Load the tests of a module."""
        found: object = super().loadTestsFromModule(module, *arguments, **options)
        if isinstance(found, unittest.BaseTestSuite):
            return found  # type: ignore[return-value]
        name = module.__name__
        error = TypeError(f"load_tests of {name} returned {found!r}, which is no suite of tests")
        return self.suiteClass([failed(name, error)])
