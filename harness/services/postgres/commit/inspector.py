"""The session by which a database is looked at and put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from harness.services.postgres.connect import connect, driver, is_over
from harness.services.postgres.locks import HAS_IDLE_TIMEOUT

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance

T = TypeVar("T")

SURVEY = "execute harness_survey"
APPLICATION_NAME = "harness inspector"
LOCK_TIMEOUT_MS = "2000"
PREPARE = """
prepare harness_survey as
select txid_snapshot_xmax(txid_current_snapshot()) % 4294967296,
       pg_current_wal_insert_lsn() - '0/0', pg_current_wal_flush_lsn() - '0/0',
       pg_stat_get_db_numbackends({oid}), {settings}
"""
# What takes no transaction id: replication slots, and what `alter system` has changed, which only
# a superuser may look at.
SLOTS = "(select string_agg(slot_name, ',') from pg_get_replication_slots() where not temporary)"
SETTINGS_FILE = (
    "(select (modification, size)::text from pg_stat_file('postgresql.auto.conf', true))"
)


@dataclass(frozen=True)
class Survey:
    """What tells in one query whether anything was written.

    Attributes:
        xid: The next transaction id. Whoever writes takes one; it is of the whole server.
        written: Up to where the log is written, in bytes.
        flushed: Up to where it is flushed.
        sessions: The sessions on the database, the inspector's among them.
        settings: Time and size of the file that `alter system` writes, and the replication slots.
    """

    xid: int
    written: int
    flushed: int
    sessions: int
    settings: str

    @classmethod
    def read(cls, row: Iterable[Any]) -> Survey:
        """Make it from what `SURVEY` returns."""
        xid, written, flushed, sessions, settings = row
        return cls(int(xid), int(written), int(flushed), int(sessions), str(settings))


class Inspector:
    """A session that nobody else uses, opened again where a test has ended it.

    Args:
        instance: The server.
        name: The database.

    Attributes:
        oid: Number of the database, which it keeps when it is renamed.
        fires_nothing: Whether what it writes fires no trigger and checks no reference.
    """

    def __init__(self, instance: PostgresInstance, name: str) -> None:
        self._instance = instance
        self._name = name
        self._session: Any = None
        self.oid = 0
        self.fires_nothing = False
        self._open()

    def _open(self) -> Any:
        may_rest = self._instance.databases.server_version >= HAS_IDLE_TIMEOUT
        rests: dict[str, Any] = {"idle_session_timeout": "0"} if may_rest else {}
        session = connect(
            self._instance.endpoint,
            self._name,
            application_name=APPLICATION_NAME,
            lock_timeout=LOCK_TIMEOUT_MS,
            client_min_messages="error",
            default_transaction_read_only="off",
            statement_timeout="0",  # whatever the test has set for the database
            **rests,
        )
        session.autocommit = True
        rows = session.execute_simple(
            "select oid::int8, pg_backend_pid() from pg_database where datname = current_database()"
        ).rows
        self.oid, self.pid = map(int, rows[0])
        superuser = "postgres.superuser" in self._instance.capabilities
        settings = f"concat_ws(',', {SETTINGS_FILE}, {SLOTS})" if superuser else SLOTS
        session.execute_simple(PREPARE.format(oid=self.oid, settings=settings))
        self.fires_nothing = fires_nothing(session)
        self._session = session
        return session

    def __call__(self, work: Callable[[Any], T]) -> T:
        """Do some work with the session, once more on a new one where the last was lost.

        Raises:
            pg8000.dbapi.Error: The server refused it, or the database is gone.
        """
        if self._session is not None:
            try:
                return work(self._session)
            except (driver().Error, OSError) as error:
                if not is_over(error):
                    self._undo()
                    raise
                self.close()
        return work(self._open())

    def _undo(self) -> None:
        """End a transaction that a failure has left open."""
        self._session.execute_simple("rollback")

    def survey(self) -> Survey:
        """Tell where the server stands."""
        return Survey.read(self(lambda session: session.execute_simple(SURVEY).rows[0]))

    def close(self) -> None:
        """Close the session."""
        session, self._session = self._session, None
        try:
            if session is not None:
                session.close()
        except (driver().Error, OSError):
            pass  # ended by the server, or by the test


def fires_nothing(session: Any) -> bool:
    """Have a session fire no triggers and check no references; tell whether it may."""
    try:
        session.execute_simple("set session_replication_role = replica")
    except driver().DatabaseError:
        return False
    return True
