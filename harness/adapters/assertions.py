"""The assertions on rows and statements that both test cases have.

What they are made of is imported at their first use: a suite without them does not pay for it.
"""

from __future__ import annotations

import unittest
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from harness.adapters.declared import database_of
from harness.core.lease import Lease
from harness.core.service import Service

if TYPE_CHECKING:
    from harness.testing.queries import ExpectedQueries, Recordable
    from harness.testing.rows.checks import Failure
    from harness.testing.rows.condition import Where
    from harness.testing.rows.table import Database, R

    _Base = unittest.TestCase
else:
    _Base = object

L = TypeVar("L", bound=Lease)

__unittest = True  # frames of this module are left out of a failure's traceback


class Writable(Protocol):
    """A lease that knows which tables were written."""

    def write_mark(self) -> Any:
        """Return a mark for `written_since`."""

    def written_since(self, mark: Any) -> frozenset[str]:
        """Return the tables that were written since a mark."""


class RowAssertions(_Base):
    """Assertions on the rows of a table, and on the statements that the code sends.

    Any value that compares equal matches: `unittest.mock.ANY`, or one of dirty-equals.
    """

    def assertRow(  # noqa: N802 - unittest's style
        self,
        db: Database[R],
        table: str,
        where: Where = None,
        /,
        *,
        order_by: str | None = None,
        msg: Any = None,
        **columns: object,
    ) -> R:
        """Check the one row that a condition names.

        Args:
            db: A lease, such as `self.db`.
            table: As `self.db.count` takes it.
            where: Columns and values, None standing for NULL; or SQL; or SQL and its parameters.
            order_by: SQL, such as `id desc`: where several rows are named, take the first.
            msg: What to say besides, as in every assertion of unittest.
            columns: What the row's columns are to equal.

        Returns:
            The row.

        Raises:
            AssertionError: There is no such row, or several, or its columns differ; shows the
                nearest rows and the difference.
            ConfigurationError: An argument cannot be used.

        Example:
            ::

                self.assertRow(self.db, "accounts", {"id": 7}, balance=750)
        """
        from harness.testing.rows import find_row

        failure = self._harness_failure(msg)
        return find_row(db, table, where, columns, order_by=order_by, failure=failure)

    def assertNoRow(  # noqa: N802
        self, db: Database[Any], table: str, where: Where = None, /, *, msg: Any = None
    ) -> None:
        """Check that no row meets a condition.

        Args:
            db: A lease, such as `self.db`.
            table: As `self.db.count` takes it.
            where: As of `assertRow`; None for any row.
            msg: What to say besides, as in every assertion of unittest.

        Raises:
            AssertionError: There is one; shows it.
            ConfigurationError: An argument cannot be used.

        Example:
            ::

                self.assertNoRow(self.db, "users", {"email": "eve@example.com"})
        """
        from harness.testing.rows import check_no_row

        check_no_row(db, table, where, failure=self._harness_failure(msg))

    def assertRows(  # noqa: N802
        self,
        db: Database[R],
        table: str,
        expected: Iterable[Mapping[str, object] | Sequence[object]],
        /,
        *,
        key: str | Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        where: Where = None,
        msg: Any = None,
    ) -> Sequence[R]:
        """Check that a table holds these rows and no others, in any order.

        Args:
            db: A lease, such as `self.db`.
            table: As `self.db.count` takes it.
            expected: What each row is to be: a dict of some of its columns, or a tuple.
            key: The column, or columns, by which rows belong together; without it, a row belongs to
                any whose columns are equal.
            columns: The columns of tuples; all of the table, if not given.
            where: Which rows of the table are meant, as of `assertRow`.
            msg: What to say besides, as in every assertion of unittest.

        Returns:
            The rows.

        Raises:
            AssertionError: A row is missing, unexpected or different; shows which.
            ConfigurationError: An argument cannot be used.

        Example:
            ::

                self.assertRows(
                    self.db, "users", [(1, "Ada"), (2, "Bob")], columns=("id", "name"), key="id"
                )
        """
        from harness.testing.rows import check_rows

        failure = self._harness_failure(msg)
        return check_rows(
            db, table, expected, key=key, columns=columns, where=where, failure=failure
        )

    def assertCount(  # noqa: N802
        self,
        db: Database[Any],
        table: str,
        number: object,
        where: Where = None,
        /,
        *,
        msg: Any = None,
    ) -> None:
        """Check how many rows meet a condition.

        Args:
            db: A lease, such as `self.db`.
            table: As `self.db.count` takes it.
            number: How many.
            where: As of `assertRow`; None for all rows.
            msg: What to say besides, as in every assertion of unittest.

        Raises:
            AssertionError: There are more, or fewer; shows some.
            ConfigurationError: An argument cannot be used.

        Example:
            ::

                self.assertCount(self.db, "orders", 2, {"status": "paid"})
        """
        from harness.testing.rows import check_count

        check_count(db, table, number, where, failure=self._harness_failure(msg))

    def assertQueries(  # noqa: N802
        self,
        number: object = None,
        /,
        *,
        db: Recordable | None = None,
        at_most: int | None = None,
        msg: Any = None,
    ) -> ExpectedQueries:
        """Check how many statements the code sends in a block.

        Those count that come through the lease's `connection` or an engine of the SQLAlchemy
        adapter; neither those that begin and end transactions and savepoints, nor what the lease's
        own methods send. Of connections that the code opens with the URL nothing is known.

        Args:
            number: How many.
            db: A lease; that of the class's one database, if not given.
            at_most: How many at most, instead.
            msg: What to say besides, as in every assertion of unittest.

        Raises:
            AssertionError: At the end of the block: there were more, or fewer; lists them.
            ConfigurationError: An argument cannot be used, or the class has several databases.

        Example:
            ::

                with self.assertQueries(2):
                    load_orders(self.db.connection)
        """
        from harness.testing.queries import ExpectedQueries

        lease = self._harness_lease(database_of(type(self))) if db is None else db
        return ExpectedQueries(lease, number, at_most=at_most, failure=self._harness_failure(msg))

    @contextmanager
    def assertWrites(  # noqa: N802
        self, db: Writable, *tables: str, msg: Any = None
    ) -> Iterator[None]:
        """Fail unless the block writes to exactly these tables; none for a block that only reads.

        Args:
            db: A lease of this test, such as `self.db`.
            tables: Names as in `db.written`: without the schema where it is `public`.
            msg: What to say besides, as in every assertion of unittest.

        Raises:
            AssertionError: It wrote to others, or not to all of them.

        Example:
            ::

                with self.assertWrites(self.db, "orders", "order_lines"):
                    shop.order(item)
        """
        mark = db.write_mark()
        yield
        self.assertEqual(sorted(tables), sorted(db.written_since(mark)), msg or "tables written")

    def _harness_failure(self, msg: Any) -> Failure:
        """Return what makes the exception of a failed assertion, from its message."""
        return lambda text: self.failureException(self._formatMessage(msg, text))

    def _harness_lease(self, service: Service[L]) -> L:
        """Return this test's lease of a service; the mixin has it."""
        raise NotImplementedError
