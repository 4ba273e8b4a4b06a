"""One run of the action: what is said on its connections, and where one of them is cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from harness.faults.sweep.points import Point
from harness.faults.sweep.taps import MessageTap, Tap, TurnTap
from harness.faults.sweep.trace import Step, Trace
from harness.faults.wire.message import Conversation

TURN, MESSAGE = UNITS = ("turn", "message")
NewConversation: TypeAlias = Callable[[], Conversation] | None


class Run:
    """One run of the action.

    Args:
        unit: `turn` or `message`.
        conversation: Makes what reads the protocol; None where it is not a known one.
        point: What is lost; None in the clean run.
    """

    def __init__(self, unit: str, conversation: NewConversation, point: Point | None) -> None:
        self.point = point
        self._unit = unit
        self._conversation = conversation
        self._taps: list[Tap] = []

    def tap(self) -> Tap:
        """Return what listens on one more connection."""
        number = len(self._taps) + 1
        talk = self._conversation() if self._conversation else None

        def hit(step: Step) -> bool:
            return self.point == Point(number, step.index, step.side)

        if self._unit == TURN:
            tap: Tap = TurnTap(hit, talk)
        else:
            assert talk is not None
            tap = MessageTap(hit, talk)
        self._taps.append(tap)
        return tap

    @property
    def traces(self) -> list[Trace]:
        """What was said on each connection, in the order in which they were made."""
        return [tap.trace for tap in self._taps]

    @property
    def opaque(self) -> bool:
        """Whether there was a connection that cannot be read as it has to be."""
        return any(tap.opaque for tap in self._taps)
