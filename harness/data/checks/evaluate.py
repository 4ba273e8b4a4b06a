"""The value of a condition for one row, in SQL's logic of three values."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from harness.data.checks.casts import alike, cast
from harness.data.checks.functions import FUNCTIONS
from harness.data.checks.nodes import (
    Call,
    CannotTellError,
    Cast,
    Constant,
    Name,
    Node,
    UnknownNameError,
    UnreadableError,
    walk,
)
from harness.data.checks.patterns import from_glob, from_like, from_posix

Row = Mapping[str, Any]


def evaluate(node: Node, row: Row) -> Any:
    """Return the value of an expression; None is SQL's NULL.

    Raises:
        CannotTellError: It depends on a column that `row` has no value of, or uses something that
            is not known here.

    Example:
        >>> from harness.data.checks.parser import parse
        >>> evaluate(parse("price > 0 and price < 10"), {"price": 5})
        True
    """
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Name):
        if node.name not in row:
            raise UnknownNameError(node.name)
        return row[node.name]
    if isinstance(node, Cast):
        return cast(evaluate(node.operand, row), node.type)
    return call(node, row)


def call(node: Call, row: Row) -> Any:
    """Return the value of an operator or a function."""
    if node.function in LAZY:
        return LAZY[node.function](node.arguments, row)
    values = [evaluate(part, row) for part in node.arguments]
    if node.function in TOTAL:
        return TOTAL[node.function](values)
    if None in values:
        return None
    return apply(node.function, values)


def apply(function: str, values: list[Any]) -> Any:
    """Call a function that is NULL where one of its arguments is."""
    known = STRICT.get(function) or FUNCTIONS.get(function)
    if known is None:
        raise UnreadableError(f"{function}()" if function.isidentifier() else function)
    try:
        return known(*values)
    except CannotTellError:
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, re.error) as error:
        raise UnreadableError(f"{function} of {values!r}: {error}") from error


def unknown(node: Node) -> str:
    """Return the first function in an expression that is not known here, or an empty text."""
    calls = (part.function for part in walk(node) if isinstance(part, Call))
    known = (LAZY, TOTAL, STRICT, FUNCTIONS)
    return next((f"{name}()" for name in calls if not any(name in table for table in known)), "")


def conjunction(parts: Sequence[Node], row: Row) -> bool | None:
    """Evaluate AND."""
    return decided(parts, row, False)


def disjunction(parts: Sequence[Node], row: Row) -> bool | None:
    """Evaluate OR."""
    return decided(parts, row, True)


def decided(parts: Sequence[Node], row: Row, by: bool) -> bool | None:
    """Evaluate parts of which one decides: a part that cannot be known may not matter."""
    doubt: CannotTellError | None = None
    null = False
    for part in parts:
        try:
            value = evaluate(part, row)
        except CannotTellError as error:
            doubt = error
            continue
        if value is not None and bool(value) is by:
            return by
        null = null or value is None
    if doubt is not None:
        raise doubt
    return None if null else not by


def case(parts: Sequence[Node], row: Row) -> Any:
    """Evaluate CASE."""
    for condition, value in zip(parts[:-1:2], parts[1::2], strict=False):
        if evaluate(condition, row):
            return evaluate(value, row)
    return evaluate(parts[-1], row)


def coalesce(parts: Sequence[Node], row: Row) -> Any:
    """Return the first value that is not NULL."""
    for part in parts:
        value = evaluate(part, row)
        if value is not None:
            return value
    return None


def quantified(parts: Sequence[Node], row: Row) -> bool | None:
    """Compare with any item of an array."""
    results = compared(parts, row)
    if results is None or True in results:
        return None if results is None else True
    return None if None in results else False


def universal(parts: Sequence[Node], row: Row) -> bool | None:
    """Compare with all items of an array."""
    results = compared(parts, row)
    if results is None or False in results:
        return None if results is None else False
    return None if None in results else True


def compared(parts: Sequence[Node], row: Row) -> list[Any] | None:
    """Compare with each item of an array."""
    function, left, right = (evaluate(part, row) for part in parts)
    if left is None or right is None:
        return None
    return [None if item is None else apply(function, [left, item]) for item in right]


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are the same, NULL included."""
    if left is None or right is None:
        return left is right
    return bool(operator.eq(*alike(left, right)))


def comparison(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    """Return a comparison of values that may be of different types."""
    return lambda left, right: bool(compare(*alike(left, right)))


def plus(left: Any, right: Any) -> Any:
    """Add, also to dates."""
    if isinstance(left, str) and isinstance(right, timedelta):
        raise UnreadableError(f"{left!r} + interval")
    if isinstance(left, date) and isinstance(right, int):
        return left + timedelta(days=right)
    if isinstance(left, date) and isinstance(right, timedelta):
        return moment_of(left) + right
    if isinstance(right, date):
        return plus(right, left)
    return operator.add(*alike(left, right))


def minus(left: Any, right: Any) -> Any:
    """Subtract, also from dates."""
    if isinstance(right, int | timedelta) and isinstance(left, date):
        return plus(left, -right)
    both_dates = not isinstance(left, datetime) and not isinstance(right, datetime)
    if isinstance(left, date) and isinstance(right, date) and both_dates:
        return (left - right).days
    if isinstance(left, time):
        raise UnreadableError("time - time")
    return operator.sub(*alike(left, right))


def moment_of(day: date) -> datetime:
    """Return the first moment of a day."""
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)


def divide(left: Any, right: Any) -> Any:
    """Divide, whole numbers to a whole number."""
    if isinstance(left, int) and isinstance(right, int):
        return int(Decimal(left) / Decimal(right))
    return operator.truediv(*alike(left, right))


def modulo(left: Any, right: Any) -> Any:
    """Return the rest of a division."""
    left, right = alike(left, right)
    return left - right * int(Decimal(left) / Decimal(right))  # the sign is that of the left


def matches(
    convert: Callable[[str], str], flags: int = 0, negated: bool = False
) -> Callable[[Any, Any], bool]:
    """Return a comparison with a pattern."""

    def match(value: Any, pattern: Any) -> bool:
        return bool(re.search(convert(str(pattern)), str(value), flags | re.DOTALL)) is not negated

    return match


LAZY: dict[str, Callable[[Sequence[Node], Row], Any]] = {
    "and": conjunction,
    "or": disjunction,
    "case": case,
    "coalesce": coalesce,
    "ifnull": coalesce,
    "any": quantified,
    "all": universal,
}
TOTAL: dict[str, Callable[[list[Any]], Any]] = {
    "is null": lambda values: values[0] is None,
    "is not null": lambda values: values[0] is not None,
    "is": lambda values: same(*values),
    "array": list,
    "num_nonnulls": lambda values: sum(value is not None for value in values),
    "num_nulls": lambda values: sum(value is None for value in values),
    "concat": lambda values: "".join(str(value) for value in values if value is not None),
}
STRICT: dict[str, Callable[..., Any]] = {
    "not": lambda value: not value,
    "=": comparison(operator.eq),
    "<>": comparison(operator.ne),
    "<": comparison(operator.lt),
    "<=": comparison(operator.le),
    ">": comparison(operator.gt),
    ">=": comparison(operator.ge),
    "+": plus,
    "-": minus,
    "*": lambda left, right: operator.mul(*alike(left, right)),
    "/": divide,
    "%": modulo,
    "mod": modulo,
    "negative": operator.neg,
    "||": lambda left, right: left + right if isinstance(left, list) else f"{left}{right}",
    "~": matches(from_posix),
    "~*": matches(from_posix, re.IGNORECASE),
    "!~": matches(from_posix, negated=True),
    "!~*": matches(from_posix, re.IGNORECASE, negated=True),
    "~~": matches(from_like),
    "~~*": matches(from_like, re.IGNORECASE),
    "!~~": matches(from_like, negated=True),
    "!~~*": matches(from_like, re.IGNORECASE, negated=True),
    "glob": matches(from_glob),
}
