"""The libraries of others, which come with extras of this package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import MissingExtraError


@contextmanager
def extra(name: str, library: str) -> Iterator[None]:
    """Import a library in the block; where it is missing, the error names what to install.

    Args:
        name: Of the extra that brings it.
        library: What it is, as the error says it.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(
            f"{library} is not installed", hint=f'pip install "unittest-harness[{name}]"'
        ) from error
