"""What it costs to put back one row of a table, by how many rows the table has."""

from __future__ import annotations

from functools import partial
from typing import Any

from harness import Postgres
from tests.benchmarks.cases import Test, server
from tests.benchmarks.measure import Line, in_turns, milliseconds, per_test, show, times

SIZES = (100, 10_000, 1_000_000)
TESTS = 20
ROUNDS = 5


def create_stock(db: Any) -> None:
    """Make a table of each size."""
    for size in SIZES:
        db.execute(f"create table stock_{size} (id integer primary key, name text, price integer)")
        db.execute(
            f"insert into stock_{size} select n, 'item ' || n, n from generate_series(1, {size}) n"
        )


class StockTest(Test):
    """A test that changes one row; `size` is that of its table."""

    db = Postgres(migrations=create_stock, isolation="commit")
    size = 0

    def test(self) -> None:
        """Change one row."""
        self.db.execute(f"update stock_{self.size} set price = 0 where id = 42")


def main() -> None:
    """Measure and print."""
    cases = {size: type(f"Stock{size}Test", (StockTest,), {"size": size}) for size in SIZES}
    with server():
        medians = in_turns(
            {str(size): partial(per_test, case, TESTS) for size, case in cases.items()}, ROUNDS
        )
    smallest = medians[str(SIZES[0])]
    lines = [
        Line(
            f"of {size:,} rows",
            milliseconds(medians[str(size)]),
            times(medians[str(size)], smallest),
        )
        for size in SIZES
    ]
    show(f"Whole test under commit that changes one row ({ROUNDS} x {TESTS} tests)", lines)
