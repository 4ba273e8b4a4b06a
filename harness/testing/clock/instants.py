"""Instants and spans, in whole nanoseconds: the same sum in every order of adding."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from harness.errors import ClockError

# A Wednesday in the middle of a month, at noon: nothing begins, ends or changes near it.
START = datetime(2025, 1, 15, 12, 0, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
SECOND = 1_000_000_000
MICROSECOND = timedelta(microseconds=1)


def nanoseconds(span: float | timedelta) -> int:
    """Return a span as nanoseconds.

    Args:
        span: Seconds, or a `timedelta`.

    Raises:
        ClockError: It is negative, or no number.

    Example:
        >>> nanoseconds(0.1), nanoseconds(timedelta(hours=1))
        (100000000, 3600000000000)
    """
    if isinstance(span, timedelta):
        whole = span // MICROSECOND * 1000
    elif isinstance(span, int | float) and math.isfinite(span):
        whole = span * SECOND if isinstance(span, int) else round(span * SECOND)
    else:
        raise ClockError(f"{span!r} is no number of seconds", hint="give seconds or a timedelta")
    if whole < 0:
        raise ClockError(
            f"{span!r} is a negative time",
            cause="a difference was taken the wrong way round, or the time was over already",
            hint="a clock never goes back; write max(0, ...) where nothing may be left to wait",
        )
    return whole


def moment(at: datetime | str) -> datetime:
    """Return an instant that was given, in UTC.

    Args:
        at: A `datetime` with a time zone, or such a text in ISO format.

    Raises:
        ClockError: It has no time zone, or is something else.

    Example:
        >>> moment("2030-01-01T01:00+01:00").isoformat()
        '2030-01-01T00:00:00+00:00'
    """
    given = parsed(at) if isinstance(at, str) else at
    if not isinstance(given, datetime):
        raise ClockError(
            f"{at!r} is no instant", hint='give a datetime or a text such as "2030-01-01T09:00Z"'
        )
    if given.utcoffset() is None:
        raise ClockError(
            f"{at!r} has no time zone",
            cause="whose morning it is, the machine would decide",
            hint=f'write "{given.isoformat()}Z", or datetime(..., tzinfo=UTC)',
        )
    return given.astimezone(UTC)


def parsed(text: str) -> datetime:
    """Return what a text in ISO format says.

    Raises:
        ClockError: It is none.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ClockError(
            f"{text!r} is no instant in ISO format: {error}", hint='write "2030-01-01T09:00Z"'
        ) from error


def since_epoch(when: datetime) -> int:
    """Return the nanoseconds from 1970 to an instant."""
    return (when - EPOCH) // MICROSECOND * 1000


def instant(since: int) -> datetime:
    """Return the instant that is so many nanoseconds after 1970, as exactly as a datetime can.

    Raises:
        ClockError: It is after the last year that a datetime can tell.
    """
    try:
        return EPOCH + timedelta(microseconds=since // 1000)
    except OverflowError as error:
        raise ClockError(
            f"no datetime can tell what is {since / SECOND:g} s after 1970",
            hint=f"stay before {LAST:%Y-%m-%d}",
        ) from error


def check_callback(callback: Callable[..., object]) -> None:
    """Do nothing for what a timer can call.

    Raises:
        ClockError: It cannot be called, or is a coroutine function, which nobody would await.
    """
    if not callable(callback):
        raise ClockError(f"a timer cannot call {callback!r}", hint="give it a function")
    if inspect.iscoroutinefunction(callback):
        raise ClockError(
            f"a timer cannot await {name_of(callback)}",
            hint="start a task that awaits clock.asleep(), and then does it",
        )


def name_of(callback: Callable[..., object]) -> str:
    """Return how a reader knows a function."""
    return getattr(callback, "__qualname__", None) or repr(callback)
