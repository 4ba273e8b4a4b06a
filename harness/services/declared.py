"""Checks of the options that every database has."""

from __future__ import annotations

import os

from harness.core.nearest import did_you_mean
from harness.errors import ServiceDefinitionError

ISOLATIONS = ("rollback", "commit", "readonly")


def check_migrations(service: object, migrations: object) -> None:
    """Do nothing for what can be migrated from.

    Raises:
        ServiceDefinitionError: It is neither a directory nor a callable.
    """
    if migrations is None or isinstance(migrations, str | os.PathLike) or callable(migrations):
        return
    raise ServiceDefinitionError(
        f"{type(service).__name__}(migrations={migrations!r}): neither a directory nor a callable",
        hint='write migrations="migrations", or a function that takes a lease',
    )


def check_isolation(service: object, isolation: str) -> None:
    """Do nothing for a known isolation.

    Raises:
        ServiceDefinitionError: It is not one; with the nearest.
    """
    if isolation not in ISOLATIONS:
        raise ServiceDefinitionError(
            f"{type(service).__name__}(isolation={isolation!r}): unknown isolation",
            hint=did_you_mean(str(isolation), ISOLATIONS),
        )


def check_tuple(service: object, option: str, value: object) -> None:
    """Do nothing for a tuple.

    Raises:
        ServiceDefinitionError: It is one text or path, which was forgotten to put into one.
    """
    if isinstance(value, str | os.PathLike):
        raise ServiceDefinitionError(
            f"{type(service).__name__}({option}={value!r}): the option is one "
            f"{type(value).__name__}, not a tuple of them",
            hint=f"write {option}=({value!r},)",
        )


def no_address(service: object) -> ServiceDefinitionError:
    """Return the error for a database that other services cannot be told the address of."""
    return ServiceDefinitionError(
        f"{service!r} has no address",
        cause="SQLite is a file of one test, which does not exist before that test",
        hint="declare Postgres(...) for what other services connect to",
    )
