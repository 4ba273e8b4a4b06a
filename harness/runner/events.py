"""What a worker tells of tests: a line of text each, short for what happens most."""

from __future__ import annotations

import json
from typing import NamedTuple, TypeAlias

START, PASS, OUTCOME, STOP = "s", "p", "o", "e"


class Start(NamedTuple):
    """A test begins.

    Attributes:
        test: Its number.
    """

    test: int


class Said(NamedTuple):
    """Something is said of a test or of a fixture.

    Attributes:
        test: Number of the test; None of a fixture.
        kind: What happened.
        text: The traceback, or the reason.
        part: The subtest or the fixture.
    """

    test: int | None
    kind: str
    text: str
    part: str


class Stop(NamedTuple):
    """A test is over.

    Attributes:
        test: Its number.
        seconds: How long it took.
        passed: Whether nothing else is to be said of it.
        output: What it printed, where that is kept.
    """

    test: int
    seconds: float
    passed: bool
    output: str = ""


Event: TypeAlias = Start | Said | Stop


def encoded(event: Event) -> bytes:
    r"""Return the line of an event.

    Example:
        >>> encoded(Start(7)), encoded(Stop(7, 0.25, True))
        (b's7\n', b'p7 0.250000\n')
    """
    if isinstance(event, Start):
        line = f"{START}{event.test}"
    elif isinstance(event, Said):
        line = OUTCOME + json.dumps(event)
    elif event.passed and not event.output:
        line = f"{PASS}{event.test} {event.seconds:.6f}"
    else:
        line = STOP + json.dumps(event)
    return line.encode() + b"\n"


def decoded(line: bytes) -> Event:
    r"""Return the event of a line.

    Example:
        >>> decoded(b"p7 0.250000")
        Stop(test=7, seconds=0.25, passed=True, output='')
    """
    kind, rest = line[:1].decode(), line[1:].decode()
    if kind == START:
        return Start(int(rest))
    if kind == PASS:
        test, seconds = rest.split()
        return Stop(int(test), float(seconds), True)
    return (Said if kind == OUTCOME else Stop)(*json.loads(rest))
