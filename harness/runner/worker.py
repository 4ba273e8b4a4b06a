"""A worker: loads the tests, and runs the units that it is given."""

from __future__ import annotations

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
from harness.runner.link import DEAF, Link
from harness.runner.options import Options
from harness.runner.result import TellingResult
from harness.runner.turns import turns_of
from harness.runner.units import Unit

try:
    from _blake2 import blake2b  # as `random` does it: hashlib loads OpenSSL, which takes its time
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    from harness.runner.coverage import Measuring
    from harness.runner.keeping import Keeping
    from harness.runner.printed import Printed

# As they are now: tests put others in their places.
_getpid, _getppid, _exit = os.getpid, os.getppid, os._exit


def digest_of(units: list[Unit]) -> str:
    """Return what is the same for workers that have loaded the same tests."""
    text = "\n".join("\n".join([unit.key, *unit.names]) for unit in units)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


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
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._once = options.repeat == 1 and not options.rerun_failed
        self._lock = threading.Lock()
        self._pid, self._parent = _getpid(), _getppid()
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
            digest = self._load()
        except ConfigurationError as error:
            self._send(event="refused", why=str(error), usage=True)
            return
        if not sys.warnoptions:
            warnings.simplefilter("default")  # as unittest shows what Python does not by itself
        self._send(event="loaded", digest=digest)
        while (messages := self._channel.receive()) is not None:
            for message in messages:
                if message["do"] == "end":
                    return
                getattr(self, message["do"])(message)

    def _load(self) -> str:
        """Load the tests, and return the digest of those that are run.

        Raises:
            ConfigurationError: It is not to be told which are meant.
        """
        self._choice = choice_of(self._options)
        units = self._choice.units
        self._units = {unit.key: unit for unit in units}
        self._names = [name for unit in units for name in unit.names]
        self._numbers = {name: number for number, name in enumerate(self._names)}
        return digest_of(units)

    def show(self, message: Message) -> None:
        """Tell which units and tests there are."""
        try:
            told = self._choice.message()
        except ConfigurationError as error:
            self._send(event="refused", why=str(error))
        else:
            self._send(event="units", **told, path=sys.path)

    def run(self, message: Message) -> None:
        """Run some tests of some units, one unit after another."""
        for unit, tests in message["works"]:
            self._run(self._units[unit], tests)
        self._send(event="idle")

    def _send(self, **message: Any) -> None:
        try:
            self._channel.send(**message)
        except OSError:
            sys.exit(DEAF)

    def _run(self, unit: Unit, tests: list[str]) -> None:
        timeout, stacks = self._options.timeout, self._link.stacks
        kept = self._printed, self._keeping
        turns = turns_of(unit, tests, self._numbers)
        result = TellingResult(self._tell, turns, timeout, stacks, *kept)
        result.failfast = self._stops_at_failure(unit)
        result.tb_locals = self._options.locals
        if self._link.slate.halted:
            raise KeyboardInterrupt
        began = time.monotonic()
        self._write(Taken())
        self._measure(unit.key)
        result.limit()
        if self._once:
            unit.forget(tests)  # now the suite alone holds them, and drops each that has run
        try:
            turns.run(result)
        finally:
            result.unlimit()
        result.finish()
        self._measure("")
        self._write(Over(time.monotonic() - began))

    def _stops_at_failure(self, unit: Unit) -> bool:
        """Return whether the first failure ends the unit; not if one in quarantine could do so."""
        quarantine = self._options.quarantine
        apart = quarantine is not None and not quarantine.tests.keys().isdisjoint(unit.names)
        return self._options.failfast and not apart

    def _tell(self, event: Event) -> None:
        self._write(event)
        if isinstance(event, Start):
            self._measure(self._names[event.test])

    def _measure(self, context: str) -> None:
        """Have what is run from now on count for a test, or for the fixtures of a unit."""
        if self._measuring is not None:
            self._measuring.enter(context)

    def _write(self, event: Event) -> None:
        if _getpid() != self._pid:
            if isinstance(event, Note):
                return
            _exit(0)  # a test has forked it, and it goes on as if it were this one
        if isinstance(event, Start) and (_getppid() != self._parent or self._link.slate.halted):
            raise KeyboardInterrupt  # nobody will ever know, or a test has kept one to itself
        with self._lock:
            self._link.slate.write(encoded(event), self._wait)

    def _wait(self) -> None:
        """Have the coordinator read what is written."""
        try:
            self._channel.send(event="full")
        except OSError:
            _exit(DEAF)
        if self._channel.receive() is None:
            _exit(DEAF)
