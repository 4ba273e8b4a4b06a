"""Services that are started before tests need them, as the coordinator sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from harness.core import realtime as time
from harness.runner.ledger import UnitAccount
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.queue import Schedule
from harness.runner.transport import Member

WORTH = 0.5  # seconds of tests that run meanwhile: to start a keeper takes a good half of it
PATIENCE = 60.0  # seconds that work waits for services; then it waits by itself


def worth_keeping(units: Iterable[UnitAccount], estimates: Estimates, most: int) -> list[list[str]]:
    """Return the services of some units, if enough can run while they are started.

    Where all need the same ones, nothing is gained: the first to come starts them. Where there are
    many, those are left to who needs them that the fewest tests do: no machine has room for all.

    Args:
        units: What is to be run.
        estimates: How long it takes.
        most: How many services are started at most.
    """
    services: list[list[str]] = []
    total, needing = 0.0, Counter[str]()
    for unit in units:
        needed: Any = unit.facts.get("services", [])
        seconds = estimates.of_unit(unit.key).total
        total += seconds
        for service in needed:
            needing[service[0]] += seconds  # type: ignore[assignment]
        services += needed
    if not any(total - need >= WORTH for need in needing.values()):
        return []
    chosen = {name for name, _ in needing.most_common(most)}
    return [service for service in services if service[0] in chosen]


class Kept:
    """The services that a keeper starts, of which it tells a queue.

    Args:
        keeper: What starts them.
        queue: Whose work waits for them.

    Attributes:
        keeper: What starts them.
        ready: How long each took to be ready, in seconds since it was told of it.
    """

    def __init__(self, keeper: Member, queue: Schedule) -> None:
        self.ready: dict[str, float] = {}
        self.keeper, self._queue = keeper, queue
        self._began = time.monotonic()
        self._untold: set[str] = set()

    def begin(self, path: list[str], services: Iterable[list[str]]) -> None:
        """Have services be started; what needs them waits for them."""
        cases: dict[str, list[str]] = {}
        seen: set[str] = set()
        for name, _, where in services:
            if name not in seen:
                seen.add(name)
                cases.setdefault(where, []).append(name)
        self._queue.wait_for(seen)
        self._untold |= seen
        self._send(do="keep", path=path, cases=list(cases.items()))

    def fileno(self) -> int:
        """Return the number by which a selector knows whether there is something to hear."""
        return self.keeper.fileno()

    def hear(self) -> bool:
        """Take note of what the keeper says; return whether it is still there."""
        messages = self.keeper.receive()
        for message in messages or ():
            self._note(message["services"])
        if messages is None:
            self._queue.ready(list(self._queue.awaited))
        return messages is not None

    def look(self) -> bool:
        """Stop waiting for what takes too long, or was lost; return whether something was."""
        late = time.monotonic() - self._began > PATIENCE or self.keeper.gone()
        lost = list(self._queue.awaited) if late else []
        self._queue.ready(lost)
        return bool(lost)

    def _note(self, services: list[str]) -> None:
        for name in services:
            self.ready[name] = time.monotonic() - self._began
        self._untold.difference_update(services)
        self._queue.ready(services)

    def end(self, patience: float) -> None:
        """Have the services be given up, and wait for that."""
        self._send(do="end")
        if self._untold:  # it may be in the middle of something that takes its time
            self.keeper.interrupt()
        self.keeper.end(patience)

    def _send(self, **message: Any) -> None:
        try:
            self.keeper.send(**message)
        except OSError:
            pass  # it was killed, which is heard
