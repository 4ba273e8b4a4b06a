"""Follows a run, and shows how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TextIO

from harness.core import realtime as time
from harness.runner.kinds import RED
from harness.runner.ledger import Attempt, Entry, Ledger
from harness.runner.listeners import Deaf

if TYPE_CHECKING:
    from harness.report.display import Display
    from harness.report.progress import Progress

QUICK = 0.5  # seconds in which nothing is shown: to import what shows it would take a tenth of that
LOADING = 5.0  # seconds after which it is shown that tests are still being loaded
OFTEN = 0.1  # seconds between two looks at how far it is


class Follower(Deaf):
    """Shows how far a run is.

    Args:
        stream: Where to.
        say: Prints a line there.
        repeat: How many times all tests are run; None if that is not known.
        known: Returns how many seconds tests took before; called when there is time for it.
        clock: Tells the time, in seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        say: Callable[[str], None],
        *,
        repeat: int | None = 1,
        known: Callable[[], Mapping[str, float]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._say = say
        self._repeat = repeat or 1
        self._known = known
        self._clock = clock
        self._began = clock()
        self._due = self._began + LOADING
        self._names: list[str] = []
        self._workers = 1
        self._doing: dict[int, tuple[str, float]] = {}  # each worker, and since when
        self._over: list[tuple[str, bool]] = []  # tests, and whether they have failed
        self._round = 1
        self._progress: Progress | None = None
        self._display: Display | None = None
        self._closed = False

    def began(self, ledger: Ledger, workers: int) -> None:
        """Take note of which tests there are."""
        self._names, self._workers = [entry.name for entry in ledger.numbered], workers
        self._due = max(self._began + QUICK, self._clock())

    def entered(self, worker: int, unit: str) -> None:
        """Take note that a worker is in the fixtures of a unit."""
        self._doing[worker] = f"fixtures of {unit}", self._clock()

    def started(self, entry: Entry, attempt: Attempt) -> None:
        """Take note that a worker is in a test."""
        assert attempt.worker is not None
        self._doing[attempt.worker] = entry.name, self._clock()

    def finished(self, entry: Entry, attempt: Attempt) -> None:
        """Count a test."""
        if attempt.worker in self._doing:  # it has not died of it
            self.entered(attempt.worker, entry.unit)
        if not attempt.rerun:
            self._over.append((entry.name, attempt.kind in RED and entry.gates))
            self._round = max(self._round, attempt.round)

    def left(self, worker: int) -> None:
        """Take note that a worker does nothing."""
        self._doing.pop(worker, None)

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Take note that a worker is not there any more."""
        self.left(worker)

    def look(self) -> None:
        """Show how far the run is, if it is time."""
        now = self._clock()
        if now < self._due or self._closed:
            return
        self._due = now + OFTEN
        try:
            self._shown().look(self._seen(now))
        except OSError:  # the terminal is gone, and the run goes on
            self._closed = True

    def _seen(self, now: float) -> Progress:
        """Return how far the run is."""
        from harness.report.progress import Progress, Running, guessed

        if not self._names:
            return Progress(seconds=now - self._began)
        if self._progress is None:
            expected = guessed(self._names, self._known())
            self._progress = Progress(expected, workers=self._workers)
        for name, failed in self._over:
            self._progress.finish(name, failed)
        self._over.clear()
        self._progress.total = len(self._names) * max(self._repeat, self._round)
        self._progress.seconds = now - self._began
        doing = self._doing.items()
        self._progress.running = [Running(name, n, now - since) for n, (name, since) in doing]
        return self._progress

    def _shown(self) -> Display:
        if self._display is None:
            from harness.report.display import display_on

            self._display = display_on(self._stream, self._say)
        return self._display

    def close(self) -> None:
        """Show nothing any more."""
        self._closed = True
        try:
            if self._display is not None:
                self._display.close()
        except OSError:
            pass  # nobody looks on
