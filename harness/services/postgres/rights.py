"""What a server lets us do, asked before anything is made on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.versions import fits
from harness.errors import StartError
from harness.services.postgres.databases import Databases

if TYPE_CHECKING:
    from harness.services.postgres.service import Postgres


def check(databases: Databases, service: Postgres) -> None:
    """Check that somebody else's server can be used for a service.

    Raises:
        StartError: It is read-only, of another version, lacks an extension, or gives no right to
            create databases.
    """
    where = f"PostgreSQL at {databases.endpoint.host}:{databases.endpoint.port}"
    check_rights(databases, where)
    check_offer(databases, service, where)


def check_rights(databases: Databases, where: str) -> None:
    """Check that the server can be written, and that our role may create databases."""
    recovery, read_only, role, may_create = databases.rows(
        "select pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on', "
        "current_user, "
        "(select rolcreatedb or rolsuper from pg_roles where rolname = current_user)"
    )[0]
    if recovery or read_only:
        raise StartError(
            f"{where} is read-only",
            cause="it is a standby" if recovery else "default_transaction_read_only is on",
            hint="name a primary server in DATABASE_URL",
        )
    if not may_create:
        raise StartError(
            f"the role {role} may not create databases at {where}",
            cause="tests never write the database in the URL; they need databases of their own",
            hint=f"alter role {role} createdb",
        )


def check_offer(databases: Databases, service: Postgres, where: str) -> None:
    """Check that the server has the version and the extensions that were asked for."""
    version = databases.rows("show server_version")[0][0].partition(" ")[0]
    if service.version is not None and not fits(version, service.version):
        raise StartError(
            f"{where} has version {version}, and version={service.version!r} was asked for",
            hint="name another server in DATABASE_URL, or leave it out with HARNESS_PROVIDERS",
        )
    missing = set(service.extensions) - extensions(databases)
    if missing:
        raise StartError(
            f"{where} does not offer the extension {', '.join(sorted(missing))}",
            hint="install it there, or run this service elsewhere with HARNESS_PROVIDERS",
        )


def extensions(databases: Databases) -> set[str]:
    """Return the extensions that a server can create."""
    return {row[0] for row in databases.rows("select name from pg_available_extensions")}


def capabilities(databases: Databases) -> frozenset[str]:
    """Return what this server can do that not every one can.

    `postgres`, `postgres.superuser`, `postgres.version.<major>` and `postgres.extension.<name>`.
    """
    found = {f"postgres.extension.{name}" for name in extensions(databases)}
    found |= {"postgres", f"postgres.version.{databases.server_version // 10000}"}
    if databases.rows("select rolsuper from pg_roles where rolname = current_user")[0][0]:
        found.add("postgres.superuser")
    return frozenset(found)
