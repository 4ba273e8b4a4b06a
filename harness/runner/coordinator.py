"""The coordinator: hands out units, hears what becomes of them, and keeps the ledger."""

from __future__ import annotations

import selectors
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.runner.channel import Message
from harness.runner.events import Said, Start, Stop, decoded
from harness.runner.ledger import BLOCKED, CRASHED, RED, Entry, Ledger, Outcome
from harness.runner.options import Options
from harness.runner.plan import Work, planned
from harness.runner.processes import BecomeWorkerError, Process
from harness.runner.result import ERROR, PASSED, SKIPPED

LOOK = 0.05  # seconds between two looks at what the workers have written down
TRIES = 10  # workers, one after another, that end before they have loaded the tests


class Listener(Protocol):
    """Who is told what happens, while it does."""

    def began(self, tests: int, workers: int) -> None:
        """Take note that so many tests are to be run."""

    def finished(self, entry: Entry) -> None:
        """Take note that it is known what became of a test."""

    def fixture(self, outcome: Outcome) -> None:
        """Take note of what was said of a fixture."""

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Take note that a worker has died."""


@dataclass(eq=False)
class Hand:
    """A worker and what it is doing.

    Attributes:
        process: The worker.
        loaded: Whether it has loaded the tests.
        work: What it was given; None if it is idle.
        running: The tests that have begun and not ended.
        rest: The begin of a line that it is writing down.
    """

    process: Process
    loaded: bool = False
    work: Work | None = None
    running: list[Entry] = field(default_factory=list)
    rest: bytes = b""


class Coordinator:
    """Runs tests in workers, and keeps the account.

    Args:
        options: How the run is to be.
        start: Starts a worker with a number; it is given those that there are.
        listener: Who is told what happens.

    Attributes:
        ledger: The account.
        problem: Why the run could not be carried out as it should; empty if it could.
    """

    def __init__(
        self,
        options: Options,
        start: Callable[[int, list[Process]], Process],
        listener: Listener,
    ) -> None:
        self.ledger = Ledger()
        self.problem = ""
        self._options = options
        self._start = start
        self._listener = listener
        self._hands: list[Hand] = []
        self._selector = selectors.DefaultSelector()
        self._queue: deque[Work] = deque()
        self._digest: str | None = None
        self._planned = False
        self._started = 0
        self._unready = 0  # workers that have ended before they had loaded the tests
        self._stopping = False
        self._deaths: Counter[str] = Counter()  # before a test of the unit had begun

    def run(self) -> None:
        """Run all tests.

        Raises:
            KeyboardInterrupt: The run was interrupted; the workers have ended.
        """
        try:
            for _ in range(self._options.workers):
                self._hire()
            while self._hands:
                ready = self._selector.select(LOOK)
                for hand in self._hands:
                    self._read(hand)
                for key, _ in ready:
                    self._hear(key.data)
        except BecomeWorkerError:
            raise  # the others are not its own
        except BaseException:
            for hand in self._hands:
                if hand.work is not None:
                    hand.process.interrupt()
            self._dismiss_all()
            raise

    def _hire(self) -> None:
        self._started += 1
        process = self._start(self._started, [hand.process for hand in self._hands])
        hand = Hand(process)
        self._hands.append(hand)
        self._selector.register(process.link.channel, selectors.EVENT_READ, hand)

    def _hear(self, hand: Hand) -> None:
        messages = hand.process.link.channel.receive()
        self._read(hand)  # first: all that was written before
        for message in messages or ():
            getattr(self, f"_on_{message['event']}")(hand, message)
        if messages is None and hand in self._hands:
            self._bury(hand)

    def _read(self, hand: Hand) -> None:
        """Take note of what a worker has written down."""
        *lines, hand.rest = (hand.rest + hand.process.link.slate.read()).split(b"\n")
        for line in lines:
            event = decoded(line)
            if isinstance(event, Start):
                self._begin(hand, event)
            elif isinstance(event, Said):
                self._say(hand, event)
            else:
                self._stop(hand, event)

    def _on_full(self, hand: Hand, message: Message) -> None:
        self._tell(hand, do="go on")

    def _on_loaded(self, hand: Hand, message: Message) -> None:
        if self._digest is None:
            self._digest = message["digest"]
            self._tell(hand, do="show")
        elif self._digest != message["digest"]:
            self.problem = "the workers have not found the same tests"
            self._dismiss(hand)
            return
        hand.loaded, self._unready = True, 0
        self._give(hand)

    def _on_units(self, hand: Hand, message: Message) -> None:
        units = message["units"]
        for key, names in units:
            self.ledger.expect(key, names)
        self._queue.extend(planned(units, self._options))
        self._planned = True
        self._listener.began(len(self.ledger.entries), len(self._hands))
        for each in list(self._hands):
            self._give(each)

    def _give(self, hand: Hand) -> None:
        """Give a worker that has nothing to do what is next; send it home if there is nothing."""
        if not hand.loaded or not self._planned or hand.work is not None:
            return
        if self._queue and not self._stopping:
            hand.work = self._queue.popleft()
            self._tell(hand, do="run", unit=hand.work.unit, tests=hand.work.tests)
        else:
            self._dismiss(hand)

    def _tell(self, hand: Hand, **message: Any) -> None:
        try:
            hand.process.link.channel.send(**message)
        except OSError:
            pass  # it has died, which is heard

    def _begin(self, hand: Hand, event: Start) -> None:
        entry = self.ledger.numbered[event.test]
        entry.worker = hand.process.number
        hand.running.append(entry)

    def _say(self, hand: Hand, event: Said) -> None:
        outcome = Outcome(event.kind, event.text, event.part)
        if event.test is None:
            assert hand.work is not None
            self.ledger.fixtures.append((hand.work.unit, outcome))
            self._listener.fixture(outcome)
        else:
            self.ledger.numbered[event.test].outcomes.append(outcome)
        if self._options.failfast and outcome.kind in RED:
            self._stopping = True

    def _stop(self, hand: Hand, event: Stop) -> None:
        entry = self.ledger.numbered[event.test]
        hand.running.remove(entry)
        entry.seconds, entry.output = event.seconds, event.output
        if event.passed:
            entry.outcomes.append(Outcome(PASSED))
        self._listener.finished(entry)

    def _on_done(self, hand: Hand, message: Message) -> None:
        work, hand.work = hand.work, None
        assert work is not None
        self._settle(work)
        self._give(hand)

    def _settle(self, work: Work) -> None:
        """Say of tests that were not begun why that is: a fixture failed, or has skipped them."""
        if self._stopping:
            return
        said = [outcome for unit, outcome in self.ledger.fixtures if unit == work.unit]
        for name in work.tests:
            entry = self.ledger.entries[name]
            if not entry.reported and said:
                failed = [outcome for outcome in said if outcome.kind == ERROR]
                why = (failed or said)[0]
                kind = BLOCKED if failed else SKIPPED
                entry.outcomes.append(Outcome(kind, why.part if failed else why.text, why.part))
                self._listener.finished(entry)

    def _bury(self, hand: Hand) -> None:
        """Do what is to be done about a worker that has died."""
        self._forget(hand)
        how = hand.process.end() or "exit code 0"
        entry = hand.running[-1] if hand.running else None
        self._listener.lost(hand.process.number, how, entry.name if entry else None)
        if entry is not None:
            self._blame(hand, entry, how)
        self._requeue(hand)
        if not hand.loaded:
            self._unready += 1
            if self._unready >= TRIES or (not self._planned and how.startswith("exit code")):
                self.problem = f"a worker ended before it had loaded the tests: {how}"
                return
        if self._queue and not self._stopping:
            self._hire()

    def _blame(self, hand: Hand, entry: Entry, how: str) -> None:
        entry.outcomes.append(Outcome(CRASHED, f"worker {hand.process.number} ended: {how}"))
        self._listener.finished(entry)

    def _requeue(self, hand: Hand) -> None:
        """Have what a dead worker has not run be run by another one."""
        if hand.work is None:
            return
        left = tuple(n for n in hand.work.tests if not self.ledger.entries[n].reported)
        if not hand.running and len(left) == len(hand.work.tests):
            self._deaths[hand.work.unit] += 1
        if self._deaths[hand.work.unit] > 1:  # once it may have been killed from outside
            self._blame_fixture(hand)
        elif left:
            self._queue.appendleft(Work(hand.work.unit, left))

    def _blame_fixture(self, hand: Hand) -> None:
        """Report the tests of a unit whose fixtures have ended the worker."""
        assert hand.work is not None
        for entry in map(self.ledger.entries.__getitem__, hand.work.tests):
            if entry.reported:
                continue
            text = f"worker {hand.process.number} ended in the fixtures of {hand.work.unit}"
            entry.outcomes.append(Outcome(CRASHED, text))
            self._listener.finished(entry)

    def _dismiss(self, hand: Hand) -> None:
        """Send a worker home, which closes its services."""
        self._tell(hand, do="end")
        self._forget(hand)
        how = hand.process.end()
        if how:
            self._listener.lost(hand.process.number, how, None)

    def _forget(self, hand: Hand) -> None:
        self._hands.remove(hand)
        self._selector.unregister(hand.process.link.channel)

    def _dismiss_all(self) -> None:
        for hand in list(self._hands):
            self._dismiss(hand)
        self._selector.close()
