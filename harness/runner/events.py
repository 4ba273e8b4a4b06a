"""What a worker tells of tests: a line of text each, short for what happens most."""

from __future__ import annotations

from collections.abc import Sequence
from json import dumps, loads  # by name: tests put others in their places
from typing import NamedTuple, TypeAlias

START, PASS, OUTCOME, STOP, TAKEN, OVER, NOTE = "s", "p", "o", "e", "t", "u", "n"


class Start(NamedTuple):
    """A test begins.

    Attributes:
        test: Its number.
        at: When, in seconds since 1970.
    """

    test: int
    at: float


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
        setup: How long its set-up took, in seconds.
        body: How long the test itself took.
        release: How long its tear-down and its clean-ups took.
        passed: Whether nothing else is to be said of it.
        output: What it printed, where that is kept back.
        files: What is kept of it.
    """

    test: int
    setup: float
    body: float
    release: float
    passed: bool
    output: str = ""
    files: Sequence[str] = ()


class Taken(NamedTuple):
    """A piece of work begins."""


class Over(NamedTuple):
    """A piece of work is over.

    Attributes:
        seconds: How long all of it took.
    """

    seconds: float


class Note(NamedTuple):
    """A line for people.

    Attributes:
        text: The line.
    """

    text: str


Event: TypeAlias = Start | Said | Stop | Taken | Over | Note
KINDS: dict[str, type[Event]] = {
    OUTCOME: Said,
    STOP: Stop,
    TAKEN: Taken,
    OVER: Over,
    NOTE: Note,
}
LETTERS = {made: letter for letter, made in KINDS.items()}


def encoded(event: Event) -> bytes:
    r"""Return the line of an event.

    Example:
        >>> encoded(Start(7, 1.5)), encoded(Stop(7, 0.25, 1, 0, True))
        (b's7 1.500000\n', b'p7 0.250000 1.000000 0.000000\n')
    """
    if isinstance(event, Start):
        return b"s%d %.6f\n" % event
    if isinstance(event, Stop) and event.passed and not event.output and not event.files:
        return b"p%d %.6f %.6f %.6f\n" % event[:4]
    return f"{LETTERS[type(event)]}{dumps(event)}\n".encode()


def decoded(line: bytes) -> Event:
    r"""Return the event of a line.

    Example:
        >>> decoded(b"p7 0.25 1 0")
        Stop(test=7, setup=0.25, body=1.0, release=0.0, passed=True, output='', files=())
    """
    kind, rest = line[:1].decode(), line[1:].decode()
    if kind == START:
        test, at = rest.split()
        return Start(int(test), float(at))
    if kind == PASS:
        test, setup, body, release = rest.split()
        return Stop(int(test), float(setup), float(body), float(release), True)
    return KINDS[kind](*loads(rest))
