"""The toxics on one direction of one connection, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.faults.engine.draws import Draws
from harness.faults.engine.events import Event, Kind
from harness.faults.engine.kinds import KINDS
from harness.faults.engine.stages import Latency, Stage

DOWNSTREAM, UPSTREAM = "downstream", "upstream"


@dataclass(eq=False)
class Toxic:
    """A toxic of a proxy.

    Attributes:
        name: Its name.
        type: One of `KINDS`.
        stream: The direction as it was written; case does not matter.
        toxicity: The share of connections that it acts on, from 0 to 1.
        attributes: Its attributes, all integers.
    """

    name: str
    type: str
    stream: str = DOWNSTREAM
    toxicity: float = 1.0
    attributes: dict[str, int] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        """The direction."""
        return self.stream.lower()


DrawsOf: TypeAlias = Callable[[str], Draws]


class Chain:
    """The toxics on one direction of one connection.

    Args:
        draws_of: Returns the random choices of a toxic, by its name.
        now: When the connection begins.
        toxics: Those that are there at its beginning, in their order.

    Attributes:
        stages: Those that act on this connection.
        cut: Whether the connection's end has come out: nothing follows.
    """

    def __init__(self, draws_of: DrawsOf, now: float, toxics: Iterable[Toxic]) -> None:
        self._draws_of = draws_of
        self._all: dict[str, tuple[Toxic, Stage]] = {}
        self.stages: list[Stage] = []
        self.cut = False
        self._arrange(toxics, now, first=True)

    def feed(self, event: Event) -> list[Event]:
        """Return what becomes of an event, in order, each with the time at which it is due."""
        return list(self._through([event], self.stages))

    @property
    def deadline(self) -> float | None:
        """When `expire` is to be called, whatever comes; None for never."""
        times = [stage.deadline for stage in self.stages if stage.deadline is not None]
        return min(times, default=None)

    def expire(self, now: float) -> list[Event]:
        """Return what happens by itself until now."""
        found: list[Event] = []
        for place, stage in enumerate(self.stages):
            if stage.deadline is not None and stage.deadline <= now:
                found += self._through(stage.expire(), self.stages[place + 1 :])
        return found

    def change(self, toxics: Sequence[Toxic], now: float) -> list[Event]:
        """Have other toxics, or the same with other attributes; return what that leads to."""
        gone = [name for name, (toxic, _) in self._all.items() if toxic not in toxics]
        found: list[Event] = []
        for name in gone:
            stage = self._all.pop(name)[1]
            after = self.stages[self.stages.index(stage) + 1 :] if stage in self.stages else None
            if after is not None:
                found += self._through(stage.remove(now), after)
        self._arrange(toxics, now, first=False)
        return found

    def _arrange(self, toxics: Iterable[Toxic], now: float, *, first: bool) -> None:
        for toxic in toxics:
            if toxic.name not in self._all:
                kind = KINDS[toxic.type][0]
                draws = self._draws_of(toxic.name)
                self._all[toxic.name] = toxic, kind(toxic.attributes, draws, now, first=first)
        self.stages = [stage for toxic, stage in self._all.values() if acts(toxic, stage)]
        for stage in self.stages:
            stage.restart(now)

    def _through(self, events: Iterable[Event], stages: Sequence[Stage]) -> Iterator[Event]:
        for stage in stages:
            events = fed(stage, events)
        for event in events:
            if self.cut:
                return
            self.cut = event.kind > Kind.EOF
            yield event

    @property
    def is_slow(self) -> bool:
        """Whether a latency is in it, which keeps many bytes on their way."""
        return any(isinstance(stage, Latency) for stage in self.stages)


def fed(stage: Stage, events: Iterable[Event]) -> Iterator[Event]:
    """Yield what a stage makes of events."""
    for event in events:
        yield from stage.feed(event)


def acts(toxic: Toxic, stage: Stage) -> bool:
    """Tell whether a toxic acts on a connection: drawn once, and compared with its toxicity."""
    return stage.draws.fraction() < toxic.toxicity
