"""What a failed assertion on rows says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.testing.rows.condition import Condition
from harness.testing.rows.equality import Difference, differences
from harness.testing.rows.nearest import CANDIDATES, SHOWN, Search, ranked
from harness.testing.rows.pairing import Pairing
from harness.testing.rows.table import Table
from harness.testing.rows.text import WIDTH, around, one_line, pairs, row_lines, sentence, shown

INDENT = " " * 6
LISTED = 10  # missing, unexpected and different rows, of each
NOTHING: Mapping[str, object] = {}


def no_row(table: Table[Any], condition: Condition, columns: Mapping[str, object]) -> str:
    """Say that a row is not there, and which come near it."""
    expected = {**condition.expected, **columns}
    head = f"no row of {table.name}{condition.phrase}"
    lines = [
        sentence(head),
        *([sentence(f"  with {pairs(columns)}")] if columns else []),
        *near(table, expected),
    ]
    return "\n".join(lines)


def near(table: Table[Any], expected: Mapping[str, object]) -> list[str]:
    """Return the lines that show the rows nearest to what is expected."""
    search = Search(table, expected)
    if not search.total:
        return ["  the table is empty"]
    return [f"  {summary(search, expected)}:", *listing(search.rows, expected)]


def summary(search: Search[Any], expected: Mapping[str, object]) -> str:
    """Say how many rows there are, and which are shown."""
    rows = number_of(search.total)
    if len(search.rows) == search.total:
        return f"{rows} in all"
    order = "the nearest" if expected else "the first"
    among = f" of {search.looked} that were compared" if search.looked < search.total else ""
    return f"{rows} in all, {order}{among}"


def listing(
    rows: Sequence[Any], expected: Mapping[str, object], named: Iterable[str] = ()
) -> list[str]:
    """Return the lines that show rows, each with what is not as expected.

    Args:
        rows: The rows.
        expected: What their columns are to be.
        named: Columns to show first.
    """
    lines: list[str] = []
    for row in rows:
        lines += row_lines(row, [*named, *expected])
        lines += difference_lines(differences(expected, row))
    return lines


def difference_lines(found: Sequence[Difference]) -> list[str]:
    """Return the lines that show what is not as expected in a row."""
    return [line for difference in found for line in lines_of(difference)]


def lines_of(difference: Difference) -> list[str]:
    """Show one difference: on one line where it fits, else on one for each value."""
    actual, expected = one_line(difference.actual), one_line(difference.expected)
    remark = f" ({difference.remark})" if difference.remark else ""
    head = f"{INDENT}{difference.column}:"
    line = f"{head} {actual}, expected {expected}{remark}"
    if len(line) <= WIDTH:
        return [line]
    actual, expected = around(actual, expected, WIDTH - len(INDENT) - 11)
    return [f"{head}{remark}", f"{INDENT}  is       {actual}", f"{INDENT}  expected {expected}"]


def other_row(
    table: Table[Any], condition: Condition, columns: Mapping[str, object], row: Any
) -> str:
    """Say how a row differs from what is expected."""
    head = f"the row of {table.name}{condition.phrase} is not as expected"
    return "\n".join([sentence(head), *listing([row], columns, condition.expected)])


def several_rows(
    table: Table[Any], condition: Condition, columns: Mapping[str, object], rows: Sequence[Any]
) -> str:
    """Say that a condition names more than one row."""
    number, nearest = found(table, condition, rows, columns)
    head = f"{number}, where one was expected"
    hint = '  next: narrow `where`, or choose one, as by order_by="id desc"'
    return "\n".join([sentence(head), *listing(nearest, columns, condition.expected), hint])


def unwanted_rows(table: Table[Any], condition: Condition, rows: Sequence[Any]) -> str:
    """Say which rows ought not to be there."""
    number, first = found(table, condition, rows, NOTHING)
    return "\n".join(
        [
            sentence(f"{number}, where none was expected"),
            *listing(first, NOTHING, condition.expected),
        ]
    )


def found(
    table: Table[Any], condition: Condition, rows: Sequence[Any], columns: Mapping[str, object]
) -> tuple[str, list[Any]]:
    """Say how many rows meet a condition, of which some were fetched, and return those to show."""
    number = len(rows)
    if number > SHOWN:
        number = table.count(condition)
        rows = table.meeting(condition, CANDIDATES, table.order)
    return f"{number_of(number)} of {table.name}{condition.phrase}", ranked(rows, columns)[:SHOWN]


def other_count(table: Table[Any], condition: Condition, expected: object, number: int) -> str:
    """Say that there are more rows, or fewer, than expected."""
    head = f"{number_of(number)} of {table.name}{condition.phrase}, expected {shown(expected)}"
    if number:
        rows = ranked(table.meeting(condition, CANDIDATES, table.order), NOTHING)
        return "\n".join(
            [
                sentence(head),
                *listing(rows[:SHOWN], NOTHING, condition.expected),
                *and_more(number, SHOWN),
            ]
        )
    return "\n".join([sentence(head), *(near(table, condition.expected) if condition.text else ())])


def number_of(rows: int) -> str:
    """Write a number of rows."""
    return f"{rows} row{'' if rows == 1 else 's'}"


def other_rows(table: Table[Any], condition: Condition, pairing: Pairing) -> str:
    """Say which rows of a table are missing, unexpected and different."""
    head = f"the rows of {table.name}{condition.phrase} are not as expected"
    lines = [sentence(head), *missing_lines(pairing), *unexpected_lines(pairing)]
    if pairing.different:
        lines.append(f"  {len(pairing.different)} different:")
        for row, found in pairing.different[:LISTED]:
            lines += [*row_lines(row, pairing.columns), *difference_lines(found)]
        lines += and_more(len(pairing.different))
    return "\n".join(lines)


def missing_lines(pairing: Pairing) -> list[str]:
    """Return the lines that show the rows which are not there."""
    missing = pairing.missing
    if not missing:
        return []
    lines = [sentence(f"  - {pairs(row)}") for row in missing[:LISTED]]
    return [f"  {len(missing)} missing:", *lines, *and_more(len(missing))]


def unexpected_lines(pairing: Pairing) -> list[str]:
    """Return the lines that show the rows which nobody expects."""
    rows = pairing.unexpected
    if not rows:
        return []
    lines = [line for row in rows[:LISTED] for line in row_lines(row, pairing.columns)]
    return [f"  {len(rows)} unexpected:", *lines, *and_more(len(rows))]


def and_more(number: int, listed: int = LISTED) -> list[str]:
    """Return the line that tells how many rows are not shown."""
    return [f"  - ... and {number - listed} more"] if number > listed else []
