"""Drawing values of the types that are neither texts nor ordered: one short function each."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

from harness.data.schema.model import Type
from harness.data.values.texts import letters


def bits(kind: Type, rng: random.Random) -> str:
    """Draw as many bits as the type has."""
    return "".join(rng.choices("01", k=kind.length or (8 if kind.name == "varbit" else 1)))


def address(rng: random.Random) -> str:
    """Draw an address of the block for documentation (RFC 5737)."""
    return f"192.0.2.{rng.randint(1, 254)}"


def octets(rng: random.Random, count: int) -> str:
    """Draw the octets of a hardware address that is locally administered."""
    return ":".join(["02", *(f"{rng.randrange(256):02x}" for _ in range(count - 1))])


def point(rng: random.Random) -> str:
    """Draw a point."""
    return f"({rng.randint(0, 100)},{rng.randint(0, 100)})"


PLAIN: dict[str, Callable[[Type, random.Random], Any]] = {
    "bool": lambda kind, rng: rng.random() < 0.5,
    "uuid": lambda kind, rng: uuid.UUID(int=rng.getrandbits(128), version=4),
    "bytea": lambda kind, rng: rng.randbytes(8),
    "json": lambda kind, rng: {},
    "jsonb": lambda kind, rng: {},
    "jsonpath": lambda kind, rng: "$",
    "xml": lambda kind, rng: f"<{letters(rng, 6)}/>",
    "tsvector": lambda kind, rng: letters(rng, 8),
    "tsquery": lambda kind, rng: letters(rng, 8),
    "hstore": lambda kind, rng: "",
    "ltree": lambda kind, rng: letters(rng, 8),
    "char": lambda kind, rng: letters(rng, 1),
    "inet": lambda kind, rng: address(rng),
    "cidr": lambda kind, rng: f"{address(rng)}/32",
    "macaddr": lambda kind, rng: octets(rng, 6),
    "macaddr8": lambda kind, rng: octets(rng, 8),
    "bit": bits,
    "varbit": bits,
    "point": lambda kind, rng: point(rng),
    "lseg": lambda kind, rng: f"[{point(rng)},{point(rng)}]",
    "box": lambda kind, rng: f"{point(rng)},{point(rng)}",
    "path": lambda kind, rng: f"[{point(rng)},{point(rng)}]",
    "polygon": lambda kind, rng: f"({point(rng)},{point(rng)},{point(rng)})",
    "line": lambda kind, rng: f"{{1,1,{rng.randint(0, 100)}}}",
    "circle": lambda kind, rng: f"<{point(rng)},{rng.randint(1, 100)}>",
    "pg_lsn": lambda kind, rng: f"0/{rng.randrange(2**32):X}",
    "xid8": lambda kind, rng: str(rng.randrange(2**32)),
}
