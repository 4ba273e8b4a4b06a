"""Where trials take place: a process that has loaded the tests, and copies of it."""

from __future__ import annotations

import atexit
import contextvars
import copy
import io
import itertools
import os
import random
import signal
import sys
import threading
import unittest
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.core.seed import derive, reseed
from harness.errors import ConfigurationError
from harness.runner.channel import Channel, Message
from harness.runner.events import Said, Start
from harness.runner.kinds import EXPECTED, SKIPPED
from harness.runner.loader import load
from harness.runner.result import TellingResult
from harness.runner.selection import Selection
from harness.runner.stress.holder import Holder
from harness.runner.stress.mark import Mark
from harness.runner.stress.trial import Run, Trial
from harness.runner.units import Unit, units_of

SWITCHES = (5e-3, 1e-4, 1e-6)  # seconds after which a thread gives way, under pressure
STANDARD = (1, 2)  # descriptors


class Stage:
    """Loads the tests once, and has trials take place in copies of its process.

    A copy takes a few milliseconds, and finds what a new process finds that has just loaded the
    tests. Where loading them has started a thread, which a copy would lack, there are no copies:
    the process itself is for one trial.

    Args:
        channel: To the coordinator.
        mark: Where a trial is.
        output: Descriptor of the file that takes what is printed.
    """

    def __init__(self, channel: Channel, mark: Mark, output: int) -> None:
        self._channel = channel
        self._mark = mark
        self._output = output
        self._units: list[Unit] = []
        self._coordinator = os.getppid()

    def serve(self, selection: Selection, timeout: float | None) -> None:
        """Load the tests, tell which there are, and do what is asked until nobody asks."""
        sys.path.insert(0, os.getcwd())  # as `python -m unittest` has it
        self._quiet()
        try:
            self._units = units_of(load(selection))
        except ConfigurationError as error:
            self._channel.send(event="refused", why=str(error))
            return
        copied = threads() == 1
        self._channel.send(
            event="ready",
            units=[[unit.key, unit.names, unit.suite is not None] for unit in self._units],
            broken=dict(self._broken()),
        )
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with Holder() as holder:
            while (messages := self._channel.receive()) is not None:
                for message in messages:
                    if message["do"] == "hold":
                        holder.hold(self._units, message["tests"] if copied else ())
                    elif copied:
                        how = self._copied(trial_of(message), timeout)
                        self._channel.send(event="over", how=how)
                    else:
                        self._perform(trial_of(message), timeout)

    def _quiet(self) -> None:
        """Have all that is printed go into the file."""
        for number, stream in zip(STANDARD, (sys.stdout, sys.stderr), strict=True):
            os.dup2(self._output, number)
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(line_buffering=True)  # nothing flushes it in a crash

    def _broken(self) -> Iterable[tuple[str, str]]:
        """Yield each test that could not be loaded, with what unittest says of it."""
        for unit in self._units:
            for name, test in zip(unit.names, unit.tests, strict=True):
                if type(test).__module__ == "unittest.loader":
                    yield name, str(getattr(test, "_exception", ""))

    def _copied(self, trial: Trial, timeout: float | None) -> int:
        """Have a trial take place in a copy of this process; return what `wait` says of it."""
        os.ftruncate(self._output, 0)
        os.lseek(self._output, 0, os.SEEK_SET)
        pid = os.fork()
        if not pid:
            atexit._clear()  # what was registered before is the parent's
            try:
                self._perform(trial, timeout)
            finally:
                os._exit(1)
        return os.waitpid(pid, 0)[1]

    def _perform(self, trial: Trial, timeout: float | None) -> None:
        """Run the tests of a trial, and end the process as Python ends one."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        watched = (os.getppid(), self._coordinator)
        performance = Performance(self._units, self._channel, self._mark, timeout, watched)
        try:
            performance.run(trial)
        finally:
            atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(0)


def threads() -> int:
    """Return how many threads this process has, if possible with those that Python knows not of."""
    listed = Path("/proc/self/task")
    return len(list(listed.iterdir())) if listed.is_dir() else threading.active_count()


def trial_of(message: Message) -> Trial:
    """Return the trial of a message."""
    runs = tuple(Run(test, seed) for test, seed in message["runs"])
    return Trial(runs, message["stops"], message["pressed"])


def fresh(test: Any) -> Any:
    """Return a copy of a test that has not run, with what its maker has set on it."""
    twin = copy.copy(test)
    if "_asyncioTestContext" in vars(twin):
        twin._asyncioTestContext = contextvars.copy_context()
    return twin


class Performance:
    """Runs the tests of a trial in this process.

    Args:
        units: All tests.
        channel: Takes what has failed.
        mark: Where it is.
        timeout: Seconds that a test, or the fixtures between two, may take; None for ever.
        watched: The parent, and the process for which all is done: without them it ends.
    """

    def __init__(
        self,
        units: Iterable[Unit],
        channel: Channel,
        mark: Mark,
        timeout: float | None,
        watched: tuple[int, int],
    ) -> None:
        self._unit_of = {name: unit for unit in units for name in unit.names}
        self._channel = channel
        self._mark = mark
        self._timeout = timeout
        self._tests: list[Any] = []  # kept, as a suite drops them: no other may get their `id`
        self._numbers: dict[int, int] = {}
        self._last = 0
        self._failed = False
        self._parent, self._coordinator = watched

    def run(self, trial: Trial) -> None:
        """Run the tests of a trial, one pass after another."""
        done = 0
        for runs in trial.passes():
            if self._mark.stopped or (trial.stops and self._failed):
                break
            self._seed(runs[0].seed, trial.pressed)
            self._run([run.test for run in runs], done)
            done += len(runs)

    def _seed(self, seed: int, pressed: bool) -> None:
        reseed(seed)
        os.environ["TEST_SEED"] = str(seed)  # for those who read it themselves
        if pressed:
            sys.setswitchinterval(random.Random(derive(seed, "switch")).choice(SWITCHES))

    def _run(self, names: list[str], first: int) -> None:
        """Run tests, those of one unit together, as a worker does."""
        for _, each in itertools.groupby(names, lambda name: self._unit_of[name].key):
            together = list(each)
            self._last = first + len(together) - 1
            suite = self._suite(together, first)
            result = TellingResult(self._tell, self._numbers, self._timeout)
            result.limit()
            suite.run(result)
            result.unlimit()
            first += len(together)

    def _suite(self, names: list[str], first: int) -> unittest.TestSuite:
        """Return tests as a suite; each is a copy, which knows nothing of an earlier run."""
        unit = self._unit_of[names[0]]
        known = dict(zip(unit.names, unit.tests, strict=True))
        if unit.suite is not None:
            self._numbers = {id(known[name]): first + at for at, name in enumerate(names)}
            return unit.suite
        self._tests = [fresh(known[name]) for name in names]
        self._numbers = {id(test): first + at for at, test in enumerate(self._tests)}
        return unittest.TestSuite(self._tests)

    def _stay(self) -> None:
        """End the process where nobody waits for it any more, as a test has ended its parent."""
        try:
            os.kill(self._coordinator, 0)
        except ProcessLookupError:
            os._exit(1)
        if os.getppid() != self._parent:
            os._exit(1)

    def _tell(self, event: Any) -> None:
        if isinstance(event, Start):
            self._stay()
            self._mark.begun = event.test + 1
        elif isinstance(event, Said) and event.kind == SKIPPED:
            at = self._last if event.test is None else event.test
            self._channel.send(event="skipped", at=at, text=event.text)
        elif isinstance(event, Said) and event.kind != EXPECTED:
            self._failed = True
            at = self._last if event.test is None else event.test  # fixtures: of the last test
            self._channel.send(event="failed", at=at, kind=event.kind, text=event.text)
