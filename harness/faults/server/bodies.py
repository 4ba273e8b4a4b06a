"""The bodies of requests, read as the Go server reads them.

Only the first value of a body counts, names match whatever their case, unknown ones are left alone,
and null means that nothing was given.
"""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import dataclass
from typing import Any, NoReturn

from harness.faults.engine.chain import DOWNSTREAM, UPSTREAM, Toxic
from harness.faults.engine.kinds import KINDS
from harness.faults.failing.failure import REQUEST, RESPONSE, Failure, pattern
from harness.faults.failing.spoiler import SPOILERS
from harness.faults.server.errors import ApiError, bad_body, missing

LARGEST = 1 << 63
INVALID_STREAM = "stream was invalid, can be either upstream or downstream"
INVALID_TYPE = "invalid toxic type"
LOSSES = (None, REQUEST, RESPONSE)
PRINTABLE = re.compile(r"[^\0\r\n]*")


@dataclass(frozen=True)
class ProxyInput:
    """A proxy as a request wants it.

    Attributes:
        name: Its name.
        listen: Where it is to listen.
        upstream: Where it is to lead to.
        enabled: Whether it is to listen.
        seed: What its random choices follow from; None if that was not said.
        protocol: What is said through it, where that is to be read.
    """

    name: str = ""
    listen: str = ""
    upstream: str = ""
    enabled: bool = True
    seed: int | None = None
    protocol: str = ""

    def checked(self, where: str = "") -> ProxyInput:
        """Return itself.

        Raises:
            ApiError: It has no name or no upstream.
        """
        for field in ("name", "upstream"):
            if not getattr(self, field):
                raise missing(field + where)
        return self


def read(body: bytes) -> Any:
    """Return the first JSON value of a body.

    Raises:
        ApiError: There is none.
    """
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    if not text:
        raise bad_body("EOF")
    try:
        return json.JSONDecoder(parse_constant=refuse_constant).raw_decode(text)[0]
    except (ValueError, RecursionError) as error:
        raise bad_body(error) from error


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(f"invalid value {name}")


def fields(value: Any, what: str) -> dict[str, Any]:
    """Return the fields of an object, by their names in lower case, without those that are null.

    Raises:
        ApiError: It is no object.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_body(f"json: cannot unmarshal {kind_of(value)} into {what}")
    return {name.lower(): part for name, part in value.items() if part is not None}


def kind_of(value: object) -> str:
    """Return what Go calls a JSON value."""
    names = {str: "string", bool: "bool", list: "array", dict: "object"}
    return names.get(type(value), "number")


def take(given: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    """Return a field.

    Raises:
        ApiError: It is of another type.
    """
    value = given.get(name, default)
    if name in given and type(value) is not kind:
        raise bad_body(f"json: cannot unmarshal {kind_of(value)} into field {name}")
    return whole(value) if type(value) is str else value


def whole(text: str) -> str:
    """Return a text without halves of characters, which JSON can write and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def proxy_input(value: Any, base: ProxyInput | None = None) -> ProxyInput:
    """Read a proxy.

    Args:
        value: What was given.
        base: What holds where nothing was given.

    Raises:
        ApiError: A field has the wrong type.
    """
    base, given = base or ProxyInput(), fields(value, "a proxy")
    return ProxyInput(
        take(given, "name", str, base.name),
        take(given, "listen", str, base.listen),
        take(given, "upstream", str, base.upstream),
        take(given, "enabled", bool, base.enabled),
        take(given, "seed", int, base.seed),
        protocol_in(given, base.protocol),
    )


def protocol_in(given: dict[str, Any], default: str) -> str:
    """Return the protocol of a proxy; empty for none.

    Raises:
        ApiError: It is one that nobody can read here.
    """
    found: str = take(given, "protocol", str, default)
    if found and found not in SPOILERS:
        raise ApiError(f"unknown protocol: {found}", 400)
    return found


def failure_input(value: Any, protocol: str) -> Failure:
    """Read a failure.

    Args:
        value: What was given.
        protocol: That of the proxy.

    Raises:
        ApiError: A field has the wrong type or value, or the proxy's protocol is not known.
    """
    given = fields(value, "a failure")
    failure = Failure(
        words=take(given, "words", str, ""),
        protocol=protocol,
        code=take(given, "code", str, ""),
        message=take(given, "message", str, ""),
        on=take(given, "on", str, None),
        times=take(given, "times", int, None),
        after=take(given, "after", int, 0),
        lost=take(given, "lost", str, None),
    )
    wrong = fault_of(failure)
    if wrong is not None:
        raise ApiError(wrong, 400)
    return failure


def fault_of(failure: Failure) -> str | None:
    """Return what cannot be of a failure, or None."""
    if not failure.protocol:
        return "the proxy has no protocol"
    if not PRINTABLE.fullmatch(failure.code + failure.message):
        return "an error is one line"
    if failure.lost not in LOSSES:
        return "lost was invalid, can be either request or response"
    try:
        pattern(failure.on or "")
    except re.error as error:
        return f"on is no regular expression: {error}"
    return None


def proxy_inputs(value: Any) -> list[ProxyInput]:
    """Read a list of proxies.

    Raises:
        ApiError: It is none, or one of them lacks what it needs.
    """
    if value is not None and not isinstance(value, list):
        raise bad_body(f"json: cannot unmarshal {kind_of(value)} into a list of proxies")
    given = [proxy_input(part) for part in value or []]
    return [one.checked(f" at proxy {place}") for place, one in enumerate(given, 1)]


def toxic_input(value: Any) -> Toxic:
    """Read a toxic.

    Raises:
        ApiError: A field has the wrong type, or its stream or type is none.
    """
    given = fields(value, "a toxic")
    kind, stream = take(given, "type", str, ""), take(given, "stream", str, DOWNSTREAM)
    attributes = fields(given.get("attributes"), "attributes")
    toxicity = share(given, 1.0)
    name = take(given, "name", str, "") or f"{kind}_{stream}"
    if stream.lower() not in (UPSTREAM, DOWNSTREAM):
        raise ApiError(INVALID_STREAM, 400)
    if kind not in KINDS:
        raise ApiError(INVALID_TYPE, 400)
    zeros = dict.fromkeys(KINDS[kind][1], 0)
    return Toxic(name, kind, stream, toxicity, numbers(attributes, zeros))


def toxic_update(value: Any, toxic: Toxic) -> tuple[float, dict[str, int]]:
    """Read what changes of a toxic: its toxicity and its attributes, nothing else.

    Raises:
        ApiError: A field has the wrong type.
    """
    given = fields(value, "a toxic")
    attributes = fields(given.get("attributes"), "attributes")
    return share(given, toxic.toxicity), numbers(attributes, toxic.attributes)


def numbers(given: dict[str, Any], base: dict[str, int]) -> dict[str, int]:
    """Return attributes with those that were given.

    Raises:
        ApiError: One is no integer of 64 bits.
    """
    found = {name: take(given, name, int, value) for name, value in base.items()}
    for name, value in found.items():
        if not -LARGEST <= value < LARGEST:
            raise bad_body(f"json: cannot unmarshal number {value} into field {name}")
    return found


def share(given: dict[str, Any], default: float) -> float:
    """Return a toxicity, as exact as the Go server keeps it.

    Raises:
        ApiError: It is no number of 32 bits.
    """
    value = given.get("toxicity", default)
    if type(value) not in (int, float):
        raise bad_body(f"json: cannot unmarshal {kind_of(value)} into field toxicity")
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except (OverflowError, struct.error):
        single = math.inf
    if math.isinf(single):
        raise bad_body(f"json: cannot unmarshal number {value} into field toxicity")
    return shortest(single)


def shortest(single: float) -> float:
    """Return the number with the fewest digits that is the same in 32 bits.

    Example:
        >>> shortest(struct.unpack("f", struct.pack("f", 0.1))[0])
        0.1
    """
    for digits in range(1, 10):
        text = float(f"{single:.{digits}g}")
        if struct.pack("f", text) == struct.pack("f", single):
            return int(text) if text.is_integer() else text
    return single
