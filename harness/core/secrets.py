"""Texts that must never be shown: new ones, and which variables hold them."""

from __future__ import annotations

import os
from collections.abc import Mapping

WORDS = ("PASSWORD", "SECRET", "TOKEN", "KEY")


def random_password() -> str:
    """Return a new random password: 128 bits, safe in a URL and on a command line."""
    return os.urandom(16).hex()


def is_secret(name: str) -> bool:
    """Tell whether a variable of that name holds a secret.

    Example:
        >>> is_secret("POSTGRES_PASSWORD"), is_secret("LANG")
        (True, False)
    """
    return any(word in name.upper() for word in WORDS)


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of an environment that look like secrets."""
    return tuple(value for name, value in environment.items() if value and is_secret(name))
