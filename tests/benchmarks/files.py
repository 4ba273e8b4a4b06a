"""What it costs to put back an SQLite file, by its size."""

from __future__ import annotations

from functools import partial
from typing import Any

from harness import SQLite
from tests.benchmarks.cases import Test
from tests.benchmarks.measure import Line, in_turns, milliseconds, per_test, show

SIZES = (1, 10, 100)  # MB
TESTS = 5
ROUNDS = 3
ROW = 4000  # bytes, so that a page holds one
WRITES = {
    "reads": "select count(*) from items",
    "writes one row": "insert into items (name) values ('one more')",
    "changes the structure": "create table extra (id integer)",
}


def filled(size: int, db: Any) -> None:
    """Make a database of some MB."""
    db.execute("create table items (id integer primary key, name text)")
    db.execute("create table stock (id integer primary key, content blob)")
    db.execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < %s) "
        f"insert into stock (content) select randomblob({ROW}) from n",
        [size * 1_000_000 // ROW],
    )


class FileTest(Test):
    """A test that runs one statement."""

    db = SQLite()
    sql = ""

    def test(self) -> None:
        """Run it."""
        self.db.execute(self.sql)


def cases(size: int) -> dict[str, type[FileTest]]:
    """Return a test for each statement, on a database of some MB."""
    db = SQLite(migrations=partial(filled, size), isolation="commit")
    return {
        f"{size} MB, {label}": type("Case", (FileTest,), {"db": db, "sql": sql})
        for label, sql in WRITES.items()
    }


def main() -> None:
    """Measure and print."""
    tests = {label: case for size in SIZES for label, case in cases(size).items()}
    medians = in_turns(
        {name: partial(per_test, case, TESTS) for name, case in tests.items()}, ROUNDS
    )
    lines = [Line(name, milliseconds(seconds)) for name, seconds in medians.items()]
    show(f"Whole test on SQLite under commit ({ROUNDS} x {TESTS} tests)", lines)
