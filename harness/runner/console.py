"""What a run prints: each failure when it happens, and the summary last."""

from __future__ import annotations

import sys
from typing import TextIO

from harness.core import realtime as time
from harness.runner.kinds import CRASHED, EXPECTED, FLAKY, MISSING, PASSED, RED, SKIPPED
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome

LINE = "-" * 70


class Console:
    """Prints what happens.

    Args:
        stream: Where to.
        verbose: Whether each test gets a line.
    """

    def __init__(self, stream: TextIO | None = None, *, verbose: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._verbose = verbose
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line, or several."""
        print(text, file=self._stream, flush=True)

    def began(self, ledger: Ledger, workers: int) -> None:
        """Say how many tests there are."""
        if workers > 1:
            self.say(f"{len(ledger.numbered)} tests in {workers} processes")

    def started(self, entry: Entry, attempt: Attempt) -> None:
        """Say nothing of it."""

    def finished(self, entry: Entry, attempt: Attempt) -> None:
        """Print what became of a test, if that is anything to look at."""
        if self._verbose:
            self.say(f"{entry.name} ... {attempt.kind}")
        for outcome in attempt.outcomes:
            if outcome.kind in RED:
                part = f" {outcome.part}" if outcome.part else ""
                self.say(f"\n{outcome.kind.upper()}: {entry.name}{part}\n{outcome.text}".rstrip())
        if attempt.kind in RED and attempt.output:
            self.say(f"it printed:\n{attempt.output}")

    def fixture(self, unit: str, outcome: Outcome) -> None:
        """Print what was said of a fixture."""
        if outcome.kind in RED:
            self.say(f"\n{outcome.kind.upper()}: {outcome.part}\n{outcome.text}")

    def note(self, text: str) -> None:
        """Print a line for people."""
        self.say(f"harness: {text}")

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Print that a worker has died."""
        where = f" in {test}" if test else ""
        self.say(f"\nworker {worker} ended{where}: {how}")

    def summary(self, ledger: Ledger, problem: str) -> None:
        """Print what the run comes to."""
        seconds = time.monotonic() - self._began
        found = ledger.counts()
        counts = {
            "passed": found[PASSED],
            "failed": sum(found[kind] for kind in RED),
            "skipped": found[SKIPPED],
            "expected to fail": found[EXPECTED],
            "crashed": found[CRASHED],
            "flaky": found[FLAKY],
            "not run": found[MISSING],
        }
        usual = ("passed", "failed", "skipped")
        shown = [f"{n} {what}" for what, n in counts.items() if n or what in usual]
        self.say(f"{LINE}\n{', '.join(shown)} in {seconds:.3f} s")
        for entry in ledger.missing():
            begun = any(not attempt.reported for attempt in entry.attempts)
            self.say(f"{'not finished' if begun else 'not run'}: {entry.name}")
        if problem:
            self.say(f"harness: {problem}")
