"""Taking a condition apart into simple ones that together make it true."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from harness.data.checks.evaluate import evaluate
from harness.data.checks.nodes import Call, CannotTellError, Constant, Node

OPPOSITES = {
    "=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "is null": "is not null", "is not null": "is null",
    "~": "!~", "!~": "~", "~*": "!~*", "!~*": "~*",
    "~~": "!~~", "!~~": "~~", "~~*": "!~~*", "!~~*": "~~*",
    "any": "all", "all": "any", "and": "or", "or": "and",
}  # fmt: skip


def branch(node: Node, rng: random.Random, row: Mapping[str, Any]) -> list[Node]:
    """Return simple conditions that are enough for a condition: of each OR one side, drawn.

    Args:
        node: The condition.
        rng: Draws the side.
        row: Values that are known by now; a side that they rule out is not taken.

    Example:
        >>> from harness.data.checks.parser import parse
        >>> len(branch(parse("a > 0 and not (b or c < 1)"), random.Random(1), {}))
        3
    """
    if not isinstance(node, Call):
        return [node]
    if node.function == "not":
        opposite = negated(node.arguments[0])
        return [opposite] if opposite == node else branch(opposite, rng, row)
    if node.function == "and":
        return [leaf for part in node.arguments for leaf in branch(part, rng, row)]
    if node.function == "or":
        return branch(rng.choice(open_sides(node, row)), rng, row)
    return [node]


def open_sides(node: Call, row: Mapping[str, Any]) -> list[Node]:
    """Return the sides of an OR that can still be true."""
    sides = [side for part in node.arguments for side in flat(part)]
    return [side for side in sides if not is_false(side, row)] or sides


def flat(node: Node) -> list[Node]:
    """Return the sides of an OR whose sides may be ORs."""
    if isinstance(node, Call) and node.function == "or":
        return [side for part in node.arguments for side in flat(part)]
    return [node]


def is_false(node: Node, row: Mapping[str, Any]) -> bool:
    """Tell whether a condition is known not to hold."""
    try:
        value = evaluate(node, row)
    except CannotTellError:
        return False
    return value is not None and not value


def negated(node: Node) -> Node:
    """Return the opposite of a condition, without a `not` in front where there is such."""
    if not isinstance(node, Call):
        return Call("not", (node,))
    if node.function == "not":
        return node.arguments[0]
    if node.function in ("and", "or"):
        return Call(OPPOSITES[node.function], tuple(map(negated, node.arguments)))
    if node.function in ("any", "all") and isinstance(node.arguments[0], Constant):
        compare, *rest = node.arguments
        opposite = OPPOSITES.get(str(getattr(compare, "value", "")))
        if opposite:
            return Call(OPPOSITES[node.function], (Constant(opposite), *rest))
    elif node.function in OPPOSITES:
        return Call(OPPOSITES[node.function], node.arguments)
    return Call("not", (node,))
