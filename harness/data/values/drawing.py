"""Drawing one value of any type, within limits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.data.checks.branches import branch, is_false
from harness.data.checks.limits import Limits, limits_of
from harness.data.schema.model import Type
from harness.data.values.named import text_for, usual_range
from harness.data.values.ordered import draw_ordered
from harness.data.values.plain import PLAIN
from harness.data.values.scales import SCALES
from harness.data.values.shapes import NotDrawableError, Record, Span
from harness.data.values.texts import TEXTS, draw_text

TRIES = 50  # of a value that stands inside another, before there is said to be none
OBJECTS: tuple[Any, ...] = ({}, [], '"text"', 1, True)  # values of a JSON column


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of one value.

    Attributes:
        limits: What it has to keep to.
        column: The column's name, which may say what is usual; empty for none.
        table: The table's name.
        unique: Whether it ought to differ from all others.
        attempt: How often a value was drawn for this before: what is usual is tried first.
    """

    limits: Limits
    column: str = ""
    table: str = ""
    unique: bool = False
    attempt: int = 0


def draw(kind: Type, wish: Wish, rng: random.Random) -> Any:
    """Draw a value of a type.

    Raises:
        NotDrawableError: There is none, or the type is not known here.
        UnreadableError: It has to match a pattern that is not simple.
    """
    kind, limits = kind.base, wish.limits
    if limits.choices is not None:
        return chosen(limits.choices, rng)
    if limits.mentioned and wish.attempt % 2:
        return rng.choice(limits.mentioned)
    if kind.kind != "base":
        return SHAPES[kind.kind](kind, limits, rng)
    if kind.name in SCALES:
        usual = usual_range(wish.column, kind.name) if wish.attempt < TRIES // 2 else None
        return draw_ordered(kind, limits, rng, unique=wish.unique, usual=usual)
    if kind.name in TEXTS:
        return draw_any_text(kind, wish, rng)
    if kind.name in ("json", "jsonb") and wish.attempt:
        return rng.choice(OBJECTS)
    if kind.name not in PLAIN:
        raise NotDrawableError(f"values of the type {kind.name} are not known here")
    return PLAIN[kind.name](kind, rng)


def chosen(choices: Sequence[Any], rng: random.Random) -> Any:
    """Draw one of some values."""
    if not choices:
        raise NotDrawableError("no value is left")
    return rng.choice(choices)


def draw_any_text(kind: Type, wish: Wish, rng: random.Random) -> str:
    """Draw a text: such as the column's name suggests, where that fits."""
    named = None
    if wish.attempt < 3 and not wish.limits.patterns:
        named = text_for(wish.column, wish.table, rng)
    most = [length for length in (kind.length, wish.limits.longest) if length is not None]
    if named is not None and wish.limits.shortest <= len(named) <= min(most, default=len(named)):
        fixed = kind.name == "bpchar" and len(named) != kind.length
        if not fixed:
            return named
    return draw_text(kind, wish.limits, rng, unique=wish.unique)


def draw_inner(kind: Type, rng: random.Random, limits: Limits | None = None) -> Any:
    """Draw a value that stands inside another: an item, an end of a range, a part.

    The conditions of a domain are met here; those of a column's own, with the column's others.
    """
    checks = [check.node for check in kind.domain_checks() if check.node is not None]
    for attempt in range(TRIES):
        leaves = [leaf for node in checks for leaf in branch(node, rng, {})]
        wanted = limits or limits_of("value", leaves, {})
        value = draw(kind, Wish(wanted, attempt=attempt), rng)
        if not any(is_false(node, {"value": value}) for node in checks):
            return value
    raise NotDrawableError(f"no value of the domain {kind.name} was found")


def draw_enum(kind: Type, limits: Limits, rng: random.Random) -> str:
    """Draw a label of an enum."""
    return str(chosen(kind.labels, rng))


def draw_array(kind: Type, limits: Limits, rng: random.Random) -> list[Any]:
    """Draw an array: of one or two items, unless the limits say otherwise."""
    element = element_of(kind)
    longest = 2 if limits.longest is None else limits.longest
    count = rng.randint(max(limits.shortest, min(1, longest)), max(limits.shortest, longest, 0))
    items = Limits(choices=limits.items)
    return [draw_inner(element, rng, items if limits.items else None) for _ in range(count)]


def draw_range(kind: Type, limits: Limits, rng: random.Random) -> Span:
    """Draw a range that is not empty, and so short that few others overlap."""
    element = element_of(kind).base
    if element.name not in SCALES:
        raise NotDrawableError(f"ranges of the type {element.name} are not known here")
    scale = SCALES[element.name](element)
    first, last = scale.usual
    low = rng.randint(first, last)
    return Span(scale.value(low), scale.value(low + rng.randint(1, 1 + (last - first) // 1000)))


def draw_multirange(kind: Type, limits: Limits, rng: random.Random) -> list[Span]:
    """Draw a multirange of one range."""
    return [draw_range(kind, limits, rng)]


def draw_composite(kind: Type, limits: Limits, rng: random.Random) -> Record:
    """Draw a value of a composite type."""
    return Record(tuple(draw_inner(part, rng) for _, part in kind.fields))


def element_of(kind: Type) -> Type:
    """Return what an array holds or a range spans."""
    if kind.element is None:
        raise NotDrawableError(f"what {kind.name} is made of is not known")
    return kind.element


SHAPES = {
    "enum": draw_enum,
    "array": draw_array,
    "range": draw_range,
    "multirange": draw_multirange,
    "composite": draw_composite,
}
