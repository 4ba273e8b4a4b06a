"""How far a run is, on a terminal: a line at its bottom, by rich."""

from __future__ import annotations

from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from harness.report.margin import Margin
from harness.report.progress import BAD, COMMA, COUNT, NAME, TIME, Part, Progress, line_of

STYLES = {COUNT: "bold", BAD: "bold red", TIME: "cyan", NAME: "yellow"}


class Live:
    """Shows how far a run is at the bottom of a terminal.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._margin = Margin(stream)
        self._console = Console(file=stream, force_terminal=True)

    def look(self, progress: Progress) -> None:
        """Show how far a run is."""
        if self._margin.fits():
            self._margin.show(self._painted(line_of(progress, self._margin.columns(), cell_len)))

    def _painted(self, parts: list[Part]) -> str:
        """Return a line with what gives it its colours in this terminal."""
        text = Text(COMMA).join(Text(part.text, STYLES[part.kind]) for part in parts)
        with self._console.capture() as capture:
            self._console.print(text, end="", soft_wrap=True)
        return capture.get()

    def close(self) -> None:
        """Give the line back to the terminal."""
        self._margin.close()
