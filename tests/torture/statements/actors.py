"""Who runs statements: two drivers in this process, and one in another."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg

ROOT = Path(__file__).parents[3]
ELSEWHERE = "elsewhere: "
PATIENCE = "set lock_timeout = '300ms'; set statement_timeout = '20s'"
Script = Sequence[str]


class Session(Protocol):
    """A connection of some driver."""

    def run(self, sql: str) -> None:
        """Run a statement."""

    def begin(self) -> None:
        """Begin a transaction."""

    def end(self, word: str) -> None:
        """Commit or roll back."""


def play(session: Session, ending: str, scripts: Sequence[Script]) -> list[str]:
    """Run scripts in a session; return for each the error that ended it, or nothing.

    Args:
        session: The session.
        ending: `alone` for each statement by itself, else what becomes of the transaction.
        scripts: Statements; an error ends the script it is in.
    """
    if ending == "alone":
        return [attempt(session, script) for script in scripts]
    errors: list[str] = []
    with contextlib.suppress(Exception):  # the session, or the transaction, is lost
        session.begin()
        errors += [inside(session, ending, script) for script in scripts]
        if ending == "failed":
            session.run("select 1 / 0")
    if not ending.startswith("open"):
        with contextlib.suppress(Exception):
            session.end("rollback" if ending == "rollback" else "commit")
    return errors


def inside(session: Session, ending: str, script: Script) -> str:
    """Run a script in a transaction; undo it alone where it fails, or the ending says so."""
    if ending == "plain":
        return attempt(session, script)
    session.run("savepoint torture")
    error = attempt(session, script)
    if error or ending == "savepoint":
        session.run("rollback to savepoint torture")
    session.run("release savepoint torture")
    return error


def attempt(session: Session, script: Script) -> str:
    """Run the statements of a script up to the first that fails; return its error."""
    try:
        for sql in script:
            session.run(sql)
    except Exception as error:
        return f"{sql[:60]}: {type(error).__name__}: {error}"[:200]
    return ""


class Psycopg:
    """A connection of psycopg.

    Args:
        dsn: Of the database.
        maintenance: Of another database of the server.
    """

    def __init__(self, dsn: str, maintenance: str) -> None:
        self.maintenance = maintenance
        self.connection = psycopg.connect(dsn, autocommit=True, application_name="torture")
        self.pid = self.connection.info.backend_pid
        try:
            self.connection.execute(PATIENCE)
        except psycopg.Error:
            self.connection.close()
            raise

    def run(self, sql: str) -> None:
        if sql.startswith(ELSEWHERE):
            elsewhere(self.maintenance, sql.removeprefix(ELSEWHERE))
        elif sql.startswith("copy "):
            self._copy(*sql.split("\n", 1))
        else:
            self.connection.execute(sql)

    def _copy(self, sql: str, rows: str = "") -> None:
        with self.connection.cursor() as cursor, cursor.copy(sql) as copy:
            if rows:
                copy.write(rows)
            else:
                for _ in copy:
                    pass

    def begin(self) -> None:
        self.connection.execute("begin")

    def end(self, word: str) -> None:
        self.connection.execute(word)

    def close(self) -> None:
        self.connection.close()


class Lent:
    """The connection of a lease, of pg8000.

    Args:
        lease: The lease.
        maintenance: Of another database of the server.
    """

    def __init__(self, lease: Any, maintenance: str) -> None:
        self.maintenance = maintenance
        self.connection = lease.connection
        self.connection.autocommit = True
        for statement in PATIENCE.split(";"):
            self.connection.cursor().execute(statement)

    def run(self, sql: str) -> None:
        if sql.startswith(ELSEWHERE):
            elsewhere(self.maintenance, sql.removeprefix(ELSEWHERE))
        elif sql.startswith("copy "):
            head, _, rows = sql.partition("\n")
            self.connection.cursor().execute(head, stream=io.BytesIO(rows.encode()))
        else:
            self.connection.cursor().execute(sql)

    def begin(self) -> None:
        self.connection.autocommit = False

    def end(self, word: str) -> None:
        self.connection.rollback() if word == "rollback" else self.connection.commit()


class Helpers(Lent):
    """The lease's own methods, which commit at once."""

    def __init__(self, lease: Any, maintenance: str) -> None:
        self.maintenance = maintenance
        self._lease = lease
        for statement in PATIENCE.split(";"):
            lease.execute(statement)

    def run(self, sql: str) -> None:
        if sql.startswith(ELSEWHERE):
            elsewhere(self.maintenance, sql.removeprefix(ELSEWHERE))
        else:
            self._lease.execute(sql)

    def begin(self) -> None:
        """Nothing: there are no transactions here."""

    def end(self, word: str) -> None:
        """Nothing either."""


def elsewhere(dsn: str, sql: str) -> None:
    """Run a statement in another database."""
    with psycopg.connect(dsn, autocommit=True, options="-c lock_timeout=2000") as connection:
        connection.execute(sql)


class Child:
    """Another process, with connections of psycopg."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.statements.actors"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **request: object) -> Any:
        """Send a request; return the answer."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        with self._process as process:
            process.stdin.close()  # type: ignore[union-attr]


def serve(kept: list[Psycopg], request: dict[str, Any], make: Callable[..., Psycopg]) -> object:
    """Answer one request of `Child`: play scripts, or close what was left open."""
    if not request:
        while kept:
            kept.pop().close()
        return None
    try:
        session = make(request["dsn"], request["maintenance"])
    except psycopg.Error as error:
        return {"pid": 0, "errors": [str(error)] * len(request["scripts"])}
    errors = play(session, request["ending"], request["scripts"])
    if request["stays"]:
        kept.append(session)
    else:
        session.close()
    return {"pid": session.pid, "errors": errors}


def main() -> None:
    """Answer requests until there are no more."""
    kept: list[Psycopg] = []
    for line in sys.stdin:
        print(json.dumps(serve(kept, json.loads(line), Psycopg)), flush=True)


if __name__ == "__main__":
    main()
