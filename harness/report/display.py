"""Whether a run shows how far it is in a line that changes, or in lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Protocol, TextIO

from harness.report.progress import Progress


class Display(Protocol):
    """Shows how far a run is."""

    def look(self, progress: Progress) -> None:
        """Show it, if it is time; called all the time."""

    def close(self) -> None:
        """Leave nothing behind: what is printed now comes last."""


def display_on(
    stream: TextIO, say: Callable[[str], None], environ: Mapping[str, str] = os.environ
) -> Display:
    """Return what shows on a stream how far a run is.

    Args:
        stream: Where the run prints.
        say: Prints a line there.
        environ: Environment variables.
    """
    if moves(stream, environ):
        try:
            from harness.report.live import Live
        except ImportError:  # without rich, which is an extra, it is lines
            pass
        else:
            return Live(stream)
    from harness.report.lines import Lines

    return Lines(say)


def moves(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether a stream is a terminal on which a line may change."""
    if any(environ.get(name) for name in ("CI", "NO_COLOR")) or environ.get("TERM") == "dumb":
        return False
    try:
        size = os.get_terminal_size(stream.fileno()) if stream.isatty() else None
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return size is not None and size.lines > 0
