"""What harness says to people, past what a test runner's buffer keeps."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from harness.core.printing import say_through


@contextmanager
def told() -> Iterator[io.StringIO]:
    """Take what is said in the block; also in a worker of `harness run`, where others say it."""
    before, stream = say_through(None), io.StringIO()
    try:
        with mock.patch.object(sys, "__stderr__", stream):
            yield stream
    finally:
        say_through(before)
