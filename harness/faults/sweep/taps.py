"""What listens on one connection, notes each step, and says where it is cut: without sockets."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from harness.faults.sweep.points import REQUEST, RESPONSE
from harness.faults.sweep.trace import Step, Trace
from harness.faults.wire.message import Conversation, Message

Hit = Callable[[Step], bool]


class Verdict(NamedTuple):
    """What becomes of bytes.

    Attributes:
        data: Those that go on.
        cut: Whether the connection is cut after them.
    """

    data: bytes
    cut: bool = False


class Tap(Protocol):
    """What listens on one connection.

    Attributes:
        trace: The steps that it has heard.
    """

    trace: Trace

    @property
    def opaque(self) -> bool:
        """Whether it cannot hear what it has to."""

    def sent(self, data: bytes) -> Verdict:
        """Take bytes of the client."""

    def answered(self, data: bytes) -> Verdict:
        """Take bytes of the server."""


class TurnTap:
    """Cuts by turn: what the client says until the server answers, and the answer.

    That needs no knowledge of the protocol; what is known of it gives the turns their names.

    Args:
        hit: Tells whether a step is lost.
        talk: Reads the protocol, if it is a known one.
    """

    opaque = False

    def __init__(self, hit: Hit, talk: Conversation | None) -> None:
        self.trace: Trace = []
        self._hit = hit
        self._talk = talk
        self._turn = Step(REQUEST, 0)
        self._heard = ""  # the side that spoke last

    def sent(self, data: bytes) -> Verdict:
        """Take bytes of the client: a lost request is lost from its first byte on."""
        begins = self._heard != REQUEST
        if begins:
            self._turn = self._note(Step(REQUEST, self._turn.index + 1))
        self._turn.size += len(data)
        if self._talk is not None:
            self._turn.messages += map(without_data, self._talk.sent(data))
        return lost() if begins and self._hit(self._turn) else Verdict(data)

    def answered(self, data: bytes) -> Verdict:
        """Take bytes of the server: a lost response is lost from its first byte on."""
        if self._talk is not None:
            self._talk.answered(data)
        if self._heard != RESPONSE:
            asked = self._turn if self._turn.index else None  # a greeting answers nothing
            step = self._note(Step(RESPONSE, self._turn.index, of=asked, size=len(data)))
            if self._hit(step):
                return lost()
        return Verdict(data)

    def _note(self, step: Step) -> Step:
        self.trace.append(step)
        self._heard = step.side
        return step


class MessageTap:
    """Cuts by message of a protocol that it can read.

    Args:
        hit: Tells whether a step is lost.
        talk: Reads the protocol.
    """

    def __init__(self, hit: Hit, talk: Conversation) -> None:
        self.trace: Trace = []
        self._hit = hit
        self._talk = talk
        self._counts = {REQUEST: 0, RESPONSE: 0}

    @property
    def opaque(self) -> bool:
        """Whether the messages cannot be read, as under TLS."""
        return self._talk.opaque

    def sent(self, data: bytes) -> Verdict:
        """Take bytes of the client; those of a message go on when it is complete."""
        return self._pass_on(REQUEST, self._talk.sent(data))

    def answered(self, data: bytes) -> Verdict:
        """Take bytes of the server: only messages that end an answer are counted."""
        return self._pass_on(RESPONSE, self._talk.answered(data))

    def _pass_on(self, side: str, messages: list[Message]) -> Verdict:
        data = bytearray()
        for message in messages:
            if side == REQUEST or self._talk.is_end(message):
                self._counts[side] += 1
                heard = [without_data(message)]
                step = Step(side, self._counts[side], None, len(message.data), heard)
                self.trace.append(step)
                if self._hit(step):
                    return Verdict(bytes(data), cut=True)
            data += message.data
        return Verdict(bytes(data), cut=self.opaque)


def without_data(message: Message) -> Message:
    """Return what a trace keeps of a message: a COPY would fill the memory."""
    return message._replace(data=b"")


def lost() -> Verdict:
    """Return the verdict for what is lost as a whole."""
    return Verdict(b"", cut=True)
