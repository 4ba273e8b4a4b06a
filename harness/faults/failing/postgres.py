"""Spoiling statements on one connection to PostgreSQL.

What is to fail is replaced by what surely fails in the server, so that its transaction really has
failed, and all that it says of it is true.
"""

from __future__ import annotations

import struct

from harness.faults.failing.buffers import Passage
from harness.faults.failing.failure import REQUEST, Failure
from harness.faults.failing.groups import Group, Spoilt
from harness.faults.failing.skimmer import Skimmer
from harness.faults.failing.statements import failing_commit, is_commit, raising
from harness.faults.failing.trigger import Triggers
from harness.faults.wire.message import Message
from harness.faults.wire.postgres import PostgresConversation

READY = b"Z\0\0\0\x05"  # and one byte for the state of the transaction
IDLE = b"I"  # after which there is nothing to commit
SYNCS = ("Query", "Sync", "FunctionCall")  # each is answered by one ReadyForQuery


class PostgresSpoiler:
    """What spoils statements on one connection, which it reads from its begin.

    Args:
        triggers: What is to fail.

    Attributes:
        cut: Whether the connection is to be ended, after what was passed on.
    """

    def __init__(self, triggers: Triggers) -> None:
        self.cut = False
        self._triggers = triggers
        self._talk = PostgresConversation()
        self._up = Passage(self._talk.sent)
        self._skimmer = Skimmer()
        self._down: Passage | None = None  # while answers are read
        self._tail = b""  # of the answers
        self._portals: set[bytes] = set()  # that a statement was executed by
        self._asked: list[Group] = []  # not answered yet; the last one is not sent to its end

    @property
    def opaque(self) -> bool:
        """Whether the connection is encrypted."""
        return self._talk.opaque

    def sent(self, data: bytes) -> bytes:
        """Take bytes of the client, and return what goes on to the server."""
        if self.cut or self.opaque:
            return b"" if self.cut else data
        if self._triggers and self._down is None and self._is_idle:
            self._begin_reading()
        if self._down is not None:
            return self._up.step(data, self._request)
        if not (self._tail and self._up.is_empty):  # while it logs in, or in mid-message
            return self._up.flow(data)
        self._skimmer.skim(data)
        return data

    def answered(self, data: bytes) -> bytes:
        """Take bytes of the server, and return what goes on to the client."""
        if self.cut or self.opaque:
            return b"" if self.cut else data
        if not self._tail:  # before its first end of an answer: it may become encrypted
            self._talk.answered(data)
        tail = (self._tail + data)[-len(READY) - 1 :]
        self._tail = tail if self._tail or tail.startswith(READY) else b""
        if self._down is None:
            return data
        passed = self._down.step(data, self._answer)
        if not self._triggers and not any(group.spoilt for group in self._asked):
            passed += self._down.release()
            self._down = None
        return passed

    @property
    def _is_idle(self) -> bool:
        """Whether the last answer that was begun is at its end."""
        return self._tail.startswith(READY)

    def _begin_reading(self) -> None:
        self._down = Passage(PostgresConversation(begun=True).answered)
        self._asked = [Group()]
        if self._up.is_empty:
            skimmer, self._skimmer = self._skimmer, Skimmer()
            for parse in skimmer.prepared.values():
                self._talk.sent(parse)
            self._up.join(skimmer.begun, skimmer.missing)

    def _request(self, message: Message) -> bytes:
        """Return what goes on in place of a message of the client."""
        if self.cut:
            return b""
        group = self._asked[-1]
        passed = message.data
        if self._is_statement(message) and self._may_fail(message):
            failure = self._triggers.take(message.text)
            passed = message.data if failure is None else self._spoil(message, failure)
        group.count(message.kind)
        if message.kind in SYNCS:
            group.sent = True
            self._asked.append(Group())
        return passed

    def _is_statement(self, message: Message) -> bool:
        """Tell whether a message carries out a statement, and is not the rest of one before."""
        if message.kind not in ("Bind", "Execute"):
            return message.kind == "Query"
        portal = message.data[5:].partition(b"\0")[0]
        known = portal in self._portals
        (self._portals.discard if message.kind == "Bind" else self._portals.add)(portal)
        return message.kind == "Execute" and not known

    def _may_fail(self, message: Message) -> bool:
        """Tell whether a statement can fail: none after a failure, and no commit of nothing."""
        group = self._asked[-1]
        first = len(self._asked) == 1 and not group.sizes()["Execute"]
        idle = first and self._tail.endswith(IDLE)
        return not group.spoilt and not (idle and is_commit(message.text))

    def _spoil(self, message: Message, failure: Failure) -> bytes:
        if failure.lost == REQUEST:
            self.cut = True
            return b""
        group, simple = self._asked[-1], message.kind == "Query"
        group.spoilt = Spoilt(failure, simple, group.sizes())
        if failure.lost:
            return message.data
        commits = is_commit(message.text)
        text = failing_commit() if commits else raising(failure.code, failure.message)
        return query(text) if simple else execution(text)

    def _answer(self, message: Message) -> bytes:
        """Return what goes on in place of a message of the server."""
        if self.cut:
            return b""
        group = self._asked[0]
        passed = group.answer(message)
        if message.kind == "ReadyForQuery" and len(self._asked) > 1:
            self._asked.pop(0)
        self.cut = group.is_lost
        return passed


def query(text: str) -> bytes:
    """Return the message of a simple query."""
    return framed(b"Q", text.encode() + b"\0")


def execution(text: str) -> bytes:
    """Return the messages that carry a statement out; nothing of them outlives its failure."""
    parse = framed(b"P", b"\0" + text.encode() + b"\0\0\0")
    bind = framed(b"B", b"\0\0" + struct.pack("!HHH", 0, 0, 0))
    return parse + bind + framed(b"E", b"\0" + struct.pack("!i", 0))


def framed(code: bytes, content: bytes) -> bytes:
    """Return a message: its code, its length, its content."""
    return code + struct.pack("!i", len(content) + 4) + content
