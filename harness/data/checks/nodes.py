"""The tree of a condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias


class CannotTellError(Exception):
    """A condition, or a part of it, has no value that we could know."""


class UnreadableError(CannotTellError):
    """It uses something that this reader of SQL does not know."""


class UnknownNameError(CannotTellError):
    """It depends on a column whose value is not known."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A column; `value` in the condition of a domain."""

    name: str


@dataclass(frozen=True, slots=True)
class Cast:
    """An expression of another type."""

    operand: Node
    type: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function: `and`, `<=`, `is null`, `any`, `length`, ..."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Constant | Name | Cast | Call


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts of a node."""
    if isinstance(node, Call):
        return node.arguments
    return (node.operand,) if isinstance(node, Cast) else ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(node: Node) -> frozenset[str]:
    """Return the columns that a condition is about."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Name))


def renamed(node: Node, rename: Callable[[Name], Node]) -> Node:
    """Return a condition with its names replaced."""
    if isinstance(node, Name):
        return rename(node)
    if isinstance(node, Cast):
        return Cast(renamed(node.operand, rename), node.type)
    if isinstance(node, Call):
        return Call(node.function, tuple(renamed(part, rename) for part in node.arguments))
    return node
