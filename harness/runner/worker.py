"""A worker: loads the tests, and runs the units that it is given."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import realtime as time
from harness.core.printing import say_through
from harness.core.skips import skips
from harness.errors import ConfigurationError
from harness.runner.channel import Message
from harness.runner.choice import Choice, choice_of
from harness.runner.events import Event, Note, Over, Start, Taken, encoded
from harness.runner.link import Link
from harness.runner.options import Options
from harness.runner.result import TellingResult
from harness.runner.units import Unit

if TYPE_CHECKING:
    from harness.runner.coverage import Measuring
    from harness.runner.keeping import Keeping
    from harness.runner.printed import Printed


def digest_of(units: list[Unit]) -> str:
    """Return what is the same for workers that have loaded the same tests."""
    text = "\n".join("\n".join([unit.key, *unit.names]) for unit in units)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def kept_back() -> Printed:
    """Return what keeps back what tests print."""
    from harness.runner.printed import Printed

    return Printed()


def keeping_in(directory: Path) -> Keeping:
    """Return what keeps what is to be kept of failed tests."""
    from harness.runner.keeping import Keeping

    return Keeping(directory)


class Worker:
    """Runs the units that the coordinator gives it, one after another.

    Args:
        link: To the coordinator.
        options: Which tests there are, and how they are run.
    """

    def __init__(self, link: Link, options: Options) -> None:
        self._link = link
        self._channel = link.channel
        self._options = options
        self._choice = Choice([])
        self._units: dict[str, Unit] = {}
        self._measuring: Measuring | None = None
        self._numbers: dict[int, int] = {}
        self._names: list[str] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._printed = kept_back() if options.buffer else None
        self._keeping = None if options.artifacts is None else keeping_in(options.artifacts)

    def serve(self) -> None:
        """Load the tests, then do what is asked until the coordinator is gone."""
        skips.silence()  # the coordinator counts them
        say_through(lambda line: self._write(Note(line)))
        sys.path.insert(0, os.getcwd())  # as `python -m unittest` has it
        if self._options.coverage is None:
            self._serve()
        else:
            from harness.runner.coverage import Measuring

            with Measuring(self._options.coverage) as self._measuring:
                self._serve()

    def _serve(self) -> None:
        try:
            self._choice = choice_of(self._options)
        except ConfigurationError as error:
            self._channel.send(event="refused", why=str(error), usage=True)
            return
        if self._options.quarantine is not None:
            self._choice.units = self._options.quarantine.choose(self._choice.units)
        units = self._choice.units
        self._units = {unit.key: unit for unit in units}
        tests = [test for unit in units for test in unit.tests]
        self._numbers = {id(test): number for number, test in enumerate(tests)}
        self._names = [name for unit in units for name in unit.names]
        if not sys.warnoptions:
            warnings.simplefilter("default")  # as unittest shows what Python does not by itself
        self._channel.send(event="loaded", digest=digest_of(units))
        while (messages := self._channel.receive()) is not None:
            for message in messages:
                if message["do"] == "end":
                    return
                getattr(self, message["do"])(message)

    def show(self, message: Message) -> None:
        """Tell which units and tests there are."""
        try:
            told = self._choice.message()
        except ConfigurationError as error:
            self._channel.send(event="refused", why=str(error))
        else:
            self._channel.send(event="units", **told, path=sys.path)

    def run(self, message: Message) -> None:
        """Run some tests of some units, one unit after another."""
        for unit, tests in message["works"]:
            self._run(self._units[unit], tests)
        self._channel.send(event="idle")

    def _run(self, unit: Unit, tests: list[str]) -> None:
        timeout, stacks = self._options.timeout, self._link.stacks
        kept = self._printed, self._keeping
        result = TellingResult(self._tell, self._number_of, timeout, stacks, *kept)
        result.failfast = self._stops_at_failure(unit)
        result.tb_locals = self._options.locals
        began = time.monotonic()
        self._write(Taken())
        self._measure(unit.key)
        result.limit()
        try:
            unit.of(tests).run(result)
        finally:
            result.unlimit()
            self._leave_if_forked()
        self._measure("")
        self._write(Over(time.monotonic() - began))

    def _stops_at_failure(self, unit: Unit) -> bool:
        """Return whether the first failure ends the unit; not if one in quarantine could do so."""
        quarantine = self._options.quarantine
        apart = quarantine is not None and not quarantine.tests.keys().isdisjoint(unit.names)
        return self._options.failfast and not apart

    def _leave_if_forked(self) -> None:
        """End a process that a test has forked, and that has gone on as if it were this one."""
        if os.getpid() != self._pid:
            os._exit(0)

    def _tell(self, event: Event) -> None:
        self._write(event)
        if isinstance(event, Start):
            self._measure(self._names[event.test])

    def _measure(self, context: str) -> None:
        """Have what is run from now on count for a test, or for the fixtures of a unit."""
        if self._measuring is not None:
            self._measuring.enter(context)

    def _write(self, event: Event) -> None:
        if os.getpid() != self._pid:
            return
        with self._lock:
            self._link.slate.write(encoded(event), self._wait)

    def _wait(self) -> None:
        """Have the coordinator read what is written."""
        self._channel.send(event="full")
        self._channel.receive()

    def _number_of(self, test: Any) -> int | None:
        return self._numbers.get(id(test))
