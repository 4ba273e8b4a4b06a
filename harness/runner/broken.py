"""Modules of tests that cannot be loaded: each is a test that fails, as unittest has it."""

from __future__ import annotations

import unittest
import unittest.loader
from typing import Any

HOME = "unittest.loader"  # where those tests come from


def is_broken(test: Any) -> bool:
    """Tell whether a test stands for what could not be loaded."""
    return type(test).__module__ == HOME


def failed(name: str, error: BaseException) -> unittest.TestCase:
    """Return the test that unittest itself has stand for a module that cannot be imported."""
    return unittest.loader._FailedTest(name, error)  # type: ignore[attr-defined,no-any-return]


def explained(test: unittest.TestCase, text: str) -> str:
    """Return the text on what could not be loaded, with one line before it that says so."""
    name = test.id().partition("_FailedTest.")[2]
    lines = [line for line in text.splitlines() if line.strip()]
    return f"{name} could not be loaded: {lines[-1].strip()}\n{text}"
