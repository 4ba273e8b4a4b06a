"""Ways of masking a column: what the server sends in the place of its values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from harness.data.snapshots.fakes import FAKED, check_fake
from harness.data.snapshots.source import Column
from harness.errors import SnapshotError
from harness.services.postgres.names import identifier, literal

WAYS = "null, hash, fake:email (fake:name, ...), constant:VALUE"
TEXTS = ("text", "varchar", "bpchar", "citext")
BLOCK = 64  # bytes: of HMAC with SHA-256
# What becomes of the 64 hex digits of a hash, by the type of the column.
HASHES = {
    "uuid": "substr({hash}, 1, 32)",
    "bytea": "decode({hash}, 'hex')",
    "int2": "('x' || substr({hash}, 1, 4))::bit(16)::int & 32767",
    "int4": "('x' || substr({hash}, 1, 8))::bit(32)::bigint & 2147483647",
    "int8": "('x' || substr({hash}, 1, 16))::bit(64)::bigint & 9223372036854775807",
}


@dataclass(frozen=True)
class Mask:
    """A way of masking columns.

    Attributes:
        way: How it is written: `null`, `hash`, `fake:email`, `constant:x`.
        key: What hashes are made with; equal values stay equal under the same key.
    """

    way: str
    key: bytes

    @property
    def kind(self) -> str:
        """The way without what it is told, such as `fake`."""
        return self.way.partition(":")[0]

    @property
    def told(self) -> str:
        """What stands after the colon, such as `email`."""
        return self.way.partition(":")[2]

    def expression(self, column: Column, said: str) -> str:
        """Return what is selected in the place of a column.

        Args:
            column: The column.
            said: How errors name it.

        Raises:
            SnapshotError: It cannot be masked in this way.
        """
        expressions = {"null": self._null, "hash": self._hash, "constant": self._constant}
        if self.kind == "fake":
            return self._fake(column, said)
        if self.kind not in expressions or bool(self.told) != (":" in self.way):
            raise SnapshotError(
                f"--mask {said}={self.way}: no such way of masking", hint=f"write one of {WAYS}"
            )
        return expressions[self.kind](column, said)

    def _null(self, column: Column, said: str) -> str:
        if column.required:
            raise SnapshotError(
                f"--mask {said}=null: the column is NOT NULL",
                hint=f"write {said}=hash, or constant:VALUE",
            )
        return f"null::{column.type}"

    def _hash(self, column: Column, said: str) -> str:
        value = hashed(identifier(column.name), self.key)
        if column.base in TEXTS:
            return f"left({value}, {column.length})" if column.length else value
        if column.base not in HASHES:
            raise SnapshotError(
                f"--mask {said}=hash: a hash cannot be stored as {column.type}",
                cause="hash is for texts, bytea, uuid and integers",
                hint=f"write {said}=null, or constant:VALUE",
            )
        return HASHES[column.base].format(hash=value)

    def _constant(self, column: Column, said: str) -> str:
        name = identifier(column.name)
        value = f"{literal(self.told)}::{column.type}"
        return f"case when {name} is null then null else {value} end"

    def _fake(self, column: Column, said: str) -> str:
        """Return a hash, too: the value is made of it when it arrives here."""
        check_fake(self.told, said)
        if column.base not in TEXTS:
            raise SnapshotError(
                f"--mask {said}={self.way}: {FAKED} is a text, the column is {column.type}",
                hint=f"write {said}=null, hash, or constant:VALUE",
            )
        return hashed(identifier(column.name), self.key)


def hashed(name: str, key: bytes) -> str:
    """Return the SQL of a value's HMAC with SHA-256, as 64 hex digits; NULL stays NULL.

    The server computes it, so that no value leaves it. Its log may hold the key: whoever reads that
    log can read the values, too.
    """
    inner, outer = (pad(key, byte) for byte in (0x36, 0x5C))
    value = f"sha256('\\x{inner}'::bytea || convert_to({name}::text, 'UTF8'))"
    return f"encode(sha256('\\x{outer}'::bytea || {value}), 'hex')"


def pad(key: bytes, byte: int) -> str:
    """Return one of the two keys of an HMAC (RFC 2104), as hex digits."""
    short = hashlib.sha256(key).digest() if len(key) > BLOCK else key
    return bytes(each ^ byte for each in short.ljust(BLOCK, b"\0")).hex()
