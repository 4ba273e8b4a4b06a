"""One test after another on one server, each followed by a look at everything."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from harness import Environment, Postgres
from tests.torture.statements.actors import Child, Helpers, Lent, Psycopg, play
from tests.torture.statements.kinds import FLEETING, KINDS
from tests.torture.statements.picture import Painter, rows
from tests.torture.statements.schema import everything

# What the next test must not find in the lease's own sessions.
SESSION = """
select session_user::text, current_user::text, current_schemas(false)::text,
    (select string_agg(name || '=' || setting, ',' order by name) from pg_settings
     where source = 'session'),
    (select count(*) from pg_prepared_statements where not from_sql is false),
    (select count(*) from pg_cursors where name like 'c\\_%'),
    (select string_agg(c, ',') from pg_listening_channels() c),
    current_setting('shop.user', true)
"""
MENDING = "alter tablespace pg_default reset (seq_page_cost)"
FOR_GOOD = re.compile("cannot be (put back|made again|dropped)")


@dataclass(frozen=True)
class Step:
    """What one actor does.

    Attributes:
        actor: `connection`, `helpers`, `psycopg` or `process`.
        ending: As `play` takes it; `open` leaves the transaction, and `stays` the connection, open.
        kinds: Which kinds of statements, each with its number.
    """

    actor: str
    ending: str
    kinds: tuple[tuple[str, int], ...]

    @property
    def stays(self) -> bool:
        """Whether its connection is not closed."""
        return self.ending in ("open", "stays")


class BrokenTestError(AssertionError):
    """A test was not undone, or not blamed for what it left."""


class Stage:
    """A server, and the database of one process on it.

    Args:
        environment: Where it runs.
        service: What is leased.
        alone: Whether the server is nobody else's.
        held: Whether the database is held for an application.
    """

    def __init__(
        self, environment: Environment, service: Postgres, *, alone: bool, held: bool = False
    ) -> None:
        self.environment = environment
        self.service = service
        self.spoilt = False  # by what cannot be undone, and was said
        self.done: Counter[str] = Counter()
        self.failed: dict[str, str] = {}
        self._stack = contextlib.ExitStack()
        self._child: Child | None = None
        self._held = self._hold() if held else None
        with self.lease() as lease:
            endpoint = lease.instance.endpoint
            self.dsn, self.user = str(lease.dsn), endpoint.user
            self._database = lease.database
            self.maintenance = str(endpoint.url("postgresql", endpoint.database))
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                self.painter = Painter(connection, wide=alone)
            self._sessions = look_at_sessions(lease)
        self._admin = self._stack.enter_context(psycopg.connect(self.maintenance, autocommit=True))

    def _hold(self) -> Any:
        held = self._stack.enter_context(self.environment.hold(self.service))
        held.execute("insert into small (name) values ('of the class')")
        held.execute("delete from heap where number = 7")
        held.execute("select nextval('loose')")
        self.application = psycopg.connect(str(held.dsn), autocommit=True)
        self._stack.callback(lambda: self.application.close())
        return held

    def lease(self) -> Any:
        """Return a lease for a test."""
        if self._held is not None:
            return self._held.test_lease()
        return self.environment.lease(self.service)

    def close(self) -> None:
        """End what runs."""
        if self._child is not None:
            self._child.close()
        self._stack.close()

    def check(self, steps: Sequence[Step]) -> None:
        """Run a test; check that it fails for what it leaves, and that all is undone.

        Raises:
            BrokenTestError: It is not so.
        """
        with contextlib.ExitStack() as left:
            lease = self.lease()
            number = self._number()
            try:
                pids = [pid for step in steps for pid in self._act(lease, step, left)]
                unsure = self._is_closed() or is_fleeting(steps)
                expected = self._expected(number)
                expected += [] if unsure else self._left(lease, pids)
            finally:
                text = released(lease)
            problems = [f"not named: {word}" for word in expected if word not in text]
            if text and not expected and not unsure:
                problems.append(f"failed for nothing: {text}")
        problems += self._next_test(text)
        if problems:
            raise BrokenTestError(
                "\n".join(problems + ([f"said: {text}"] if text and expected else []))
            )

    def mended(self) -> bool:
        """Undo what the harness could only name; tell whether the server is as it was."""
        lease = self.lease()
        lease.execute(MENDING)
        released(lease)  # which takes this for what is so from now on
        self.spoilt = bool(self._changed_server())
        return not self.spoilt

    def _act(self, lease: Any, step: Step, left: contextlib.ExitStack) -> Iterator[int]:
        """Play a step; yield the server's process of a connection that stays."""
        scripts = [self._script(name, number) for name, number in step.kinds]
        try:
            pid, errors = self._play(lease, step, scripts, left)
        except Exception as error:
            pid, errors = 0, [f"{type(error).__name__}: {error}"] * len(scripts)
        for (name, _), error in zip(step.kinds, errors, strict=False):
            if error:
                self.failed[name] = error
            else:
                self.done[name] += 1
        if pid and step.stays:
            yield pid

    def _play(
        self, lease: Any, step: Step, scripts: list[list[str]], left: contextlib.ExitStack
    ) -> tuple[int, list[str]]:
        if step.actor == "process":
            return self._elsewhere(step, scripts, left)
        if step.actor == "psycopg":
            session = Psycopg(self.dsn, self.maintenance)
            if step.stays:
                left.callback(session.close)
                return session.pid, play(session, step.ending, scripts)
            with contextlib.closing(session):
                return session.pid, play(session, step.ending, scripts)
        make = Lent if step.actor == "connection" else Helpers
        return 0, play(make(lease, self.maintenance), step.ending, scripts)

    def _elsewhere(
        self, step: Step, scripts: list[list[str]], left: contextlib.ExitStack
    ) -> tuple[int, list[str]]:
        child = self._child = self._child or Child()
        left.callback(child.ask)
        answer = child.ask(
            dsn=self.dsn,
            maintenance=self.maintenance,
            ending=step.ending,
            scripts=scripts,
            stays=step.stays,
        )
        return answer["pid"], answer["errors"]

    def _script(self, name: str, number: int) -> list[str]:
        words = {"{n}": str(number), "{db}": self._database, "{user}": self.user}
        script = []
        for sql in KINDS[name]:
            for word, text in words.items():
                sql = sql.replace(word, text)
            script.append(sql)
        return script

    def _left(self, lease: Any, pids: list[int]) -> list[str]:
        """Return the sessions of which the failure of the test has to speak."""
        return [*self._sessions_left(pids), *self._uncommitted(lease)]

    def _expected(self, number: int | None) -> list[str]:
        """Return of what else it has to speak, by what the server shows now."""
        return [
            *(gid for (gid,) in self._ask("select gid from pg_prepared_xacts")),
            *(name for name, _ in self._changed_server()),
            *self._database_gone(number),
        ]

    def _database_gone(self, number: int | None) -> list[str]:
        return [] if self._number() == number else [self._database]

    def _is_closed(self) -> bool:
        """Tell whether nobody may connect any more; whether that is said depends on who is left."""
        query = (
            "select 1 from pg_database where datname = %s and not (datallowconn "
            "and datconnlimit < 0 and has_database_privilege(oid, 'connect'))"
        )
        return bool(self._ask(query, self._database))

    def _number(self) -> int | None:
        found = self._ask("select oid from pg_database where datname = %s", self._database)
        return found[0][0] if found else None

    def _ask(self, query: str, *values: object) -> list[Any]:
        return self._admin.execute(query, values).fetchall()

    def _sessions_left(self, pids: list[int]) -> list[str]:
        """Return the processes that stay; of those of an application only if they are busy."""
        query = "select pid::text from pg_stat_activity where pid = any(%s)"
        if self._held is not None:
            query += (
                " and (state <> 'idle' or pid in (select pid from pg_locks"
                " where locktype = 'advisory' and granted))"
            )
        return [f"pid {pid} " for (pid,) in self._ask(query, pids)]

    def _uncommitted(self, lease: Any) -> list[str]:
        session = lease._connection
        if session is None or session.closed:
            return []
        query = (
            "select 1 from pg_stat_activity where pid = %s and backend_xid is not null "
            "and state <> 'idle in transaction (aborted)'"
        )
        return ["never committed"] if self._ask(query, session.pid) else []

    def _changed_server(self) -> list[tuple[str, str]]:
        """Return what was changed on the whole server, by name, with its subject."""
        found = []
        for subject, query in self.painter.wide.items():
            before = self.painter.before[subject]
            assert isinstance(before, list)
            changed = {*rows(self._admin, query)} ^ {*before}
            found += [(re.findall(r"'(.*?)'", row)[0], subject) for row in sorted(changed)]
        return found

    def _next_test(self, text: str) -> list[str]:
        """Return what the next test finds other than it should be."""
        lease = self.lease()
        try:
            self.spoilt = FOR_GOOD.search(text) is not None
            problems = self._differences(lease)
        finally:
            said = released(lease)
        return [*problems, *([f"the next test failed: {said}"] if said else [])]

    def _differences(self, lease: Any) -> list[str]:
        if self.dsn != str(lease.dsn):
            return [f"the database was {self._database} and is {lease.database}"]
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            problems = self.painter.differences(connection)
        if self.spoilt:
            problems = [p for p in problems if p.partition(":")[0] not in self.painter.wide]
        if (sessions := look_at_sessions(lease)) != self._sessions:
            problems.append(f"sessions: {self._sessions} -> {sessions}")
        return problems


def is_fleeting(steps: Sequence[Step]) -> bool:
    """Tell whether sessions may end by themselves: nobody knows who is still there to be named."""
    return any(name in FLEETING for step in steps for name, _ in step.kinds)


def released(lease: Any) -> str:
    """Release a lease; return what it said."""
    try:
        lease.release()
    except Exception as error:
        return "".join(traceback.format_exception(error))
    return ""


def look_at_sessions(lease: Any) -> list[list[Any]]:
    """Return what is set in a lease's own sessions."""
    cursor = lease.connection.cursor()
    cursor.execute(SESSION)
    found = list(cursor.fetchone())
    lease.connection.rollback()
    return [found, list(lease.row(SESSION))]


def postgres(alone: bool) -> Postgres:
    """Return what is leased."""
    settings = (("max_prepared_transactions", "20"),) if alone else ()
    return Postgres(migrations=everything, isolation="commit", settings=settings)
