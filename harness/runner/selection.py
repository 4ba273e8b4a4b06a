"""Which tests are meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

HERE = "."


class Selection(NamedTuple):
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
