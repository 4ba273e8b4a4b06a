"""Having statements fail, on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.endpoint import Endpoint
from harness.errors import FaultError
from harness.faults.failing.armed import Armed, LocalFailure, advice
from harness.faults.failing.asking import Asked
from harness.faults.failing.failure import Failure
from harness.faults.failing.statements import raising
from harness.faults.failing.trigger import Report
from harness.services.postgres.sqlstates import name_of, sqlstate_of

if TYPE_CHECKING:
    from harness.services.statements import Statements

ENCRYPTED = ("require", "verify-ca", "verify-full")  # values of sslmode
COMMIT = "commit"  # as which `connection.commit()` is seen


def failure_of(asked: Asked) -> Failure:
    """Return the failure that is asked for.

    Raises:
        FaultError: PostgreSQL knows no such error.
    """
    code = "" if asked.loses else sqlstate_of(asked.error)
    usual = f"{name_of(code).replace('_', ' ')}, for {asked}"
    return Failure(
        words=str(asked),
        protocol="postgres",
        code=code,
        message=asked.message or ("" if asked.loses else usual),
        on=asked.on,
        times=asked.times,
        after=asked.after,
        lost=asked.loses,
    )


def arm_here(statements: Statements, failure: Failure) -> Armed:
    """Have a failure of what goes through a lease's own connection."""
    trigger = statements.failing.arm(failure)

    def explain(report: Report) -> tuple[str, str]:
        return advice(report, failure, unseen(url_given=statements.url_given))

    return Armed(failure, LocalFailure(statements.failing, trigger), explain)


def unseen(*, url_given: bool) -> tuple[str, str]:
    """Return the likely cause and the next step where nothing came through `connection`."""
    if url_given:
        return (
            "nothing was sent through `connection`; the code under test has connected by itself",
            "declare Postgres(isolation='commit', proxied=True), where that is seen, too",
        )
    return (
        "nothing was sent through `connection` while it was armed",
        "arm it before the code under test runs, and give that self.db.connection; "
        "or declare proxied=True, under which all connections are seen",
    )


def is_armed(statements: Statements | None) -> bool:
    """Tell whether any statement is to fail."""
    return statements is not None and bool(statements.failing)


def failing(statements: Statements | None, sql: str) -> str | None:
    """Return what to send in place of a statement that is to fail; None for one that is not.

    Args:
        statements: What tells so; None where nothing fails.
        sql: The statement.
    """
    failure = None if statements is None else statements.failing.take(sql)
    return None if failure is None else raising(failure.code, failure.message)


def not_to_be_lost(label: str, *, rolls_back: bool) -> FaultError:
    """Return the error for a connection that is to be lost and cannot."""
    if rolls_back:
        cause = "all that a test does is in one transaction there, which ends with its connection"
    else:
        cause = "its connections go straight to the server"
    return FaultError(
        f"{label} cannot lose a connection at a statement",
        cause=cause,
        hint="declare Postgres(isolation='commit', proxied=True)",
    )


def check_clear(label: str, endpoint: Endpoint) -> None:
    """Do nothing for an address at which connections are made in the clear.

    Raises:
        FaultError: They are encrypted.
    """
    mode = dict(endpoint.options).get("sslmode", "")
    if mode in ENCRYPTED:
        raise FaultError(
            f"{label} cannot have a statement fail: its connections are encrypted",
            cause=f"its URL says sslmode={mode}; the fault proxy reads only what is in the clear",
            hint="leave that out where the server allows it, or run the test on an embedded server",
        )
