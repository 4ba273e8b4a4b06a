"""Lending values to the classes of another library for the time of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.errors import ConfigurationError


def family(base: type) -> Iterator[Any]:
    """Return a class and all that inherit from it, each once."""
    seen, pending = set[type](), [base]
    while pending:
        member = pending.pop()
        if member not in seen:
            seen.add(member)
            yield member
            pending += member.__subclasses__()


@contextmanager
def lent(holder: Any, name: str, value: object) -> Iterator[None]:
    """Set an attribute, and put it back as it was: set on the holder itself, or inherited."""
    own = vars(holder)
    missing = object()
    before = own.get(name, missing)
    setattr(holder, name, value)
    try:
        yield
    finally:
        if before is missing:
            delattr(holder, name)
        else:
            setattr(holder, name, before)


def check_named(factories: tuple[type, ...]) -> None:
    """Do nothing where a factory is named.

    Raises:
        ConfigurationError: None is.
    """
    if not factories:
        raise ConfigurationError(
            "bound(lease) names no factory", hint="bound(lease, UserFactory), or a base of all"
        )
