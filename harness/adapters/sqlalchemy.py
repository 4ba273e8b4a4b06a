"""SQLAlchemy engines over a lease."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.core.extras import extra
from harness.errors import ConfigurationError
from harness.services.database import DatabaseLease
from harness.services.postgres.rollback import RollbackLease
from harness.services.sqlite.rollback import RollbackLease as SQLiteRollbackLease

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.orm import Session


ROLLBACK = (RollbackLease, SQLiteRollbackLease)
DIALECTS = {"postgres": "postgresql", "sqlite": "sqlite"}  # as SQLAlchemy calls them
ASYNC = {"postgres": "asyncpg", "sqlite": "aiosqlite"}


def engine(lease: DatabaseLease, driver: str | None = None, **options: Any) -> Engine:
    """Return an engine whose connections are the lease's.

    Under `rollback` every connection of the engine is the lease's own, of the lease's driver: what
    a session commits lasts until the end of the test and no longer, and one transaction is open at
    a time. Under `commit` and `readonly` it is an ordinary engine on the lease's URL; dispose of it
    before the test ends, for example with `self.addCleanup(engine.dispose)`.

    Args:
        lease: A lease, such as `self.db`.
        driver: A driver, such as `asyncpg`; the lease's own, which `rollback` needs.
        options: Passed to `sqlalchemy.create_engine`.

    Raises:
        ConfigurationError: Another driver was asked for under `rollback`.
        MissingExtraError: SQLAlchemy is not installed.

    Example:
        ::

            def setUp(self):
                self.session = Session(engine(self.db))
                self.addCleanup(self.session.close)
    """
    sqlalchemy = imported()
    if not isinstance(lease, ROLLBACK):
        made: Engine = sqlalchemy.create_engine(url_of(lease, driver), **options)
        note_statements(made, lease)
        return made
    own = own_driver(lease)
    if driver not in (None, own):
        raise only_its_own(lease, f"driver={driver!r}")
    options.setdefault("poolclass", sqlalchemy.pool.NullPool)
    creator = functools.partial(lease.new_connection, noted=False)  # the engine notes them
    made = sqlalchemy.create_engine(
        f"{DIALECTS[lease.dialect]}+{own}://", creator=creator, **options
    )
    note_statements(made, lease)
    return made


def async_engine(lease: DatabaseLease, driver: str | None = None, **options: Any) -> AsyncEngine:
    """Return an asynchronous engine on the lease's URL, for `commit` and `readonly`.

    Args:
        lease: A lease, such as `self.db`.
        driver: An asynchronous driver; asyncpg, and aiosqlite for SQLite.
        options: Passed to `sqlalchemy.ext.asyncio.create_async_engine`.

    Raises:
        ConfigurationError: The lease rolls back; its one connection is not asynchronous.
        MissingExtraError: SQLAlchemy is not installed.
    """
    imported()
    from sqlalchemy.ext.asyncio import create_async_engine

    if isinstance(lease, ROLLBACK):
        raise only_its_own(lease, "an asynchronous engine")
    made = create_async_engine(url_of(lease, driver or ASYNC[lease.dialect]), **options)
    note_statements(made.sync_engine, lease)
    return made


def url_of(lease: DatabaseLease, driver: str | None) -> str:
    """Return the URL for an engine, whose statements are noted as those of `connection` are."""
    given = lease.statements.url_given
    url = lease.url(driver)
    lease.statements.url_given = given
    return url


def note_statements(engine: Engine, lease: DatabaseLease) -> None:
    """Have the lease's recordings show what an engine sends, but for what it sends on its own."""

    def note(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        lease.statements.note(statement, len(parameters) if many else 1)

    imported().event.listen(engine, "before_cursor_execute", note)


@contextmanager
def session(lease: DatabaseLease, **options: Any) -> Iterator[Session]:
    """Return a session on the lease for a `with` block, with an engine of its own.

    What it commits does not expire: reading it would open a transaction, in which under `rollback`
    the code under test would find itself.

    Args:
        lease: A lease, such as `self.db`.
        options: Passed to `sqlalchemy.orm.Session`.

    Raises:
        MissingExtraError: SQLAlchemy is not installed.

    Example:
        ::

            with session(self.db) as session:
                session.add(User(name="Ada"))
                session.commit()
    """
    own = engine(lease)
    from sqlalchemy.orm import Session

    try:
        with Session(own, **{"expire_on_commit": False, **options}) as made:
            yield made
    finally:
        own.dispose()


def imported() -> Any:
    """Import SQLAlchemy.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("sqlalchemy", "SQLAlchemy"):
        import sqlalchemy
    return sqlalchemy


def own_driver(lease: DatabaseLease) -> str:
    """Return the driver of a lease's own connection, as SQLAlchemy calls it."""
    driver: str = getattr(lease.service, "driver", "pysqlite")
    return driver


def only_its_own(lease: DatabaseLease, asked: str) -> ConfigurationError:
    """Return the error for an engine that cannot share the lease's connection."""
    return ConfigurationError(
        f"{asked} was asked for under isolation='rollback'",
        cause="there the engine uses the lease's own connection, "
        f"which is one of {own_driver(lease)}",
        hint=f"declare {type(lease.service).__name__}(isolation='commit')",
    )
