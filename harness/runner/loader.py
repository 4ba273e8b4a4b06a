"""Loading tests as unittest does it, whatever a module's `load_tests` returns."""

from __future__ import annotations

import os
import sys
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.runner.broken import failed
from harness.runner.selection import HERE, Selection

__unittest = True  # frames of this module are left out of a failure's traceback


class Loader(unittest.TestLoader):
    """Loads tests; a module whose `load_tests` returns none, or exits, is a test that fails.

    With unittest's own the whole run would end.
    """

    def loadTestsFromModule(  # noqa: N802 - unittest's
        self, module: ModuleType, *arguments: Any, **options: Any
    ) -> unittest.TestSuite:
        """Load the tests of a module."""
        name = module.__name__
        found: object
        try:
            found = super().loadTestsFromModule(module, *arguments, **options)
        except SystemExit as exit:
            return self.suiteClass([failed(name, exit)])
        if isinstance(found, unittest.BaseTestSuite):
            return found
        error = TypeError(f"load_tests of {name} returned {found!r}, which is no suite of tests")
        return self.suiteClass([failed(name, error)])


def load(selection: Selection, loader: unittest.TestLoader | None = None) -> unittest.TestSuite:
    """Return the tests that are meant, loaded as `python -m unittest` does it.

    Args:
        selection: Which ones.
        loader: What loads them; one of our own by itself.

    Raises:
        ConfigurationError: A name is none of a test, or there is no such directory.
    """
    loader = loader or Loader()
    loader.testNamePatterns = [as_glob(each) for each in selection.patterns] or None
    if selection.names:
        return load_names(selection, loader)
    try:
        return loader.discover(selection.start, selection.pattern, selection.top)
    except ImportError as error:
        from harness.runner.unknown import no_start

        raise no_start(selection.start, error) from error


def load_names(selection: Selection, loader: unittest.TestLoader) -> unittest.TestSuite:
    """Return the tests that are named.

    Raises:
        ConfigurationError: A name is none of a test.
    """
    home = selection.top or selection.start
    if home != HERE:
        sys.path.insert(0, os.path.abspath(home))
    suites = []
    for name in map(as_module, selection.names):
        if not name.partition(".")[0]:
            from harness.runner.unknown import nameless

            raise nameless(name)
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
