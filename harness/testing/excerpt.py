"""The end of a log, as it is shown with a failure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

SHOWN_LINES = 20
LONGEST_LINE = 400  # letters
COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed


class Excerpt:
    """A part of a log, whose last lines are shown.

    Args:
        name: What logged.
        text: The part, without secrets.
        since: When it begins, in seconds since the epoch.
        until: When it ends.
    """

    def __init__(self, name: str, text: str, since: float, until: float) -> None:
        self.text = text
        self.lines = plain(text).rstrip().splitlines()
        self._title = f"log of {name} from {local_time(since)} to {local_time(until)}:"

    def __str__(self) -> str:
        shown = self.lines[-SHOWN_LINES:]
        return "\n".join([self._title, *(f"    {shortened(line)}" for line in shown)])

    def rest(self, kept: Path | None) -> str:
        """Return the line that tells what is not shown, and where the whole is.

        Args:
            kept: The file with the whole; None where it was not kept.
        """
        hidden = len(self.lines) - SHOWN_LINES
        if hidden <= 0:
            return "" if kept is None else f"\n    (kept in {kept})"
        lines = f"{hidden} more {'line' if hidden == 1 else 'lines'} before these"
        where = "HARNESS_ARTIFACTS=<directory> keeps them" if kept is None else f"all in {kept}"
        return f"\n    ({lines}; {where})"


def local_time(seconds: float) -> str:
    """Write a time as the clock on the wall shows it, with milliseconds and its offset."""
    moment = datetime.fromtimestamp(seconds, UTC).astimezone()
    return moment.isoformat(sep=" ", timespec="milliseconds")


def plain(text: str) -> str:
    r"""Return a text without what would move the cursor of a terminal or colour it.

    Example:
        >>> plain("\x1b[31mred\x1b[0m\x07")
        'red?'
    """
    return CONTROLS.sub("?", COLOURS.sub("", text.replace("\r\n", "\n")))


def shortened(line: str) -> str:
    """Return a line as far as it is shown."""
    if len(line) <= LONGEST_LINE:
        return line
    return f"{line[:LONGEST_LINE]}... ({len(line) - LONGEST_LINE} more letters)"
