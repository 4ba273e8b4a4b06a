"""What the declarations of databases have in common."""

from __future__ import annotations

import os

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


def no_address(service: object) -> ServiceDefinitionError:
    """Return the error for a database that other services cannot be told the address of."""
    return ServiceDefinitionError(
        f"{service!r} has no address",
        cause="SQLite is a file of one test, which does not exist before that test",
        hint="declare Postgres(...) for what other services connect to",
    )
