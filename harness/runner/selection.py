"""Which tests are meant, and loading them as unittest does."""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.runner.broken import failed
from harness.runner.loader import Loader

HERE = "."

__unittest = True  # frames of this module are left out of a failure's traceback


@dataclass(frozen=True)
class Selection:
    """Which tests are meant, as `python -m unittest` takes it.

    Attributes:
        names: Modules, classes or methods, or files of modules; none of them means to discover.
        start: Where to begin to discover; from there names are imported, too.
        pattern: Which files hold tests.
        top: From where modules are imported; `start` if None.
        patterns: What `-k` chooses.
    """

    names: Sequence[str] = ()
    start: str = HERE
    pattern: str = "test*.py"
    top: str | None = None
    patterns: Sequence[str] = ()

    def load(self, loader: unittest.TestLoader | None = None) -> unittest.TestSuite:
        """Return the tests, loaded as `python -m unittest` does it.

        Args:
            loader: What loads them; one of our own by itself.

        Raises:
            ConfigurationError: A name is none of a test, or there is no such directory.
        """
        loader = loader or Loader()
        loader.testNamePatterns = [as_glob(each) for each in self.patterns] or None
        if self.names:
            return self._load_names(loader)
        try:
            return loader.discover(self.start, self.pattern, self.top)
        except ImportError as error:
            from harness.runner.unknown import no_start

            raise no_start(self.start, error) from error

    def _load_names(self, loader: unittest.TestLoader) -> unittest.TestSuite:
        home = self.top or self.start
        if home != HERE:
            sys.path.insert(0, os.path.abspath(home))
        suites = []
        for name in map(as_module, self.names):
            suites.append(load_name(loader, name))
            if loader.errors:
                from harness.runner.unknown import check_name

                check_name(name, loader)
        return unittest.TestSuite(suites)


def load_name(loader: unittest.TestLoader, name: str) -> unittest.TestSuite:
    """Return the tests of a name; one that stands for the error of a module that has another one.

    Of these, unittest turns errors of imports into a test, and ends for others.
    """
    try:
        return loader.loadTestsFromName(name)
    except (Exception, SystemExit) as error:
        return loader.suiteClass([failed(name, error)])


def as_module(name: str) -> str:
    """Return the name of a module for the path of its file, and any other name as it is.

    Example:
        >>> as_module("tests.test_a")
        'tests.test_a'
    """
    if not name.lower().endswith(".py") or not Path(name).is_file():
        return name
    path = os.path.relpath(name)
    return name if path.startswith(os.pardir) else path[:-3].replace(os.sep, ".")


def as_glob(pattern: str) -> str:
    """Return what `-k` means: a pattern, or a part of a name.

    Example:
        >>> as_glob("test_a"), as_glob("*.test_a")
        ('*test_a*', '*.test_a')
    """
    return pattern if "*" in pattern else f"*{pattern}*"
