"""Services that run as long as tests are repeated: they would end with each trial."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Collection, Iterable

from harness.runner.channel import Channel, pair
from harness.runner.schedule.facts import facts_of
from harness.runner.schedule.keeper import Keeper
from harness.runner.units import Unit


class Holder:
    """Has services run in a process of their own, while it is entered."""

    def __init__(self) -> None:
        self._channel: Channel | None = None
        self._pid = 0

    def hold(self, units: Iterable[Unit], tests: Collection[str]) -> None:
        """Start the services of some tests, those that processes share; wait for none.

        Args:
            units: What has them.
            tests: Their names.
        """
        wanted = set(tests)
        cases = {
            type(test)
            for unit in units
            for name, test in zip(unit.names, unit.tests, strict=True)
            if name in wanted
        }
        found: dict[str, list[str]] = {}
        for name, _, where in facts_of(cases).get("services", ()):
            found.setdefault(where, []).append(name)
        if found:
            self._start({"path": sys.path, "cases": [list(each) for each in found.items()]})

    def _start(self, message: dict[str, object]) -> None:
        self._channel, theirs = pair()
        self._pid = os.fork()
        if self._pid:
            theirs.close()
            return
        try:
            self._channel.close()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            keeper = Keeper(theirs)
            keeper.keep(message)
            keeper.serve()
            keeper.close()
        finally:
            os._exit(0)

    def __enter__(self) -> Holder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._channel is not None:
            self._channel.close()
            os.waitpid(self._pid, 0)
