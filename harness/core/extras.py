"""The libraries of others, which come with extras of this package."""

from __future__ import annotations

import functools
import importlib.util
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
        raise MissingExtraError(f"{library} is not installed", hint=installing(name)) from error


def installing(name: str) -> str:
    """Return the command that installs an extra."""
    return f'pip install "unittest-harness[{name}]"'


@functools.cache
def lacking(name: str, *packages: str) -> str | None:
    """Return which of an extra's packages is not there, and how to install it; or None.

    Nothing is imported.

    Args:
        name: Of the extra that brings them.
        packages: What is imported.

    Example:
        >>> lacking("redis", "nowhere")
        'the package nowhere is not installed: pip install "unittest-harness[redis]"'
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            return f"the package {package} is not installed: {installing(name)}"
    return None
