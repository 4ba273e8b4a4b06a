"""Tornado's tests, as its own runner loads them and silences what they log."""

import logging
import unittest
from typing import Any

from tornado.test import runtests


def load_tests(loader: unittest.TestLoader, tests: Any, pattern: str | None) -> Any:
    """Return all of them."""
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    return runtests.all()
