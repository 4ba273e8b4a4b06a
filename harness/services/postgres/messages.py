"""Messages of PostgreSQL's protocol, as bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence

UNNAMED = b"\0"
NULL = struct.pack("!i", -1)
DESCRIBE_EXECUTE_SYNC = b"D\0\0\0\x06P\0E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04"


def extended_query(
    statement: bytes, parameters: Sequence[bytes | None], types: Sequence[int] = ()
) -> bytes:
    r"""Return the messages of one statement with parameters: all that it takes, sent at once.

    They are Parse, Bind, Describe, Execute and Sync of the extended query protocol
    (https://www.postgresql.org/docs/current/protocol-flow.html), without the flushes in between
    that have the server answer each of them by itself.

    Args:
        statement: Its text, with `$1`, `$2` ... for the parameters.
        parameters: The values in text format; None for NULL.
        types: Numbers of their types; 0, or none at all, where the server is to find them out.

    Example:
        >>> extended_query(b"select $1", [b"1"])[:18]
        b'P\x00\x00\x00\x11\x00select $1\x00\x00\x00'
    """
    parse = UNNAMED + statement + b"\0" + struct.pack(f"!H{len(types)}I", len(types), *types)
    values = b"".join(
        NULL if value is None else struct.pack("!i", len(value)) + value for value in parameters
    )
    bind = UNNAMED * 2 + struct.pack("!HH", 0, len(parameters)) + values + struct.pack("!H", 0)
    return message(b"P", parse) + message(b"B", bind) + DESCRIBE_EXECUTE_SYNC


def message(code: bytes, content: bytes) -> bytes:
    """Return one message: its code, its length, its content."""
    return code + struct.pack("!i", len(content) + 4) + content
