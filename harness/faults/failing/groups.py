"""What is asked of PostgreSQL up to one Sync, and how the answers to it are changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from harness.faults.failing.failure import Failure
from harness.faults.wire.message import Message

COPIES = ("CopyInResponse", "CopyOutResponse", "CopyBothResponse")
ENDS = ("CommandComplete", "EmptyQueryResponse", "PortalSuspended", "ErrorResponse")
# What a request is answered by, where nothing fails.
ANSWERS = {"ParseComplete": "Parse", "BindComplete": "Bind"}
IN_FAILED = b"25P02"  # the code of all errors after one, until a rollback
KEPT = b"SVFLR"  # fields of an error: its severity, and the server's own place of it


@dataclass(frozen=True)
class Spoilt:
    """A statement that was spoilt.

    Attributes:
        failure: What happens to it.
        simple: Whether it was a simple query: all of the group.
        before: How many requests of each kind came before it in its group.
    """

    failure: Failure
    simple: bool
    before: Counter[str]


@dataclass
class Group:
    """Requests that one ReadyForQuery ends the answers to: one query, or all up to a Sync.

    Attributes:
        spoilt: What was spoilt among them, if any: after a failure the server skips the rest.
        sent: Whether all of it was sent.
        is_lost: Whether the answer that was to be lost is lost by now.
    """

    spoilt: Spoilt | None = None
    sent: bool = False
    is_lost: bool = False
    _asked: Counter[str] = field(default_factory=Counter)
    _answered: Counter[str] = field(default_factory=Counter)

    def count(self, kind: str) -> None:
        """Note a request."""
        self._asked[kind] += 1

    def sizes(self) -> Counter[str]:
        """Return how many requests of each kind it has."""
        return Counter(self._asked)

    def answer(self, message: Message) -> bytes:
        """Return what goes on in place of an answer."""
        if self.spoilt is None:
            return message.data
        passed = self._lose if self.spoilt.failure.lost else self._change
        return passed(message, self.spoilt)

    def _lose(self, message: Message, spoilt: Spoilt) -> bytes:
        """Keep the answer back, until all is carried out: a commit is at the Sync at the latest."""
        reached = spoilt.simple or self._answered["Execute"] >= spoilt.before["Execute"]
        ends = message.kind in ENDS
        self._answered["Execute"] += ends
        self.is_lost = message.kind == "ReadyForQuery" or (
            reached and (message.kind in COPIES or (ends and not self.sent))
        )
        return b"" if reached or self.is_lost else message.data

    def _change(self, message: Message, spoilt: Spoilt) -> bytes:
        """Have the error say what was asked for, and the answers to our own requests unsaid."""
        if message.kind == "ErrorResponse" and self._is_ours(spoilt):
            return renamed(message.data, spoilt.failure)
        asked = ANSWERS.get(message.kind)
        if asked is None or spoilt.simple:
            return message.data
        self._answered[asked] += 1
        return message.data if self._answered[asked] <= spoilt.before[asked] else b""

    def _is_ours(self, spoilt: Spoilt) -> bool:
        """Tell whether an error that comes now is that of the statement that was spoilt."""
        return spoilt.simple or self._answered["Bind"] > spoilt.before["Bind"]


def renamed(error: bytes, failure: Failure) -> bytes:
    """Return an ErrorResponse that says what was asked for; a failed transaction stays one."""
    fields = [field for field in error[5:].split(b"\0") if field]
    if b"C" + IN_FAILED in fields:
        return error
    kept = [field for field in fields if field[0] in KEPT]
    new = [b"C" + failure.code.encode(), b"M" + failure.message.encode()]
    body = b"\0".join([*kept, *new]) + b"\0\0"
    return error[:1] + (len(body) + 4).to_bytes(4, "big") + body
