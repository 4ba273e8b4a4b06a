"""What a test holds of PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol

from harness.core.endpoint import Dsn, Endpoint
from harness.errors import HarnessError
from harness.services import database
from harness.services.database import DatabaseLease
from harness.services.postgres.connect import is_over, message, refusals, sqlstate
from harness.services.postgres.names import literal, table_name
from harness.services.proxied import ProxiedLease

if TYPE_CHECKING:
    from harness.data.making.dialect import Dialect
    from harness.faults.failing.armed import Armed
    from harness.faults.failing.asking import Asked
    from harness.faults.sweep.run import NewConversation
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres

# The given table and those that refer to it, directly or not.
REFERRING = """
with recursive referring(oid) as (
    select {table}::regclass::oid
    union
    select c.conrelid from referring r
    join pg_constraint c on c.confrelid = r.oid and c.contype = 'f'
)
select oid::regclass::text from referring
"""
# Tables and views that are not the server's own, each as it can be written in a statement.
TABLE_NAMES = """
select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v', 'm')
and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by 1
"""
LOCK_TIMEOUT_MS = "10000"  # of the lease's own connections: a test must not hang for ever
LOCK_NOT_AVAILABLE = "55P03"
# Drivers that take no options of libpq in a URL.
NOT_LIBPQ = ("pg8000", "asyncpg")


class Connection(database.Connection, Protocol):
    """A DB-API connection of PostgreSQL, as far as it is the same for every isolation."""

    autocommit: bool


class PostgresLease(ProxiedLease, DatabaseLease):
    """A PostgreSQL database for one test.

    The methods here (`execute`, `rows`, ...) commit at once: what they write, the code under test
    sees, and a rollback of its own does not undo it. Only under `rollback`, while the code has a
    transaction open on `connection`, they are a part of that. Placeholders are `%s`.

    Attributes:
        instance: The server: its provider, version, capabilities, log.
        service: What was declared.
        database: Name of the database.
    """

    dialect: ClassVar[str] = "postgres"
    instance: PostgresInstance

    def __init__(self, instance: PostgresInstance, service: Postgres, database: str) -> None:
        super().__init__(instance, service, database)
        self._disturbed_before = instance.disturbed

    @property
    def connection(self) -> Connection:
        """A DB-API connection for the code under test, not in autocommit mode."""
        raise NotImplementedError

    def url(self, driver: str | None = None) -> Dsn:
        """Return the database's URL as SQLAlchemy writes it.

        Args:
            driver: Name of a driver, such as `psycopg`; the service's own; empty for none.

        Example:
            ::

                self.db.url("asyncpg")  # 'postgresql+asyncpg://postgres:***@127.0.0.1:40123/t_...'
        """
        self._check_held()
        self.statements.url_given = True
        name = self.service.driver if driver is None else driver
        endpoint = self._endpoint
        if name in NOT_LIBPQ:
            endpoint = replace(endpoint, options=())
        return endpoint.url(f"postgresql+{name}" if name else "postgresql", self.database)

    def _conversation(self) -> NewConversation:
        from harness.faults.wire.postgres import PostgresConversation

        return PostgresConversation

    def _arm(self, asked: Asked) -> Armed:
        from harness.services.postgres import failing

        failure = failing.failure_of(asked)
        rolls_back = self.service.isolation == "rollback"
        if self._visit is not None and not rolls_back:
            failing.check_clear(self.service.label, self.instance.endpoint)
            return self._arm_on_the_way(self._visit, failure)
        if failure.lost:
            raise failing.not_to_be_lost(self.service.label, rolls_back=rolls_back)
        return failing.arm_here(self.statements, failure)

    @property
    def _endpoint(self) -> Endpoint:
        """Where the code under test connects."""
        return self.instance.endpoint if self._visit is None else self._visit.endpoint

    def exists(self, table: str) -> bool:
        """Tell whether there is a table, or a view, of that name."""
        return bool(self.value(f"select to_regclass({literal(table_name(table))}) is not null"))

    def table_names(self) -> list[str]:
        """Return the names of all tables and views, with their schema where it is needed."""
        return [name for (name,) in self.rows(TABLE_NAMES)]

    def truncate(self, table: str) -> None:
        """Empty a table and all tables that refer to it.

        It deletes rather than truncates: in a test's small tables that is faster, and it waits for
        no reader. One statement deletes from all, since references are checked at its end: tables
        may refer to each other.
        """
        query = REFERRING.format(table=literal(table_name(table)))
        deletions = [f"delete from {name}" for (name,) in self.rows(query)]
        parts = ", ".join(f"harness_{i} as ({sql})" for i, sql in enumerate(deletions))
        self.execute(f"with {parts} select")

    def _row_dialect(self) -> Dialect:
        from harness.services.postgres.dialect import PostgresDialect

        return PostgresDialect()

    def _failed(self, error: Exception, sql: str) -> None:
        self._died(error)
        self._annotate(error, sql)

    def _annotate(self, error: Exception, sql: str) -> None:
        """Add to a driver's error, which shows fields by letters, what it says and of what."""
        if isinstance(error, refusals()):
            error.add_note(f"{message(error)}\nin: {sql}")
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            error.add_note(
                f"a lock was waited for {int(LOCK_TIMEOUT_MS) // 1000} s: another connection holds "
                "it, perhaps `connection` with writes that wait for connection.commit()"
            )

    def _end_cut_off(self, known: tuple[int, ...], own: int = 0) -> None:
        """End sessions that a fault has cut off, which the server may not have seen: no leak.

        Args:
            known: The server's processes of our own sessions.
            own: How many of these go through the fault proxy.
        """
        if self._may_be_cut and not self._has_clients(own):
            self.instance.databases.end_sessions(self.database, known)
            self.instance.databases.await_empty(self.database, known)

    @property
    def _disturbed(self) -> bool:
        """Whether the server was killed or restarted by its holder since this lease was taken."""
        return self.instance.disturbed != self._disturbed_before

    def _died(self, error: Exception) -> None:
        """Raise `ServiceDiedError` where a failure means that the server is gone."""
        death = self._death(error)
        if death is not None:
            self._note_outage(death)
            raise death from error

    def _note_outage(self, error: Exception) -> None:
        """Remember an error that nobody asked for: the test fails for it, whatever it catches."""
        if not self._disturbed:
            self.outages.append(error)

    def _explain(self, error: Exception) -> None:
        """Add to a driver's error, which the code under test gets, that the server is gone."""
        death = self._death(error)
        if death is not None:
            self._note_outage(error)
            error.add_note(str(death))

    def _death(self, error: Exception) -> HarnessError | None:
        if not is_over(error):
            return None
        try:
            self._check_passage()
            self.instance.check_alive(self._settle)
        except HarnessError as death:
            return death
        return None
