"""What the declarations of databases have in common."""

from __future__ import annotations

import os
from typing import Any

from harness.errors import ConfigurationError, FaultError, LeaseError, ServiceDefinitionError

ISOLATIONS = ("rollback", "commit", "readonly")


def check_migrations(service: object, migrations: object) -> None:
    """Do nothing for what can be migrated from.

    Raises:
        ServiceDefinitionError: It is neither a directory, a callable nor a tool.
    """
    path = isinstance(migrations, str | os.PathLike)
    if migrations is None or path or is_source(migrations):
        return
    raise ServiceDefinitionError(
        f"{type(service).__name__}(migrations={migrations!r}): neither a directory nor a tool "
        "nor a callable",
        hint='write migrations="migrations", Alembic("alembic.ini"), Command(["./migrate"]), '
        "or a function that takes a lease",
    )


def is_source(migrations: object) -> bool:
    """Tell whether migrations are a callable; or a tool, rather than its class."""
    if callable(getattr(migrations, "source", None)):
        return not isinstance(migrations, type)
    return callable(migrations)


def not_held(service: Any) -> LeaseError:
    """Return the error for holding a database whose isolation is not made for it."""
    return LeaseError(
        f"{service.label} was told to be held, and its isolation is {service.isolation!r}",
        cause="its tests write in a transaction that nobody else sees, not even the application",
        hint=f"declare {type(service).__name__}(isolation='commit') to hold it for an application",
    )


def no_migrations(service: Any) -> ConfigurationError:
    """Return the error for a check of migrations that a service does not have."""
    return ConfigurationError(
        f"{service.label} has no migrations to check",
        hint=f'declare {type(service).__name__}(migrations="migrations")',
    )


def no_address(service: object) -> ServiceDefinitionError:
    """Return the error for a database that other services cannot be told the address of."""
    return ServiceDefinitionError(
        f"{service!r} has no address",
        cause="SQLite is a file of one test, which does not exist before that test",
        hint="declare Postgres(...) for what other services connect to",
    )


def no_toxics(service: object) -> FaultError:
    """Return the error for faults on the connections to a file."""
    return FaultError(
        f"{service!r} has no toxics: no connection leads to it",
        cause="SQLite is a file, which this process reads itself; so is a Store "
        "where HARNESS_STORE=sqlite",
        hint='begin the test with self.requireCapability(self.db, "postgres"), and declare '
        "Store(postgres=Postgres(proxied=True))",
    )
