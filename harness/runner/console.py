"""What a run prints: each failure when it happens, and the summary last."""

from __future__ import annotations

import sys
from typing import TextIO

from harness.core import realtime as time
from harness.runner.ledger import CRASHED, MISSING, RED, Entry, Ledger, Outcome
from harness.runner.result import EXPECTED, PASSED, SKIPPED

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

    def began(self, tests: int, workers: int) -> None:
        """Say how many tests there are."""
        if workers > 1:
            self.say(f"{tests} tests in {workers} processes")

    def finished(self, entry: Entry) -> None:
        """Print what became of a test, if that is anything to look at."""
        if self._verbose:
            self.say(f"{entry.name} ... {entry.kind}")
        for outcome in entry.outcomes:
            if outcome.kind in RED:
                part = f" {outcome.part}" if outcome.part else ""
                self.say(f"\n{outcome.kind.upper()}: {entry.name}{part}\n{outcome.text}".rstrip())
        if entry.kind in RED and entry.output:
            self.say(f"it printed:\n{entry.output}")

    def fixture(self, outcome: Outcome) -> None:
        """Print what was said of a fixture."""
        if outcome.kind in RED:
            self.say(f"\n{outcome.kind.upper()}: {outcome.part}\n{outcome.text}")

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Print that a worker has died."""
        where = f" in {test}" if test else ""
        self.say(f"\nworker {worker} ended{where}: {how}")

    def summary(self, ledger: Ledger, problem: str) -> None:
        """Print what the run comes to."""
        seconds = time.monotonic() - self._began
        counts = {
            "passed": ledger.count(PASSED),
            "failed": ledger.count(*RED),
            "skipped": ledger.count(SKIPPED),
            "expected to fail": ledger.count(EXPECTED),
            "crashed": ledger.count(CRASHED),
            "not run": ledger.count(MISSING),
        }
        usual = ("passed", "failed", "skipped")
        shown = [f"{n} {what}" for what, n in counts.items() if n or what in usual]
        self.say(f"{LINE}\n{', '.join(shown)} in {seconds:.3f} s")
        for entry in ledger.missing():
            self.say(f"not run: {entry.name}")
        if problem:
            self.say(f"harness: {problem}")
