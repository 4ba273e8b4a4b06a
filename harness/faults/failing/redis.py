"""Spoiling commands on one connection to Redis.

What is to fail is replaced by a command that does not exist: the server refuses it, also inside
MULTI, where EXEC then discards all. In its reply, which bears the command's name, the text is
exchanged.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from harness.faults.failing.buffers import Passage
from harness.faults.failing.failure import REQUEST, Failure
from harness.faults.failing.trigger import Triggers
from harness.faults.wire.message import Message
from harness.faults.wire.redis import PUSH, RedisConversation

NUMBERS = itertools.count(1)
EXEC = "EXEC"
COMMAND = b"*"  # how each begins, but for those that people type


@dataclass
class Spoilt:
    """A command that was spoilt.

    Attributes:
        failure: What happens to it.
        name: Of the command in its place; empty where only the reply is lost.
        place: How many commands were sent before it.
        ends: Whether it is an EXEC, which is sent all the same, to be refused: the transaction is
            over then.
    """

    failure: Failure
    name: str
    place: int
    ends: bool


class RedisSpoiler:
    """What spoils commands on one connection.

    It begins to read where something is to fail, and takes it for the begin of a message.

    Args:
        triggers: What is to fail.

    Attributes:
        cut: Whether the connection is to be ended, after what was passed on.
        opaque: Whether it is no RESP at all, as under TLS.
    """

    def __init__(self, triggers: Triggers) -> None:
        self.cut = self.opaque = False
        self._triggers = triggers
        self._begin_reading()
        self._reading = False

    def sent(self, data: bytes) -> bytes:
        """Take bytes of the client, and return what goes on to the server."""
        self.opaque = self.opaque and bool(self._triggers)  # the next one may come at a better time
        if self.cut or self.opaque:
            return b"" if self.cut else data
        if not self._reading:
            if not self._triggers:
                return data
            self._begin_reading()
        if self._up.is_empty and not data.startswith(COMMAND):
            return self._give_up() + data
        passed = self._up.step(data, self._command)
        return passed + self._give_up() if self._talk.opaque else passed

    def answered(self, data: bytes) -> bytes:
        """Take bytes of the server, and return what goes on to the client."""
        if self.cut or not self._reading:
            return b"" if self.cut else self._down.release() + data
        passed = self._down.step(data, self._reply)
        if self._talk.opaque:
            self.opaque, self._reading = True, False
            return passed + self._down.release()
        if not (self._triggers or self._spoilt) and self._up.is_empty and self._down.is_empty:
            self._reading = False
        return passed

    def _begin_reading(self) -> None:
        self._reading = True
        self._talk = RedisConversation()
        self._up, self._down = Passage(self._talk.sent), Passage(self._talk.answered)
        self._asked = self._answered = 0
        self._spoilt: list[Spoilt] = []

    def _give_up(self) -> bytes:
        """Read no more, and return what is held back of the client's bytes."""
        self.opaque, self._reading = True, False
        return self._up.release()

    def _command(self, message: Message) -> bytes:
        """Return what goes on in place of a command."""
        if self.cut:
            return b""
        failure = self._triggers.take(message.text)
        self._asked += 1
        return message.data if failure is None else self._spoil(message, failure)

    def _spoil(self, message: Message, failure: Failure) -> bytes:
        if failure.lost == REQUEST:
            self.cut = True
            return b""
        name = "" if failure.lost else f"harness-fail-{next(NUMBERS)}-"
        spoilt = Spoilt(failure, name, self._asked - 1, message.kind == EXEC)
        self._spoilt.append(spoilt)
        if failure.lost:
            return message.data
        self._asked += spoilt.ends
        return b"*1\r\n$%d\r\n%s\r\n" % (len(name), name.encode()) + message.data * spoilt.ends

    def _reply(self, message: Message) -> bytes:
        """Return what goes on in place of a reply."""
        if self.cut or message.kind == PUSH:
            return b"" if self.cut else message.data
        place = self._answered
        self._answered = min(self._asked, place + 1)
        for spoilt in self._spoilt:
            if spoilt.name and spoilt.name.encode() in message.data:
                return self._refusal(spoilt, place)
            if not spoilt.name and spoilt.place == place:
                self._spoilt.remove(spoilt)
                self.cut = spoilt.failure.lost is not None
                return b"" if self.cut else error(spoilt.failure)
        return message.data

    def _refusal(self, spoilt: Spoilt, place: int) -> bytes:
        """Return the error in place of the unknown command's, or have the next reply be it."""
        if spoilt.ends:
            spoilt.name, spoilt.place = "", place + 1
            return b""
        self._spoilt.remove(spoilt)
        return error(spoilt.failure)


def error(failure: Failure) -> bytes:
    """Return the reply of a failure."""
    return b"-%s\r\n" % failure.message.encode()
