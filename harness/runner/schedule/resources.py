"""What tests share: things of which there is one, memory, and what a service can take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.runner.schedule.job import Needs

MEMORY = "memory in MiB"  # as a resource; what is exclusive has the user's own names


@dataclass(frozen=True)
class Limits:
    """How much there is.

    Attributes:
        memory: How much memory all workers may use together, in MiB; None for any amount.
        workers: How many workers may use a kind of service; any number where it is not named.
    """

    memory: float | None = None
    workers: Mapping[str, int] = field(default_factory=dict)

    def of(self, resource: str) -> float:
        """Return how much there is of a resource: one, of what is exclusive."""
        if resource != MEMORY:
            return 1.0
        return float("inf") if self.memory is None else self.memory


def needs_of(facts: Mapping[str, Any]) -> Needs:
    """Return what a unit needs, from what its worker has told of it.

    Example:
        >>> needs_of({"exclusive": ["gpu"], "memory": 512}).amounts
        (('gpu', 1.0), ('memory in MiB', 512.0))
    """
    amounts = dict.fromkeys(facts.get("exclusive", ()), 1.0)
    if facts.get("memory"):
        amounts[MEMORY] = float(facts["memory"])
    services = facts.get("services", ())
    kinds = sorted({kind for _, kind, _ in services})
    names = sorted(name for name, _, _ in services)
    return Needs(tuple(sorted(amounts.items())), tuple(kinds), tuple(names))


class Stock:
    """What is there of each resource, and what of it is in use.

    All that a job needs is taken at once or not at all: no job waits for a part of it while it
    holds another one.

    Args:
        limits: How much there is.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._used: Counter[str] = Counter()

    def lacks(self, needs: Needs) -> bool:
        """Tell whether there is too little left of something now.

        What needs more than there ever is may use all of it.
        """
        return any(
            self._used[name] + self._share(name, amount) > self._limits.of(name)
            for name, amount in needs.amounts
        )

    def take(self, needs: Needs) -> None:
        """Note that this is in use."""
        for name, amount in needs.amounts:
            self._used[name] += self._share(name, amount)  # type: ignore[assignment]

    def give_back(self, needs: Needs) -> None:
        """Note that this is in use no more."""
        for name, amount in needs.amounts:
            self._used[name] -= self._share(name, amount)  # type: ignore[assignment]

    def _share(self, name: str, amount: float) -> float:
        return min(amount, self._limits.of(name))


class Seats:
    """Which workers may use services that not all of them can use.

    A worker keeps its numbered database, or its connections, until it ends. So the first that
    come may use the service, and the others do not. Who may use the scarcer one of two services
    may use the other one, too: there is always somebody for a class that needs both.

    Args:
        limits: How much there is.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits.workers
        self._workers: list[int] = []  # in the order in which they came

    def take(self, worker: int) -> None:
        """Note that a worker is there."""
        if worker not in self._workers:
            self._workers.append(worker)

    def leave(self, worker: int) -> None:
        """Note that a worker has ended."""
        if worker in self._workers:
            self._workers.remove(worker)

    def allows(self, worker: int, needs: Needs) -> bool:
        """Tell whether a worker may use all services that this needs."""
        limits = [self._limits[kind] for kind in needs.kinds if kind in self._limits]
        return not limits or self._workers.index(worker) < min(limits)
