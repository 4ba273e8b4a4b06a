"""What a run prints: each failure when it happens, and the summary last."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

from harness.core import realtime as time
from harness.report.platforms.platform import Platform, Terminal
from harness.report.summary import counted, names_again, names_missing, tally, why_skipped
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
        self._unbegun: dict[tuple[str, str, str], list[str]] = {}

    def say(self, text: str) -> None:
        """Print a line, or several.

        What nobody can take any more, as a full disk or a reader that has ended, is not printed:
        the run goes on, and so do its reports.
        """
        with contextlib.suppress(OSError):
            print(text, file=self.stream, flush=True)

    def note(self, text: str) -> None:
        """Print a line that is not about a test."""
        self.say(self._foreign(f"harness: {text}"))

    def began(self, ledger: Ledger, workers: int) -> None:
        """Say how many tests there are, and why these."""
        for note in ledger.notes:
            self.say(self._foreign(note if note.startswith(" ") else f"harness: {note}"))
        if workers > 1:
            self.say(f"{counted(len(ledger.numbered), 'test')} in {workers} processes")

    def finished(self, entry: Entry, attempt: Attempt) -> None:
        """Print what became of a test, if that is anything to look at."""
        if self._verbose:
            self.say(self._foreign(f"{entry.name} ... {attempt.kind}"))
        for outcome in attempt.outcomes:
            if outcome.kind in RED and attempt.began is None:
                key = (outcome.kind, outcome.text, entry.unit)
                self._unbegun.setdefault(key, []).append(entry.name)
            elif outcome.kind in RED:
                self._say_red(title_of(entry, attempt, outcome), outcome.text)
        if attempt.kind in RED and attempt.output:
            printed = self._foreign(attempt.output)
            self.say(self._platform.folded("it printed:", printed))

    def fixture(self, unit: str, outcome: Outcome) -> None:
        """Print what was said of a fixture."""
        if outcome.kind in RED:
            self._say_red(f"{outcome.kind.upper()}: {outcome.part}", outcome.text)

    def look(self) -> None:
        """Print what has befallen tests that were not begun: all those of a fixture at once."""
        for (kind, text, unit), names in self._unbegun.items():
            which = names[0] if len(names) == 1 else f"{len(names)} tests of {unit}"
            self._say_red(f"{kind.upper()}: {which}", text)
        self._unbegun.clear()

    def _say_red(self, title: str, text: str) -> None:
        self.say("\n" + self._foreign(f"{title}\n{text}"))

    def _foreign(self, text: str) -> str:
        """Return a text of a test, such that neither terminal nor platform obeys it."""
        if not text.isprintable():
            from harness.report.harmless import harmless

            text = harmless(text.rstrip())
        return self._platform.foreign(text)

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Print that a worker has died."""
        where = f" in {test}" if test else ""
        self.say("\n" + self._foreign(f"worker {worker} ended{where}: {how}"))

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
        self.look()
        self.say("-" * min(RULE, width_of(self.stream)))
        self._say_all(names_again(ledger))
        self.say(f"{tally(ledger)} in {seconds:.3f} s")
        self._say_all(why_skipped(ledger))
        self._say_all(names_missing(ledger.missing()))
        if problem:
            self.note(problem)
        if again:
            self.note(f"repeat what has failed with: {again}")

    def _say_all(self, lines: list[str]) -> None:
        if lines:
            self.say(self._foreign("\n".join(lines)))

    def seconds(self) -> float:
        """Return how long the run has taken by now, in seconds."""
        return time.monotonic() - self._began


def title_of(entry: Entry, attempt: Attempt, outcome: Outcome) -> str:
    """Return what a failure of a test is headed with: which test, which part of it, which try."""
    # A subtest is called by the test and what it is of, as in `test_a (m.ATest.test_a) (n=1)`.
    named = f"{entry.name.rpartition('.')[2]} ({entry.name}) "
    part = outcome.part.removeprefix(named)
    words = [
        f"{outcome.kind.upper()}: {entry.name}",
        *([part] if part else []),
        *([f"(try {attempt.rerun + 1})"] if attempt.rerun else []),
        *([] if entry.gates else [f"(in quarantine: {entry.quarantined})"]),
    ]
    return " ".join(words)


def width_of(stream: TextIO) -> int:
    """Return how many letters a line of a terminal has; of all else it is as many as usual."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or RULE
    except (OSError, ValueError):  # no terminal; nothing that has a descriptor
        return RULE
