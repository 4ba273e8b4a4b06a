"""The matchers on a `Store`: on PostgreSQL wherever that runs, and on SQLite."""

from decimal import Decimal
from unittest import mock

from harness import Store
from tests.integration.market import market
from tests.integration.providers import on_every_store


@on_every_store
class StoreConformanceRows:
    db = Store(migrations=market)

    def failure(self, assertion, *arguments, **options):
        with self.assertRaises(AssertionError) as raised:
            assertion(self.db, *arguments, **options)
        return str(raised.exception)

    def setUp(self):
        self.db.execute("insert into items (id, name, price) values (1, 'a', 1), (2, 'b', 20)")

    def test_matchers(self):
        self.assertRow(self.db, "items", {"id": 1}, name="a", price=Decimal(1))
        self.assertRow(self.db, "items", ("price > %s", [5]), name="b")
        self.assertRow(self.db, "items", {"name": mock.ANY}, order_by="id desc", id=2)
        self.assertNoRow(self.db, "order")
        self.assertNoRow(self.db, '"with ""quotes"" and.dot"', {"id": 1})
        self.assertCount(self.db, "cheap", 1)
        self.assertRows(self.db, "items", [(2, "b", 20), (1, "a", 1)], key="id")

    def test_failures(self):
        self.assertIn("did you mean items?", self.failure(self.assertNoRow, "itms"))
        self.assertRegex(
            self.failure(self.assertNoRow, '"MixdCase"'), r'did you mean "?MixedCase"?\?'
        )
        self.assertIn("did you mean name?", self.failure(self.assertNoRow, "items", {"nam": "a"}))
        self.assertEqual(
            """\
no row of items where id=3, name='b'
  2 rows in all:
  - id=2, name='b', price=20
      id: 2, expected 3
  - id=1, name='a', price=1
      id: 1, expected 3
      name: 'a', expected 'b'""",
            self.failure(self.assertRow, "items", {"id": 3, "name": "b"}),
        )

    def test_many_rows(self):
        for start in range(10, 1010, 100):
            values = ", ".join(f"({n}, 'name {n}')" for n in range(start, start + 100))
            self.db.execute(f"insert into items (id, name) values {values}")

        text = self.failure(self.assertRow, "items", {"id": 777, "name": "x"})

        self.assertIn("  - id=777, name='name 777', price=0\n", text)


class Statements:
    """What is sent through `connection`."""

    def add(self, *names):
        mark = {"postgres": "%s", "sqlite": "?"}[self.db.dialect]
        sql = f"insert into items (name) values ({mark})"
        self.db.connection.cursor().executemany(sql, [[name] for name in names])

    def test_each_statement_counts_and_transactions_do_not(self):
        with self.assertQueries(2, db=self.db):
            cursor = self.db.connection.cursor()
            cursor.execute("select 1")
            cursor.execute("update items set price = 3")
            self.db.connection.commit()
            self.db.count("items")
            self.assertNoRow(self.db, "items")

    def test_what_is_sent_several_times_counts_as_often(self):
        with self.assertQueries(3, db=self.db):
            self.add("a", "b", "c")
        self.db.connection.commit()

        self.assertCount(self.db, "items", 3)

    def test_the_statements_of_a_script_count_one_by_one(self):
        if self.db.dialect != "sqlite":
            self.skipTest("only SQLite has executescript()")
        with self.assertQueries(2, db=self.db) as queries:
            self.db.connection.executescript("begin; delete from items; select ';'; commit;")

        self.assertEqual(["delete from items", "select ';'"], queries.statements)

    def test_a_connection_opened_with_the_url_is_not_counted_and_a_failure_says_so(self):
        with (
            self.assertRaisesRegex(AssertionError, "the lease's URL was read in this test"),
            self.assertQueries(1, db=self.db),
        ):
            self.assertTrue(self.db.dsn)


@on_every_store
class StoreConformanceStatementsOfRollback(Statements):
    db = Store(migrations=market)


@on_every_store
class StoreConformanceStatementsOfCommit(Statements):
    db = Store(migrations=market, isolation="commit")
