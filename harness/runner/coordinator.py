"""The coordinator: hands out work, hears what becomes of it, and looks after the workers."""

from __future__ import annotations

import selectors
from collections import Counter
from dataclasses import replace
from typing import Any

from harness.core import realtime as time
from harness.runner.channel import Message
from harness.runner.clerk import Clerk, Listener
from harness.runner.hand import Hand
from harness.runner.kinds import AGAIN, BLOCKED, CRASHED
from harness.runner.ledger import Ledger, Outcome, UnitAccount
from harness.runner.options import Options
from harness.runner.plan import Work, planned
from harness.runner.processes import BecomeWorkerError
from harness.runner.queue import Queue
from harness.runner.transport import Transport

LOOK = 0.05  # seconds between two looks at what the workers have written down
AHEAD = 0.1  # seconds of work that a worker is given at once, if it is in small pieces
TRIES = 10  # workers, one after another, that end before they have loaded the tests
PATIENCE = 60.0  # seconds that a worker has to close its services, or to end when interrupted


class Coordinator:
    """Runs tests in workers, and keeps the account.

    Args:
        options: How the run is to be.
        transport: Where workers come from.
        listener: Who is told what happens.

    Attributes:
        problem: Why the run could not be carried out as it should; empty if it could.
        late: Whether the run was ended for its time limit.
        digest: What all runs have in common that find the same tests.
    """

    def __init__(self, options: Options, transport: Transport, listener: Listener) -> None:
        self.problem = ""
        self.late = False
        self.digest: str | None = None
        self._options = options
        self._transport = transport
        self._listener = listener
        self._clerk = Clerk(listener)
        self._hands: list[Hand] = []
        self._selector = selectors.DefaultSelector()
        self._queue = Queue()
        self._round = 0  # 0: it is not known yet which tests there are
        self._hired = 0
        self._unready = 0  # workers that have ended before they had loaded the tests
        self._stopping = False  # no more work is given out
        self._deaths: Counter[str] = Counter()  # in the fixtures of a unit

    @property
    def ledger(self) -> Ledger:
        """The account."""
        return self._clerk.ledger

    def run(self) -> None:
        """Run all tests.

        Raises:
            KeyboardInterrupt: The run was interrupted; the workers have ended.
        """
        limit = self._options.time_limit
        deadline = None if limit is None else time.monotonic() + limit
        try:
            self._staff()
            while self._hands:
                self._look()
                self._staff()
                if deadline is not None and time.monotonic() > deadline and self._hands:
                    self._end_late()
        except BecomeWorkerError:
            raise  # the others are not its own
        except BaseException:
            self._wind_up()
            raise
        finally:
            self._selector.close()
        if self._options.until_fail:
            self.ledger.waive()

    def _look(self) -> None:
        """Take note of what has happened, after a moment at most."""
        ready = self._selector.select(LOOK)
        for hand in self._hands:
            self._read(hand)
        for key, _ in ready:
            self._hear(key.data)
        for hand in list(self._hands):
            if hand.member.gone():
                self._bury(hand)

    def _end_late(self) -> None:
        self.late = True
        self.problem = f"the run has reached its time limit of {self._options.time_limit:g} s"
        self._wind_up()

    # Workers come and go

    def _staff(self) -> None:
        """Have as many workers as there may be, and as there is work for."""
        while not self._stopping and not self.problem and self._short():
            self._hire()

    def _short(self) -> bool:
        there = sum(not hand.leaving for hand in self._hands)
        if there >= self._transport.wanted():
            return False
        busy = sum(bool(hand.works) or not hand.loaded for hand in self._hands)
        return not self._round or there < busy + len(self._queue)

    def _hire(self) -> None:
        self._hired += 1
        hand = Hand(self._transport.hire(self._hired, [each.member for each in self._hands]))
        self._hands.append(hand)
        self._selector.register(hand.member, selectors.EVENT_READ, hand)

    def _dismiss(self, hand: Hand) -> None:
        """Send a worker home, which closes its services."""
        if not hand.leaving:
            hand.leaving = True
            self._tell(hand, do="end")

    def _wind_up(self) -> None:
        """End all workers: in order, while they have patience; a second Ctrl-C ends it."""
        self._stopping = True
        try:
            for hand in self._hands:
                self._call_off(hand)
            deadline = time.monotonic() + PATIENCE
            while self._hands and time.monotonic() < deadline:
                self._look()
        finally:
            for hand in self._hands:
                hand.member.kill()
            while self._hands:
                self._look()

    def _call_off(self, hand: Hand) -> None:
        if hand.works or not hand.loaded:
            hand.leaving = True
            hand.member.interrupt()
        else:
            self._dismiss(hand)

    def _bury(self, hand: Hand) -> None:
        """Do what is to be done about a worker that has ended."""
        self._read(hand)
        self._hands.remove(hand)
        self._selector.unregister(hand.member)
        how = hand.member.end(PATIENCE)
        if not hand.leaving:
            self._mourn(hand, how or "exit code 0")
        elif how and not self._stopping:
            self._listener.lost(hand.member.number, how, None)

    def _mourn(self, hand: Hand, how: str) -> None:
        entry = hand.running[-1].entry if hand.running else None
        self._listener.lost(hand.member.number, how, entry.name if entry else None)
        if entry is not None:
            self._clerk.crashed(hand, how)
        self._requeue(hand)
        if not hand.loaded:
            self._unready += 1
            if self._unready >= TRIES or (not self._round and how.startswith("exit code")):
                self.problem = f"a worker ended before it had loaded the tests: {how}"

    # What workers say

    def _hear(self, hand: Hand) -> None:
        messages = hand.member.receive()
        self._read(hand)  # first: all that was written before
        for message in messages or ():
            getattr(self, f"_on_{message['event']}")(hand, message)
        if messages is None and hand in self._hands:
            self._bury(hand)

    def _read(self, hand: Hand) -> None:
        done = self._clerk.read(hand)
        if self._clerk.failures and (self._options.failfast or self._options.until_fail):
            self._stopping = True
        for work in done:
            self._done(work)

    def _on_full(self, hand: Hand, message: Message) -> None:
        self._tell(hand, do="go on")

    def _on_loaded(self, hand: Hand, message: Message) -> None:
        if self.digest is None:
            self.digest = message["digest"]
            self._tell(hand, do="show")
        elif self.digest != message["digest"]:
            self.problem = "the workers have not found the same tests"
            self._dismiss(hand)
            return
        hand.loaded, self._unready = True, 0
        self._give(hand)

    def _on_units(self, hand: Hand, message: Message) -> None:
        for key, names, facts in message["units"]:
            self.ledger.expect(UnitAccount(key, tuple(names), facts))
        self._next_round()
        self._listener.began(self.ledger, len(self._hands))
        for each in list(self._hands):
            self._give(each)

    def _on_idle(self, hand: Hand, message: Message) -> None:
        self._give(hand)

    # Work

    def _next_round(self) -> None:
        self._round += 1
        for entry in self.ledger.numbered:
            entry.due += 1
        self._queue.add(planned(self.ledger.units.values(), self._options, self._round))

    def _more(self) -> bool:
        """Return whether there is work; of the next time that all is run, if there is one."""
        repeat = self._options.repeat
        if not self._queue and (repeat is None or self._round < repeat) and self.ledger.entries:
            self._next_round()
        return bool(self._queue)

    def _give(self, hand: Hand) -> None:
        """Give a worker that has nothing to do what is next; send it home if there is nothing."""
        if not hand.loaded or not self._round or hand.works or hand.leaving:
            return
        if self._stopping or not self._more():
            self._dismiss(hand)
            return
        hand.works.extend(self._portion())
        if hand.works:
            works = [[work.unit, work.tests] for work in hand.works]
            self._tell(hand, do="run", works=works)

    def _portion(self) -> list[Work]:
        """Return what a worker is to do next: several pieces of work, if they are small."""
        works: list[Work] = []
        one = self._options.failfast or self._options.until_fail
        seconds, most = 0.0, 0 if one else len(self._queue) // (2 * len(self._hands))
        while (not works or (len(works) < most and seconds < AHEAD)) and (
            work := self._queue.next()
        ):
            works.append(work)
            seconds += len(work.tests) * self._clerk.pace
        return works

    def _done(self, work: Work) -> None:
        self._queue.done(work)
        if self._stopping:
            return  # what it has not begun is not run
        self._clerk.settle(work)
        if work.rerun < self._options.rerun_failed:
            self._rerun(work)
        for hand in list(self._hands):
            self._give(hand)  # it may have waited for what this work had

    def _rerun(self, work: Work) -> None:
        """Have what has failed be run once more."""
        if self.ledger.units[work.unit].facts.get("whole"):
            return
        names = tuple(name for name in work.tests if self._clerk.kind(name, work) in AGAIN)
        if names:
            for name in names:
                self.ledger.entries[name].due += 1
            self._queue.add([Work(work.unit, names, work.round, work.rerun + 1)])

    def _requeue(self, hand: Hand) -> None:
        """Have what a dead worker has not run be run by another one."""
        if not hand.works:
            return
        work, *others = hand.works
        left = self._clerk.left(work)
        self._queue.put_back(others)
        self._queue.done(work)
        self._deaths[work.unit] += hand.begun
        if self._deaths[work.unit] > 1:  # once it may have been killed from outside
            text = f"worker {hand.member.number} ended in the fixtures of {work.unit}"
            self._clerk.report(work, left, Outcome(CRASHED, text))
        elif self.ledger.units[work.unit].facts.get("whole") and len(left) < len(work.tests):
            text = "its worker has ended, and the suite that it is in can only be run as a whole"
            self._clerk.report(work, left, Outcome(BLOCKED, text))
        elif left:
            self._queue.put_back([replace(work, tests=left)])

    def _tell(self, hand: Hand, **message: Any) -> None:
        try:
            hand.member.send(**message)
        except OSError:
            pass  # it has died, which is heard
