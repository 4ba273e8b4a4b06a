"""What a run prints: each failure when it happens, and the summary last."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

from harness.core import realtime as time
from harness.report.platforms.platform import Platform, Terminal
from harness.report.summary import names_again, tally, why_skipped
from harness.runner.kinds import RED
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome
from harness.runner.listeners import Deaf

RULE = 70  # letters of a line between what a run prints and what it comes to


class Console(Deaf):
    """Prints what happens.

    Args:
        stream: Where to.
        verbose: Whether each test gets a line.
        platform: What reads it.

    Attributes:
        stream: Where to.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        verbose: bool = False,
        platform: Platform | None = None,
    ) -> None:
        self.stream = stream or sys.stderr
        self._verbose = verbose
        self._platform = platform or Terminal()
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line, or several.

        What nobody can take any more, as a full disk or a reader that has ended, is not printed:
        the run goes on, and so do its reports.
        """
        with contextlib.suppress(OSError):
            print(text, file=self.stream, flush=True)

    def note(self, text: str) -> None:
        """Print a line that is not about a test."""
        self.say(f"harness: {text}")

    def began(self, ledger: Ledger, workers: int) -> None:
        """Say how many tests there are, and why these."""
        for note in ledger.notes:
            self.say(note if note.startswith(" ") else f"harness: {note}")
        if workers > 1:
            self.say(f"{len(ledger.numbered)} tests in {workers} processes")

    def finished(self, entry: Entry, attempt: Attempt) -> None:
        """Print what became of a test, if that is anything to look at."""
        if self._verbose:
            self.say(f"{plain(entry.name)} ... {attempt.kind}")
        for outcome in attempt.outcomes:
            if outcome.kind in RED:
                part = f" {outcome.part}" if outcome.part else ""
                part += "" if entry.gates else f" (in quarantine: {entry.quarantined})"
                self._say_red(f"{outcome.kind.upper()}: {entry.name}{part}", outcome.text)
        if attempt.kind in RED and attempt.output:
            printed = self._foreign(attempt.output)
            self.say(self._platform.folded("it printed:", printed))

    def fixture(self, unit: str, outcome: Outcome) -> None:
        """Print what was said of a fixture."""
        if outcome.kind in RED:
            self._say_red(f"{outcome.kind.upper()}: {outcome.part}", outcome.text)

    def _say_red(self, title: str, text: str) -> None:
        self.say(f"\n{plain(title)}\n{self._foreign(text)}".rstrip())

    def _foreign(self, text: str) -> str:
        """Return a text of a test, such that neither terminal nor platform obeys it."""
        from harness.report.harmless import harmless

        return self._platform.foreign(harmless(text.rstrip()))

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Print that a worker has died."""
        where = f" in {test}" if test else ""
        self.say(f"\nworker {worker} ended{where}: {how}")

    def summary(
        self, ledger: Ledger, problem: str, again: str = "", seconds: float | None = None
    ) -> None:
        """Print what the run comes to.

        Args:
            ledger: The account.
            problem: Why it could not be carried out as it should; empty if it could.
            again: The command that repeats what has failed; empty if there is none.
            seconds: How long it took; None for all the time by now.
        """
        seconds = self.seconds() if seconds is None else seconds
        self.say("-" * min(RULE, width_of(self.stream)))
        for line in names_again(ledger.failed()):
            self.say(plain(line))
        self.say(f"{tally(ledger)} in {seconds:.3f} s")
        for line in why_skipped(ledger):
            self.say(line)
        for entry in ledger.missing():
            begun = any(not attempt.reported for attempt in entry.attempts)
            self.say(f"{'not finished' if begun else 'not run'}: {plain(entry.name)}")
        if problem:
            self.note(problem)
        if again:
            self.note(f"repeat what has failed with: {plain(again)}")

    def seconds(self) -> float:
        """Return how long the run has taken by now, in seconds."""
        return time.monotonic() - self._began


def plain(line: str) -> str:
    """Return a line with names of tests, such that a terminal obeys none of it."""
    if line.isprintable():
        return line
    from harness.report.harmless import harmless

    return harmless(line)


def width_of(stream: TextIO) -> int:
    """Return how many letters a line of a terminal has; of all else it is as many as usual."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or RULE
    except (OSError, ValueError):  # no terminal; nothing that has a descriptor
        return RULE
