"""Having commands fail, on Redis."""

from __future__ import annotations

import re

from harness.core.nearest import did_you_mean
from harness.errors import FaultError
from harness.faults.failing.asking import Asked, odd
from harness.faults.failing.failure import LOST, Failure

WHOLE = re.compile(r"[A-Z][A-Z0-9_]* .*\S.*")  # a code, and what it is about
# What servers say, by the code with which it begins.
TEXTS = {
    "BUSY": "BUSY Redis is busy running a script. You can only call SCRIPT KILL or "
    "SHUTDOWN NOSAVE.",
    "CLUSTERDOWN": "CLUSTERDOWN The cluster is down",
    "EXECABORT": "EXECABORT Transaction discarded because of previous errors.",
    "LOADING": "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN": "MASTERDOWN Link with MASTER is down and "
    "replica-serve-stale-data is set to 'no'.",
    "MISCONF": "MISCONF Errors writing to the AOF file: No space left on device",
    "NOAUTH": "NOAUTH Authentication required.",
    "NOPERM": "NOPERM this user has no permissions to run this command",
    "NOREPLICAS": "NOREPLICAS Not enough good replicas to write.",
    "NOSCRIPT": "NOSCRIPT No matching script. Please use EVAL.",
    "OOM": "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY": "READONLY You can't write against a read only replica.",
    "TRYAGAIN": "TRYAGAIN Multiple keys request during rehashing of slot",
    "WRONGTYPE": "WRONGTYPE Operation against a key holding the wrong kind of value",
}


def failure_of(asked: Asked) -> Failure:
    """Return the failure that is asked for.

    Raises:
        FaultError: It is no error of Redis.
    """
    return Failure(
        words=str(asked),
        protocol="redis",
        message="" if asked.loses else asked.message or text_of(asked.error),
        on=asked.on,
        times=asked.times,
        after=asked.after,
        lost=asked.loses,
    )


def text_of(error: str) -> str:
    """Return the text of an error.

    Args:
        error: Its code, or all of it.

    Raises:
        FaultError: It is neither.

    Example:
        >>> text_of("NOAUTH"), text_of("ERR no")
        ('NOAUTH Authentication required.', 'ERR no')
    """
    known = TEXTS.get(error.upper())
    if known is not None:
        return known
    if WHOLE.fullmatch(error) and not odd(error):
        return error
    if " " in error.strip():
        raise FaultError(
            f"fail_next({error!r}): no error of Redis",
            cause="the text of one is a line that begins with its code, in capital letters",
            hint='write it as in "ERR no such thing"',
        )
    raise FaultError(
        f"fail_next({error!r}): Redis knows no such error",
        hint=f"{did_you_mean(error, [LOST, *TEXTS])} Or write its whole text, "
        'as in "ERR no such thing"',
    )
