"""SQLSTATEs, and the errors of PostgreSQL that they stand for."""

from __future__ import annotations

import functools
import re

from harness.core.nearest import did_you_mean, nearest
from harness.errors import FaultError
from harness.services.postgres.conditions import TABLE

CODE = re.compile(r"[0-9A-Z]{5}")
NO_ERRORS = ("00", "01", "02")  # classes of codes: success, warnings, no data
# With these a server ends the session, or they are a client's own.
ENDS = {"57P01", "57P02", "57P03", "57P05", "25P03", "25P04"}
CLIENTS = ("08000", "08001", "08003", "08004", "08006", "08007")


@functools.cache
def conditions() -> dict[str, str]:
    """Return the codes by name."""
    return {name: code for code, name in map(str.split, TABLE.split("\n"))}


def sqlstate_of(error: str) -> str:
    """Return the SQLSTATE of an error that was asked for.

    Args:
        error: A SQLSTATE, or PostgreSQL's name for it.

    Raises:
        FaultError: There is no such error, or none that a server reports of a statement.

    Example:
        >>> sqlstate_of("serialization_failure"), sqlstate_of("53100")
        ('40001', '53100')
    """
    code = conditions().get(error.lower(), error)
    if not CODE.fullmatch(code):
        raise unknown(error)
    if code[:2] in NO_ERRORS:
        raise FaultError(
            f"fail_next({error!r}): a SQLSTATE of the class {code[:2]} is no error",
            hint='write that of an error, such as "40001"',
        )
    if code in ENDS or code in CLIENTS:
        raise FaultError(
            f"fail_next({error!r}): with this error the connection ends",
            hint='write fail_next("connection_lost")',
        )
    return code


def unknown(error: str) -> FaultError:
    """Return the error for what is neither a name nor a SQLSTATE."""
    short = re.fullmatch(r"[0-9A-Za-z]{1,8}", error) and any(map(str.isdigit, error))
    if short:
        return FaultError(
            f"fail_next({error!r}): no SQLSTATE",
            cause="one has five characters, digits and capital letters",
            hint='write it as in "40001", or PostgreSQL\'s name for it',
        )
    known = ["connection_lost", *conditions()]
    hint = (
        'write one of the names in PostgreSQL\'s list of error codes, or a SQLSTATE as in "40001"'
    )
    return FaultError(
        f"fail_next({error!r}): PostgreSQL knows no such error",
        hint=did_you_mean(error, known) if nearest(error, known) else hint,
    )


def name_of(code: str) -> str:
    """Return PostgreSQL's name for a SQLSTATE; the SQLSTATE itself if it has none.

    Example:
        >>> name_of("40P01"), name_of("ZZ001")
        ('deadlock_detected', 'ZZ001')
    """
    return next((name for name, known in conditions().items() if known == code), code)
