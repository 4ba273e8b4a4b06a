"""What simple conditions leave to the value of one column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.data.checks.evaluate import apply, evaluate
from harness.data.checks.nodes import Call, CannotTellError, Cast, Constant, Name, Node, names
from harness.data.checks.patterns import from_glob, from_like, from_posix

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
LENGTHS = {
    "length", "char_length", "character_length", "octet_length", "cardinality", "array_length",
}  # fmt: skip
CASES = {"lower": "lower", "upper": "upper"}
PATTERNS = {
    "~": (from_posix, ""), "~*": (from_posix, "(?i)"),
    "~~": (from_like, ""), "~~*": (from_like, "(?i)"), "glob": (from_glob, ""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of what is allowed.

    Attributes:
        value: The last value, of any type that is ordered.
        open: Whether it is left out itself.
    """

    value: Any
    open: bool = False


@dataclass(slots=True)
class Limits:
    """What the value of one column can be.

    Attributes:
        choices: The only values; None for any.
        low: Where it begins.
        high: Where it ends.
        shortest: The least length of a text or an array.
        longest: The greatest.
        patterns: Regular expressions that it matches.
        case: `lower` or `upper` for a text that is all that.
        items: The only items of an array; None for any.
        null: Whether it has to be NULL; None where nothing says so.
        mentioned: Values that a condition compares it with: worth a try.
    """

    choices: list[Any] | None = None
    low: Bound | None = None
    high: Bound | None = None
    shortest: int = 0
    longest: int | None = None
    patterns: list[str] = field(default_factory=list)
    case: str = ""
    items: list[Any] | None = None
    null: bool | None = None
    mentioned: list[Any] = field(default_factory=list)

    def choose(self, values: Iterable[Any]) -> None:
        """Allow these values only, of those that are allowed by now."""
        before = self.choices
        self.choices = [value for value in values if before is None or value in before]

    def at_least(self, bound: Bound) -> None:
        """Raise the lower end."""
        if self.low is None or tighter(bound, self.low, ">"):
            self.low = bound

    def at_most(self, bound: Bound) -> None:
        """Lower the upper end."""
        if self.high is None or tighter(bound, self.high, "<"):
            self.high = bound

    def compare(self, operator: str, value: Any) -> None:
        """Take in that the value stands so to another."""
        if operator == "=":
            self.choose([value])
        elif operator in (">", ">="):
            self.at_least(Bound(value, operator == ">"))
        elif operator in ("<", "<="):
            self.at_most(Bound(value, operator == "<"))

    def measure(self, operator: str, length: int) -> None:
        """Take in that its length stands so to a number."""
        if operator in ("=", ">", ">="):
            self.shortest = max(self.shortest, length + (operator == ">"))
        if operator in ("=", "<", "<="):
            longest = length - (operator == "<")
            self.longest = longest if self.longest is None else min(self.longest, longest)


def tighter(new: Bound, old: Bound, operator: str) -> bool:
    """Tell whether one bound leaves less than another."""
    return bool(apply(operator, [new.value, old.value])) or (new.value == old.value and new.open)


def limits_of(
    column: str,
    leaves: Iterable[Node],
    row: Mapping[str, Any],
    others: Mapping[str, Limits] | None = None,
) -> Limits:
    """Return what simple conditions leave to a column.

    Args:
        column: Its name.
        leaves: The conditions; those that say nothing simple are passed over.
        row: The columns whose values are known by now.
        others: The limits of columns whose values are not: `starts < ends` keeps `starts` below
            the upper end of `ends`.

    Example:
        >>> from harness.data.checks.parser import parse
        >>> limits_of("price", [parse("price > 0")], {}).low
        Bound(value=0, open=True)
    """
    limits = Limits()
    for leaf in leaves:
        try:
            limits.case = case_of(column, leaf) or limits.case
            take_in(limits, column, leaf, row, others or {})
        except CannotTellError:
            continue
    return limits


def take_in(
    limits: Limits,
    column: str,
    leaf: Node,
    row: Mapping[str, Any],
    others: Mapping[str, Limits],
) -> None:
    """Take in one condition."""
    if is_column(leaf, column):
        limits.choose([True])
    if not isinstance(leaf, Call):
        return
    if leaf.function == "not" and is_column(leaf.arguments[0], column):
        limits.choose([False])
    elif leaf.function in ("is null", "is not null") and is_column(leaf.arguments[0], column):
        limits.null = leaf.function == "is null"
    elif leaf.function == "any":
        take_in_any(limits, column, leaf, row)
    elif leaf.function in PATTERNS and is_column(leaf.arguments[0], column):
        convert, flags = PATTERNS[leaf.function]
        limits.patterns.append(flags + convert(str(evaluate(leaf.arguments[1], row))))
    elif leaf.function == "<@" and is_column(leaf.arguments[0], column):
        limits.items = evaluate(leaf.arguments[1], row)
    elif leaf.function in MIRRORED:
        left, right = leaf.arguments
        take_in_comparison(limits, column, (left, leaf.function, right), row, others)
        take_in_comparison(limits, column, (right, MIRRORED[leaf.function], left), row, others)


def take_in_any(limits: Limits, column: str, leaf: Call, row: Mapping[str, Any]) -> None:
    """Take in `column = any (array)`."""
    compare, left, right = leaf.arguments
    if compare == Constant("=") and is_column(left, column):
        limits.choose(item for item in evaluate(right, row) if item is not None)


def take_in_comparison(
    limits: Limits,
    column: str,
    comparison: tuple[Node, str, Node],
    row: Mapping[str, Any],
    others: Mapping[str, Limits],
) -> None:
    """Take in a comparison that has the column, or something made of it, on its left."""
    left, operator, right = comparison
    left = without_casts(left)
    if column not in names(left) or column in names(right):
        return
    if isinstance(left, Call) and left.function in ("+", "-"):
        moved = solved(left, operator, right, column)
        take_in_comparison(limits, column, moved, row, others)
    elif isinstance(left, Call) and is_column(left.arguments[0], column):
        take_in_function(limits, left.function, operator, evaluate(right, row))
    elif is_column(left, column):
        if isinstance(right, Name) and right.name not in row:
            beside(limits, operator, others.get(right.name, Limits()))
            return
        value = evaluate(right, row)
        if value is not None:
            limits.compare(operator, value)


def take_in_function(limits: Limits, function: str, operator: str, value: Any) -> None:
    """Take in a comparison of what a function makes of the column."""
    if function in LENGTHS:
        limits.measure(operator, int(value))
    elif function in ("trim", "btrim") and value == "" and operator == "<>":
        limits.shortest = max(limits.shortest, 1)


def beside(limits: Limits, operator: str, other: Limits) -> None:
    """Leave room for another column that is drawn later."""
    if operator in ("<", "<=", "=") and other.high is not None:
        limits.at_most(Bound(other.high.value, other.high.open or operator == "<"))
    if operator in (">", ">=", "=") and other.low is not None:
        limits.at_least(Bound(other.low.value, other.low.open or operator == ">"))


def solved(left: Call, operator: str, right: Node, column: str) -> tuple[Node, str, Node]:
    """Return `column + a < b` as `column < b - a`, and `a - column < b` as `column > a - b`."""
    first, second = left.arguments
    if column in names(first):
        back = "-" if left.function == "+" else "+"
        return first, operator, Call(back, (right, second))
    if left.function == "+":
        return second, operator, Call("-", (right, first))
    return second, MIRRORED[operator], Call("-", (first, right))


def case_of(column: str, leaf: Node) -> str:
    """Return `lower` or `upper` where a condition says that a column is all in that case."""
    if isinstance(leaf, Call) and leaf.function == "=":
        for one, other in (leaf.arguments, leaf.arguments[::-1]):
            one = without_casts(one)
            if is_column(other, column) and isinstance(one, Call) and one.function in CASES:
                return CASES[one.function] if is_column(one.arguments[0], column) else ""
    return ""


def without_casts(node: Node) -> Node:
    """Return what is cast, or the expression itself."""
    while isinstance(node, Cast):
        node = node.operand
    return node


def is_column(node: Node, column: str) -> bool:
    """Tell whether an expression is a column, cast or not."""
    return without_casts(node) == Name(column)


def mentioned(column: str, node: Node) -> list[Any]:
    """Return the constants that a condition compares a column with, anywhere in it."""
    if not isinstance(node, Call):
        return mentioned(column, node.operand) if isinstance(node, Cast) else []
    found = [value for part in node.arguments for value in mentioned(column, part)]
    beside = node.arguments[node.function in ("any", "all") :]
    if any(is_column(part, column) for part in beside):
        found += [value for part in beside for value in constant(part)]
    return found


def constant(node: Node) -> list[Any]:
    """Return the value of an expression without columns, the items of an array, or nothing."""
    if names(node):
        return []
    try:
        value = evaluate(node, {})
    except CannotTellError:
        return []
    return [item for item in (value if isinstance(value, list) else [value]) if item is not None]
