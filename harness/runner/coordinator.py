"""The coordinator: hands out work, hears what becomes of it, and looks after the workers."""

from __future__ import annotations

import selectors
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.core import realtime as time
from harness.runner.backlog import Backlog
from harness.runner.channel import Message
from harness.runner.clerk import Clerk, Listener
from harness.runner.hand import Hand
from harness.runner.ledger import Ledger, Outcome, UnitAccount
from harness.runner.limits import PATIENCE, TimeLimits, ended
from harness.runner.meant import expect, is_scheduled
from harness.runner.options import Options
from harness.runner.plan import Work
from harness.runner.processes import BecomeWorkerError
from harness.runner.transport import Member, Transport

if TYPE_CHECKING:
    from harness.runner.schedule.services import Kept
    from harness.runner.schedule.shards import Shares

OFTEN, SELDOM = 0.002, 0.05  # seconds between two looks at what the workers have written down
GROWTH = 1.2  # of the time between two looks; by more, the end of a process would be seen late
SOON = 0.0002  # seconds in which a process may have ended that has said its last
AHEAD = 0.1  # seconds of work that a worker is given at once, if it is in small pieces
TINY = 0.005  # seconds of work for which no worker need be asked twice
TRIES = 10  # workers, one after another, that end before they have loaded the tests
OBEDIENCE = 5.0  # seconds that a test has to end where the run has reached its time limit


class Coordinator:
    """Runs tests in workers, and keeps the account.

    Args:
        options: How the run is to be.
        transport: Where workers come from.
        listener: Who is told what happens.
        keep: Starts what starts services before tests need them; None for nothing.

    Attributes:
        problem: Why the run could not be carried out as it should; empty if it could.
        late: Whether the run was ended for its time limit.
        refused: Whether it was not begun: the tests that were named do not exist.
        digest: What all runs have in common that find the same tests.
        workers: How many there were at a time, at most.
        shares: What each shard runs; None where all is run here.
        seconds: From when it was known which tests there are to the end of the last one.
        kept: The services that are started before tests need them; None if there are none.
    """

    def __init__(
        self,
        options: Options,
        transport: Transport,
        listener: Listener,
        keep: Callable[[list[Member]], Member] | None = None,
    ) -> None:
        self.problem = ""
        self.late = False
        self.refused = False
        self.digest: str | None = None
        self.shares: Shares | None = None
        self.kept: Kept | None = None
        self._options = options
        self._transport = transport
        self._listener = listener
        self._keep = keep
        self._clerk = Clerk(listener)
        self._backlog = Backlog(options, self._clerk)
        self._limits = TimeLimits(options.timeout)
        self.workers = 0
        self.seconds = self._began = 0.0
        self._hands: list[Hand] = []
        self._idle: list[Hand] = []  # for whom there was nothing to do
        self._selector = selectors.DefaultSelector()
        self._hired = 0
        self._pause = OFTEN
        self._unready = 0  # workers that have ended before they had loaded the tests
        self._stopping = False  # no more work is given out

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
            while self._hands or self._forsaken():
                self._look()
                self._staff()
                if deadline is not None and time.monotonic() > deadline and self._hands:
                    self._end_late()
        except BecomeWorkerError:
            self.kept = None
            raise  # the others are not its own
        except BaseException:
            self._wind_up()
            raise
        finally:
            self._selector.close()
            if self.kept is not None:
                self.kept.end(PATIENCE)
        if self._options.until_fail:
            self.ledger.waive()

    def _look(self) -> None:
        """Take note of what has happened, after a moment at most."""
        gone = [hand for hand in self._hands if hand.member.gone()]  # all they say is there
        ready = self._selector.select(0.0 if gone else self._pause)
        news = [self._read(hand) for hand in self._hands]
        self._pause = OFTEN if any(news) else min(GROWTH * self._pause, SELDOM)
        for key, _ in ready:
            if key.data is None:
                self._hear_keeper()
            else:
                self._hear(key.data)
        for hand in list(self._hands):
            if hand in gone or self._limits.dawdles(hand):
                self._bury(hand)
            elif self._limits.overdue(hand):
                self._end(hand)
        if self.kept is not None and self.kept.look():
            self._give_all()
        self._listener.look()

    def _end(self, hand: Hand) -> None:
        hand.overdue = True
        hand.member.kill()

    def _end_late(self) -> None:
        self.late = True
        self.problem = f"the run has reached its time limit of {self._options.time_limit:g} s"
        self._backlog.forgo()
        self._wind_up(OBEDIENCE)

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
        return not self._backlog.round or there < busy + len(self._backlog)

    def _forsaken(self) -> bool:
        """Return whether there is work, and nobody to do it, which may change."""
        undone = not self._backlog.round or bool(self._backlog)
        return undone and not self._stopping and not self.problem

    def _hire(self) -> None:
        self._hired += 1
        hand = Hand(self._transport.hire(self._hired, self._members()))
        self._hands.append(hand)
        self.workers = max(self.workers, len(self._hands))
        self._selector.register(hand.member, selectors.EVENT_READ, hand)

    def _members(self) -> list[Member]:
        """Return all that there are, none of which is another one's business."""
        keeper = [] if self.kept is None else [self.kept.keeper]
        return [each.member for each in self._hands] + keeper

    def _dismiss(self, hand: Hand) -> None:
        """Send a worker home, which closes its services."""
        if not hand.leaving:
            hand.leaving = True
            self._tell(hand, do="end")

    def _wind_up(self, patience: float = PATIENCE) -> None:
        """End all workers: in order, while there is patience; a second Ctrl-C ends it.

        Args:
            patience: Seconds that a test has to end; its services have more.
        """
        self._stopping = True
        try:
            for hand in self._hands:
                self._call_off(hand)
            began = time.monotonic()
            while self._hands and (waited := time.monotonic() - began) < PATIENCE:
                self._look()
                for hand in self._hands:
                    if waited > patience and hand.running and not hand.overdue:
                        self._end(hand)
        finally:
            for hand in self._hands:
                hand.member.kill()
            while self._hands:
                self._look()

    def _call_off(self, hand: Hand) -> None:
        if hand.works or not hand.loaded:
            hand.member.interrupt()
        self._dismiss(hand)  # unittest takes an interrupt while it imports for a module's error

    def _bury(self, hand: Hand) -> None:
        """Do what is to be done about a worker that has ended."""
        self._read(hand)
        self._hands.remove(hand)
        if not hand.deaf:
            self._selector.unregister(hand.member)
        self._backlog.queue.left(hand.member.number)
        how = self._limits.told(hand, ended(hand.member))
        if not hand.leaving:
            self._mourn(hand, how or "exit code 0")
        elif how and not self._stopping:
            self._listener.lost(hand.member.number, how, None)
        self._give_all()  # somebody may have waited for what it had

    def _mourn(self, hand: Hand, how: str) -> None:
        entry = hand.suspect.entry if hand.suspect else None
        self._listener.lost(hand.member.number, how, entry.name if entry else None)
        if entry is not None:
            self._clerk.crashed(hand, how)
        elif hand.works:
            self._clerk.torn(hand, how)
        self._backlog.take_back(hand, how, stopping=self._stopping)
        if not self._backlog.round:
            self.digest = None  # the next one is asked which tests there are
        if not hand.loaded or not self._backlog.round:
            self._unready += 1
            if self._unready >= TRIES or (not self._backlog.round and how.startswith("exit code")):
                self._give_up(f"a worker ended before it had loaded the tests: {how}")

    def _give_up(self, why: str) -> None:
        """Run nothing more: those who have nothing to do are sent home, and nobody is hired."""
        self.problem = why
        if not self._backlog.round:
            for each in self._hands:
                self._dismiss(each)

    # What workers say

    def _hear(self, hand: Hand) -> None:
        messages = hand.member.receive()
        self._read(hand)  # first: all that was written before
        for message in messages or ():
            getattr(self, f"_on_{message['event']}")(hand, message)
        if messages is None and hand in self._hands:
            self._miss(hand)

    def _miss(self, hand: Hand) -> None:
        """Take note that a worker has gone, or will when it has done what it was given."""
        if hand.member.gone():
            self._bury(hand)
        else:
            hand.deaf, hand.missed, self._pause = True, time.monotonic(), SOON
            self._selector.unregister(hand.member)

    def _hear_keeper(self) -> None:
        assert self.kept is not None
        if not self.kept.hear():
            self._selector.unregister(self.kept)
        self._give_all()

    def _read(self, hand: Hand) -> bool:
        """Take down what a worker has told; return whether it has told anything."""
        done = self._clerk.read(hand)
        if self._clerk.failures and (self._options.failfast or self._options.until_fail):
            self._stopping = True
        for work, said in done:
            self._done(work, said)
        return bool(done)

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

    def _on_refused(self, hand: Hand, message: Message) -> None:
        """Run nothing: there are no such tests, or what they say of themselves cannot be meant."""
        self._stopping = True
        self.refused = self.refused or message.get("usage", False)
        self._give_up(message["why"])

    def _on_units(self, hand: Hand, message: Message) -> None:
        if self._backlog.round:
            return  # somebody who was taken for dead has told it
        units = [UnitAccount(key, tuple(names), facts) for key, names, facts in message["units"]]
        self.ledger.notes += message["notes"]
        self.ledger.unreached = message["unreached"]
        self.shares = expect(self.ledger, units, self._options, self._listener.note)
        self._arrange(message["path"])
        self._began = time.monotonic()
        self._backlog.next_round()
        self._listener.began(self.ledger, len(self._hands))
        for each in list(self._hands):
            self._give(each)

    def _arrange(self, path: list[str]) -> None:
        """Have a queue that knows what the tests share, and how long they take, if that matters."""
        units = list(self.ledger.units.values())
        if not is_scheduled(units, self._options):
            return
        from harness.runner.schedule import arrangement, services

        self._backlog.queue = queue = arrangement.queue_for(
            units, self._options, max(self._transport.wanted(), 1)
        )
        wanted = services.worth_keeping(units, queue.estimates, self._options.start_ahead)
        if self._keep is not None and wanted:
            self.kept = services.Kept(self._keep(self._members()), queue)
            self._selector.register(self.kept, selectors.EVENT_READ)
            self.kept.begin(path, wanted)

    def _on_idle(self, hand: Hand, message: Message) -> None:
        self._give(hand)

    # Work

    def _give(self, hand: Hand) -> None:
        """Give a worker that has nothing to do what is next; send it home if there is nothing."""
        if not hand.loaded or not self._backlog.round or hand.works or hand.leaving or hand.deaf:
            return
        if self._stopping or not self._backlog.more():
            self._dismiss(hand)
            return
        hand.works.extend(self._backlog.portion(hand.member.number, self._enough))
        if hand.works:
            hand.heard = time.monotonic()
            works = [[work.unit, work.tests] for work in hand.works]
            self._tell(hand, do="run", works=works)
        else:
            self._idle.append(hand)

    def _enough(self, pieces: int, seconds: float) -> bool:
        """Return whether a worker needs no more at once than what takes so long."""
        if self._options.failfast or self._options.until_fail:
            return True
        if self._options.cluster is None and self._transport.wanted() == 1:
            return False  # there is nobody else who could
        share = (len(self._backlog) + pieces) // (2 * len(self._hands))
        return seconds >= TINY and (pieces >= share or seconds >= AHEAD)

    def _done(self, work: Work, said: list[Outcome]) -> None:
        self._backlog.queue.done(work)
        self.seconds = time.monotonic() - self._began
        if not self._stopping:  # else what it has not begun is not run
            self._backlog.settle(work, said)
        self._give_all()  # somebody may have waited for what this work had

    def _give_all(self) -> None:
        """Give those something who have nothing to do."""
        idle, self._idle = self._idle, []
        for hand in idle:
            if hand in self._hands:
                self._give(hand)

    def _tell(self, hand: Hand, **message: Any) -> None:
        try:
            hand.member.send(**message)
        except OSError:
            pass  # it has died, which is heard
