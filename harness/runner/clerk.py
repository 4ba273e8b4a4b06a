"""What the workers tell, taken down in the ledger."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from harness.runner.events import Event, Note, Over, Said, Start, Stop, Taken, decoded
from harness.runner.hand import Hand, Running
from harness.runner.kinds import BLOCKED, CRASHED, ERROR, MISSING, PASSED, RED, SKIPPED
from harness.runner.ledger import Attempt, Entry, Ledger, Outcome, Times
from harness.runner.plan import Work, class_of

OWN = re.compile(r"exit code|it took longer|stopped|SIG(?!KILL)")  # how workers end of what they do
PASS = Outcome(PASSED)  # one for all tests of all rounds


class Listener(Protocol):
    """Who is told what happens, while it does."""

    def began(self, ledger: Ledger, workers: int) -> None:
        """Take note that the tests are known, and will be run."""

    def entered(self, worker: int, unit: str) -> None:
        """Take note that a worker begins with a unit: it is in its fixtures."""

    def started(self, entry: Entry, attempt: Attempt) -> None:
        """Take note that a test has begun."""

    def finished(self, entry: Entry, attempt: Attempt) -> None:
        """Take note that it is known what became of a test this time."""

    def fixture(self, unit: str, outcome: Outcome) -> None:
        """Take note of what was said of a fixture."""

    def left(self, worker: int) -> None:
        """Take note that a worker is done with a unit."""

    def note(self, text: str) -> None:
        """Take note of a line for people."""

    def lost(self, worker: int, how: str, test: str | None) -> None:
        """Take note that a worker has died."""

    def look(self) -> None:
        """Take note that time has gone by; said all the time."""


class Clerk:
    """Takes down what the workers tell.

    Args:
        listener: Who is told, too.

    Attributes:
        ledger: Where it stands.
        failures: How much of it was bad.
    """

    def __init__(self, listener: Listener) -> None:
        self.ledger = Ledger()
        self.failures = 0
        self._listener = listener
        self._notes: set[str] = set()
        self._tests = 0
        self._seconds = 0.0

    @property
    def pace(self) -> float:
        """How long a test has taken so far, with its share of fixtures, in seconds on average."""
        return self._seconds / self._tests if self._tests else math.inf

    def read(self, hand: Hand) -> list[tuple[Work, list[Outcome]]]:
        """Take down what a worker has told; return what it has done, and what fixtures said."""
        done = []
        for line in hand.lines():
            event = decoded(line)
            if isinstance(event, Over):
                done.append(self._over(hand, event))
            else:
                self._take(hand, event)
        return done

    def _take(self, hand: Hand, event: Event) -> None:
        if isinstance(event, Start):
            self._begin(hand, event)
        elif isinstance(event, Stop):
            self._stop(hand, event)
        elif isinstance(event, Said):
            self._say(hand, event)
        elif isinstance(event, Taken):
            hand.begun = True
            self._listener.entered(hand.member.number, hand.works[0].unit)
        elif isinstance(event, Note):
            self._note(event.text)

    def _note(self, text: str) -> None:
        """Pass on a line for people: once, whoever says it."""
        if text not in self._notes:
            self._notes.add(text)
            self._listener.note(text)

    def _begin(self, hand: Hand, event: Start) -> None:
        entry, work = self.ledger.found[event.test], hand.works[0]
        attempt = Attempt(work.round, work.rerun, hand.member.number, event.at)
        entry.attempts.append(attempt)
        hand.running.append(Running(entry, attempt))
        hand.begun, hand.mute = False, None
        self._listener.started(entry, attempt)

    def _say(self, hand: Hand, event: Said) -> None:
        outcome = Outcome(event.kind, event.text, event.part)
        if event.test is None:
            self._say_of_fixture(hand.works[0].unit, outcome)
            hand.said.append(outcome)
        else:
            entry, attempt = hand.attempt_of(event.test, self.ledger.found)
            self._count(outcome, entry.gates)
            attempt.outcomes.append(outcome)

    def _say_of_fixture(self, unit: str, outcome: Outcome) -> None:
        self._count(outcome, self.ledger.gates(unit))
        self.ledger.fixtures.append((unit, outcome))
        self._listener.fixture(unit, outcome)

    def _count(self, outcome: Outcome, gates: bool) -> None:
        self.failures += outcome.kind in RED and gates

    def _stop(self, hand: Hand, event: Stop) -> None:
        running = hand.attempt_of(event.test, self.ledger.found)
        hand.running.remove(running)
        entry, attempt = running
        attempt.times = Times(event.setup, event.body, event.release)
        attempt.output, attempt.files = event.output, tuple(event.files)
        hand.spent += attempt.seconds
        if event.passed:
            attempt.outcomes.append(PASS)
        if attempt.outcomes:
            self._listener.finished(entry, attempt)
        else:
            hand.mute = running

    def _over(self, hand: Hand, event: Over) -> tuple[Work, list[Outcome]]:
        work, said = hand.works.popleft(), hand.said
        self._listener.left(hand.member.number)
        self.ledger.units[work.unit].fixtures.append(max(0.0, event.seconds - hand.spent))
        hand.spent, hand.begun, hand.mute, hand.said = 0.0, False, None, []
        self._tests += len(work.tests)
        self._seconds += event.seconds
        return work, said

    def left(self, work: Work) -> tuple[str, ...]:
        """Return the tests of some work of which nothing is known yet."""
        return tuple(name for name in work.tests if not self._known(name, work))

    def _known(self, name: str, work: Work) -> bool:
        return self.kind(name, work) != MISSING

    def kind(self, name: str, work: Work) -> str:
        """Return what became of a test in this work, or in another part of it."""
        attempts = reversed(self.ledger.entries[name].attempts)
        turn = work.round, work.rerun
        of_turn = (each.kind for each in attempts if (each.round, each.rerun) == turn)
        return next(of_turn, MISSING)

    def settle(self, work: Work, said: Sequence[Outcome]) -> None:
        """Say of tests that were not begun why that is: a fixture failed, or has skipped them.

        Args:
            work: What they are in.
            said: What was said of its fixtures, this time.
        """
        if not said:
            return
        usual = next((outcome for outcome in said if outcome.kind in RED), said[0])
        reasons = {outcome.part: outcome for outcome in reversed(said)}
        for name in self.left(work):
            why = reasons.get(f"setUpClass ({class_of(name)})", usual)
            failed = why.kind in RED
            kind, text = (BLOCKED, why.part) if failed else (SKIPPED, why.text)
            self.report(work, [name], Outcome(kind, text, why.part))

    def crashed(self, hand: Hand, how: str) -> None:
        """Say of the test that a worker was in that it has ended it."""
        assert hand.suspect is not None
        entry, attempt = hand.suspect
        outcome = Outcome(CRASHED, f"worker {hand.member.number} ended: {how}")
        self._count(outcome, entry.gates)
        attempt.outcomes.append(outcome)
        self._listener.finished(entry, attempt)

    def torn(self, hand: Hand, how: str) -> None:
        """Say of fixtures that they have ended their worker, if it was in any after a test.

        One that was killed may have been so from outside, and is forgiven: no test is lost by it.
        """
        work = hand.works[0]
        after = not hand.begun and len(self.left(work)) < len(work.tests)
        if after and OWN.match(how):
            text = f"worker {hand.member.number} ended: {how}"
            self._say_of_fixture(work.unit, Outcome(ERROR, text, f"fixtures of {work.unit}"))

    def report(self, work: Work, names: Iterable[str], outcome: Outcome) -> None:
        """Say of tests that were not begun, and will not be, what is the matter."""
        for name in names:
            entry = self.ledger.entries[name]
            attempt = Attempt(work.round, work.rerun, outcomes=[outcome])
            entry.attempts.append(attempt)
            self._count(outcome, entry.gates)
            self._listener.finished(entry, attempt)
