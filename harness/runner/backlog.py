"""What is still to be done: rounds, reruns of what has failed, and what dead workers have left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from harness.runner.clerk import Clerk
from harness.runner.hand import Hand
from harness.runner.kinds import AGAIN, BLOCKED, CRASHED
from harness.runner.ledger import Outcome
from harness.runner.options import Options
from harness.runner.plan import Work, planned
from harness.runner.queue import Queue

TOO_LONG = "it took longer than"  # how a worker ends that has reached the time limit of a test


class Backlog:
    """The work of a run that nobody has done yet.

    Args:
        options: How the run is to be.
        clerk: Who knows what was done.

    Attributes:
        queue: In which order it is taken.
        round: Which time all tests are run, from 1; 0 while it is not known which there are.
    """

    def __init__(self, options: Options, clerk: Clerk) -> None:
        self.queue = Queue()
        self.round = 0
        self._options = options
        self._clerk = clerk
        self._deaths: Counter[str] = Counter()  # in the fixtures of a unit

    def __len__(self) -> int:
        return len(self.queue)

    def next_round(self) -> None:
        """Have all tests be run, once more if they were."""
        self.round += 1
        for entry in self._clerk.ledger.numbered:
            entry.due += 1
        units = self._clerk.ledger.units.values()
        self.queue.add(planned(units, self._options, self.round))

    def forgo(self) -> None:
        """Have what was asked for, and will not be begun, be missed: all later rounds."""
        for entry in self._clerk.ledger.numbered:
            entry.due += (self._options.repeat or self.round) - self.round

    def more(self) -> bool:
        """Return whether there is work; of the next time that all is run, if there is one."""
        repeat = self._options.repeat
        again = repeat is None or self.round < repeat
        if not self.queue and again and self._clerk.ledger.entries:
            self.next_round()
        return bool(self.queue)

    def portion(self, worker: int, enough: Callable[[int, float], bool]) -> list[Work]:
        """Return what a worker is to do next: several pieces of work, if they are small.

        Args:
            worker: Which one.
            enough: Tells of a number of pieces, and how long they take, whether that is enough.
        """
        works: list[Work] = []
        seconds = 0.0
        while not (works and enough(len(works), seconds)) and (work := self.queue.next(worker)):
            works.append(work)
            seconds += self.queue.seconds(work, self._clerk.pace)
        return works

    def settle(self, work: Work, said: Sequence[Outcome]) -> None:
        """Take note that work is done, and have what has failed be run once more, if it may be.

        Args:
            work: The work.
            said: What was said of its fixtures.
        """
        self._clerk.settle(work, said)
        self._rerun(work)

    def _rerun(self, work: Work) -> None:
        """Have those tests of some work be run once more that have failed, if they may be."""
        if work.rerun >= self._options.rerun_failed or self._whole(work):
            return
        names = tuple(name for name in work.tests if self._clerk.kind(name, work) in AGAIN)
        if names:
            for name in names:
                self._clerk.ledger.entries[name].due += 1
            self.queue.add([Work(work.unit, names, work.round, work.rerun + 1)])

    def take_back(self, hand: Hand, how: str, *, stopping: bool) -> None:
        """Have what a dead worker has not run be run by another one.

        Args:
            hand: The worker.
            how: How it has ended.
            stopping: Whether nobody will do more, so that nothing need be tried again.
        """
        if not hand.works:
            return
        work, *others = hand.works
        left = self._clerk.left(work)
        for each in hand.works:
            self.queue.done(each)
        if not stopping:
            self._rerun(work)  # those of its tests that have failed; others are in what is left
        self.queue.put_back(others)
        in_fixtures = hand.begun or len(left) == len(work.tests)  # or nobody can be blamed
        self._deaths[work.unit] += in_fixtures
        again = self._deaths[work.unit] > 1  # once it may have been killed from outside
        if again or (in_fixtures and how.startswith(TOO_LONG)):
            text = f"worker {hand.member.number} ended in the fixtures of {work.unit}: {how}"
            self._clerk.report(work, left, Outcome(CRASHED, text))
        elif self._whole(work) and len(left) < len(work.tests):
            text = "its worker has ended, and the suite that it is in can only be run as a whole"
            self._clerk.report(work, left, Outcome(BLOCKED, text))
        elif left:
            self.queue.put_back([work._replace(tests=left)])

    def _whole(self, work: Work) -> bool:
        """Return whether tests can only be run together."""
        return bool(self._clerk.ledger.units[work.unit].facts.get("whole"))
