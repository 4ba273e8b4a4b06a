"""What the declarations of databases have in common."""

from __future__ import annotations

import os

from harness.errors import ServiceDefinitionError

ISOLATIONS = ("rollback", "commit", "readonly")


def check_migrations(service: object, migrations: object, *, tools: bool = False) -> None:
    """Do nothing for what can be migrated from.

    Args:
        service: What declares it.
        migrations: What it declares.
        tools: Whether the service knows tools, such as `Alembic(...)`, too.

    Raises:
        ServiceDefinitionError: It is neither a directory, a callable nor a tool.
    """
    path = isinstance(migrations, str | os.PathLike)
    if migrations is None or path or is_source(migrations, tools):
        return
    also, examples = "", ""
    if tools:
        also, examples = " nor a tool", ', Alembic("alembic.ini"), Command(["./migrate"])'
    raise ServiceDefinitionError(
        f"{type(service).__name__}(migrations={migrations!r}): neither a directory{also} "
        "nor a callable",
        hint=f'write migrations="migrations"{examples}, or a function that takes a lease',
    )


def is_source(migrations: object, tools: bool) -> bool:
    """Tell whether migrations are a callable; or a tool, rather than its class."""
    if callable(getattr(migrations, "source", None)):
        return tools and not isinstance(migrations, type)
    return callable(migrations)


def no_address(service: object) -> ServiceDefinitionError:
    """Return the error for a database that other services cannot be told the address of."""
    return ServiceDefinitionError(
        f"{service!r} has no address",
        cause="SQLite is a file of one test, which does not exist before that test",
        hint="declare Postgres(...) for what other services connect to",
    )
