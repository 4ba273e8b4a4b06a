"""What is given to be tried again, and what is wrong with it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.errors import ConfigurationError

LONGEST_TEXT = 400


def check_probe(probe: object) -> None:
    """Do nothing for what can be called.

    Raises:
        ConfigurationError: It cannot; with what to write instead.
    """
    if inspect.iscoroutine(probe):
        name = probe.__name__
        probe.close()  # or Python would warn that nobody awaited it
        raise ConfigurationError(
            f"the probe is the coroutine {name}(), which can be awaited only once",
            cause="an async function was called, where the function itself was meant",
            hint=f"give the function, {name}, or a lambda that calls it",
        )
    if not callable(probe):
        raise ConfigurationError(
            f"the probe {shortened(probe)} is a {type(probe).__name__}, which cannot be called",
            cause="what the probe was to return was given instead of the probe",
            hint="put `lambda:` before it",
        )


def check_seconds(name: str, value: object, *, allow_zero: bool) -> None:
    """Do nothing for a number of seconds.

    Raises:
        ConfigurationError: It is none.
    """
    least = "0 or more" if allow_zero else "above 0"
    if not isinstance(value, int | float):
        raise ConfigurationError(
            f"{name}={shortened(value)} is not a number of seconds",
            hint=f"write a number, {least}, such as {name}=0.5",
        )
    if not math.isfinite(value) or value < 0 or (value == 0 and not allow_zero):
        raise ConfigurationError(
            f"{name}={value!r}: expected a number of seconds, {least}",
            cause="a wait has an end, and cannot end before it began",
            hint=f"write a number such as {name}=0.5",
        )


def refuse_awaitable(value: Any) -> Any:
    """Return what a probe returned, unless somebody ought to await it: that is always true.

    Raises:
        ConfigurationError: It is to be awaited.
    """
    if not inspect.isawaitable(value):
        return value
    if inspect.iscoroutine(value):
        value.close()  # or Python would warn that nobody awaited it
    raise ConfigurationError(
        f"the probe returned a {type(value).__name__}, which nobody awaits",
        cause="the probe is an async function, and this form is for plain ones",
        hint="use AsyncHarnessTestCase, and `await self.assertEventually(...)`",
    )


def name_of(probe: Callable[[], Any]) -> str:
    """Return the name of a probe, with its place in the source where it has one.

    Example:
        >>> name_of(print)
        'print'
    """
    code = getattr(probe, "__code__", None)
    name = getattr(probe, "__name__", None) or shortened(probe)
    return name if code is None else f"{name} ({Path(code.co_filename).name}:{code.co_firstlineno})"


def shortened(value: object, write: Callable[[object], str] = repr) -> str:
    """Write a value, as far as it can be written in a message.

    Example:
        >>> shortened([1, 2])
        '[1, 2]'
    """
    try:
        text = write(value)
    except Exception as error:
        return f"<{type(value).__name__} whose {write.__name__} raises {type(error).__name__}>"
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."
