"""What was said on a connection, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.faults.sweep.points import REQUEST, RESPONSE, Point
from harness.faults.wire.message import Message, shortened

LITERALS = re.compile(
    r"'(?:[^']|'')*'|[0-9a-f]{8,}(?:_[0-9a-f]+)*|\d+"
)  # what may differ from run to run


@dataclass
class Step:
    """One request or one response, which can be lost.

    Attributes:
        side: `request` or `response`.
        index: Its number, from 1.
        of: The request that it answers, where that is known.
        size: Its size in bytes, as far as it was seen.
        messages: What it consists of, as far as it can be read.
    """

    side: str
    index: int
    of: Step | None = None
    size: int = 0
    messages: list[Message] = field(default_factory=list)

    @property
    def form(self) -> list[str]:
        """What has to be the same in each run: kinds and statements, without their literals."""
        return [
            f"{each.kind} {each.form or LITERALS.sub('?', each.text)}".strip()
            for each in self.messages
        ]

    def __str__(self) -> str:
        if self.of is not None:
            return str(self.of)
        for message in self.messages:
            if message.text:
                return repr(shortened(message.text))
        kinds = [message.kind for message in self.messages]
        return ", ".join(kinds[:3]) if kinds else f"of {self.size} bytes"


Trace = list[Step]  # of one connection


def points_of(traces: Sequence[Trace]) -> list[Point]:
    """Return what can be lost, connection by connection."""
    return [
        Point(number, step.index, step.side)
        for number, trace in enumerate(traces, 1)
        for step in trace
    ]


def step_at(traces: Sequence[Trace], point: Point) -> Step:
    """Return the step that a point means."""
    for step in traces[point.connection - 1]:
        if (step.side, step.index) == (point.side, point.index):
            return step
    raise LookupError(str(point))


def difference(clean: Sequence[Trace], found: Sequence[Trace], point: Point) -> str | None:
    """Return how a run differs from the clean one up to the point where it was cut, or None.

    Only the connection that was cut is compared: of several that are made at the same time nobody
    knows which one is first.

    Args:
        clean: What was said in the clean run.
        found: What was said in this one.
        point: Where it was cut.
    """
    was = clean[point.connection - 1]
    now = found[point.connection - 1] if point.connection <= len(found) else []
    for side in (REQUEST, RESPONSE):
        for before, after in zip(of(side, was), of(side, now), strict=False):
            if not alike(before, after):
                return f"{side} {before.index} was {shown(before)}, now {shown(after)}"
    if not any((step.side, step.index) == (point.side, point.index) for step in now):
        return (
            f"{point.side} {point.index} of connection {point.connection} did not come: there "
            f"were {len(of(point.side, now))} in this run, and {len(of(point.side, was))} before"
        )
    return None


def alike(before: Step, after: Step) -> bool:
    """Tell whether two steps say the same, as far as the second one was heard."""
    return before.form[: len(after.form)] == after.form


def of(side: str, trace: Iterable[Step]) -> list[Step]:
    """Return the steps of one side."""
    return [step for step in trace if step.side == side]


def shown(step: Step) -> str:
    """Return what a step says, with the kinds of its messages."""
    return ", ".join(map(str, step.messages)) or str(step)
