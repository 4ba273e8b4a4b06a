"""What a traceback says, which a worker has told as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

MARGIN = r"[ |+-]*"  # before each line of an exception in a group
FRAME = re.compile(rf'^{MARGIN}File "(?P<file>.+)", line (?P<line>\d+)(?:, in .*)?$', re.MULTILINE)
NOTE = "harness: "  # begins what harness says beside an exception


def frames_of(text: str) -> Iterator[Mapping[str, str]]:
    """Yield the frames of a traceback, as `file` and `line`, the outermost first."""
    for match in FRAME.finditer(text):
        yield match.groupdict()


def reason_of(text: str) -> str:
    r"""Return what a traceback ends with: the exception and its message, of as many lines as it is.

    Example:
        >>> reason_of('Traceback:\n  File "a.py", line 3, in f\n    f()\nValueError: one\ntwo\n')
        'ValueError: one\ntwo'
    """
    frames = list(FRAME.finditer(text))
    lines = text[frames[-1].end() :].splitlines() if frames else text.splitlines()
    margin = re.match(MARGIN, frames[-1][0])[0] if frames else ""  # type: ignore[index]
    lines = [line.removeprefix(margin[:-2]) for line in lines]  # frames are indented by two
    while lines and (not lines[0] or lines[0].startswith("    ")):  # source, and what is below it
        del lines[0]
    notes = [number for number, line in enumerate(lines) if line.startswith(NOTE)]
    return "\n".join(lines[: notes[0]] if notes else lines).strip()


def headline(text: str) -> str:
    """Return the first line of what a traceback ends with; empty if it says nothing."""
    return next(iter(reason_of(text).splitlines()), "")
