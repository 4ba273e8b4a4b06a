"""The messages of PostgreSQL's protocol.

Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import struct

from harness.faults.wire.message import Message

REQUESTS = {
    b"B": "Bind",
    b"C": "Close",
    b"D": "Describe",
    b"E": "Execute",
    b"F": "FunctionCall",
    b"H": "Flush",
    b"P": "Parse",
    b"Q": "Query",
    b"S": "Sync",
    b"X": "Terminate",
    b"c": "CopyDone",
    b"d": "CopyData",
    b"f": "CopyFail",
    b"p": "Password",
}
RESPONSES = {
    b"1": "ParseComplete",
    b"2": "BindComplete",
    b"3": "CloseComplete",
    b"A": "NotificationResponse",
    b"C": "CommandComplete",
    b"D": "DataRow",
    b"E": "ErrorResponse",
    b"G": "CopyInResponse",
    b"H": "CopyOutResponse",
    b"I": "EmptyQueryResponse",
    b"K": "BackendKeyData",
    b"N": "NoticeResponse",
    b"R": "Authentication",
    b"S": "ParameterStatus",
    b"T": "RowDescription",
    b"V": "FunctionCallResponse",
    b"W": "CopyBothResponse",
    b"Z": "ReadyForQuery",
    b"c": "CopyDone",
    b"d": "CopyData",
    b"n": "NoData",
    b"s": "PortalSuspended",
    b"t": "ParameterDescription",
    b"v": "NegotiateProtocolVersion",
}
STARTS = {80877102: "CancelRequest", 80877103: "SSLRequest", 80877104: "GSSENCRequest"}
ENCRYPTION = ("SSLRequest", "GSSENCRequest")  # answered by one byte
REFUSED = b"N"
STATEMENT = b"S"  # and no portal
ENDS = {
    *("ParseComplete", "BindComplete", "CloseComplete", "CommandComplete", "EmptyQueryResponse"),
    *("PortalSuspended", "ErrorResponse", "ReadyForQuery", "CopyInResponse", "CopyDone"),
    *("FunctionCallResponse", "Authentication", *ENCRYPTION),
}


class PostgresConversation:
    """What is said on one connection to PostgreSQL.

    Args:
        begun: Whether the connection is open already, and neither side is in the middle of a
            message.

    Attributes:
        opaque: Whether it is encrypted from here on.
    """

    def __init__(self, *, begun: bool = False) -> None:
        self.opaque = False
        self._begun = begun
        self._asked = ""  # for encryption, which is not answered yet
        self._requests = bytearray()
        self._responses = bytearray()
        self._statements: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}

    def sent(self, data: bytes) -> list[Message]:
        """Take bytes of the client, and return the messages that they complete."""
        self._requests += data
        found = []
        while not self.opaque and (size := size_of(self._requests, 1 if self._begun else 0)):
            found.append(self._request(take(self._requests, size)))
        return found

    def answered(self, data: bytes) -> list[Message]:
        """Take bytes of the server, and return the messages that they complete."""
        self._responses += data
        found = []
        if self._asked and self._responses:
            answer = take(self._responses, 1)
            found.append(Message(self._asked, answer))
            self._asked, self.opaque = "", answer != REFUSED
        while not self.opaque and (size := size_of(self._responses, 1)):
            raw = take(self._responses, size)
            found.append(Message(RESPONSES.get(raw[:1], repr(raw[:1])), raw))
        return found

    def is_end(self, message: Message) -> bool:
        """Tell whether a message of the server ends an answer, or a part of one."""
        return message.kind in ENDS

    def _request(self, raw: bytes) -> Message:
        if not self._begun:
            return self._start(raw)
        kind = REQUESTS.get(raw[:1], repr(raw[:1]))
        return Message(kind, raw, self._text(kind, raw[5:]))

    def _start(self, raw: bytes) -> Message:
        kind = STARTS.get(int.from_bytes(raw[4:8], "big"), "Startup")
        if kind in ENCRYPTION:
            self._asked = kind
        else:
            self._begun = True
        return Message(kind, raw)

    def _text(self, kind: str, body: bytes) -> str:
        """Return the statement that a message belongs to."""
        first, _, rest = body.partition(b"\0")
        if kind == "Query":
            return decoded(first)
        if kind == "Parse":
            self._statements[first] = decoded(rest.partition(b"\0")[0])
            return self._statements[first]
        if kind == "Bind":
            self._portals[first] = self._statements.get(rest.partition(b"\0")[0], "")
            return self._portals[first]
        if kind in ("Describe", "Close"):
            known = self._statements if first[:1] == STATEMENT else self._portals
            return known.get(first[1:], "")
        return self._portals.get(first, "") if kind == "Execute" else ""


def size_of(buffer: bytearray, at: int) -> int:
    """Return the size of the first message of a buffer, in bytes; 0 if it is not complete.

    Args:
        buffer: The bytes.
        at: Where the length stands, which counts itself and what follows it.
    """
    if len(buffer) < at + 4:
        return 0
    size = at + max(4, int(struct.unpack_from("!i", buffer, at)[0]))
    return size if len(buffer) >= size else 0


def take(buffer: bytearray, size: int) -> bytes:
    """Remove bytes from the begin of a buffer, and return them."""
    taken = bytes(buffer[:size])
    del buffer[:size]
    return taken


def decoded(text: bytes) -> str:
    """Return a statement as text."""
    return text.decode("utf-8", "backslashreplace")
