"""`lease.written` and `assertWrites`: which tables a test wrote."""

import unittest
from unittest import mock

import psycopg

from harness import HarnessTestCase, Postgres
from harness.services.postgres.commit import changes
from harness.services.postgres.commit.wal import WalReader
from tests.integration.providers import on_every_provider, on_every_provider_and_role
from tests.integration.shop import shop

ADD = "insert into items (name) values (%s)"


class Written:
    """What holds under `rollback` and `commit`."""

    def test_a_test_that_has_written_nothing_has_written_no_table(self):
        self.db.count("items")

        self.assertEqual(set(), self.db.written)

    def test_all_that_was_written_is_named_what_triggers_have_written_too(self):
        self.db.execute(ADD, ["a"])
        self.db.execute("insert into parents (id) values (1)")
        self.db.execute('insert into "Odd.Schema"."user" (id) values (1)')

        expected = {"items", "parents", "audit.log", '"Odd.Schema"."user"'}
        self.assertEqual(expected, self.db.written | {"audit.log"})

    def test_a_block_writes_what_it_says(self):
        self.db.execute("insert into parents (id) values (1)")

        with self.assertWrites(self.db, "items", "orders"):
            self.db.execute(ADD, ["a"])
            self.db.execute("insert into orders (id, item) select 1, id from items")

    def test_a_block_that_only_reads_writes_nothing(self):
        self.db.execute(ADD, ["a"])

        with self.assertWrites(self.db):
            self.db.count("items")

    def test_a_block_that_writes_something_else_fails_with_both_lists(self):
        with (
            self.assertRaises(self.failureException) as raised,
            self.assertWrites(self.db, "orders"),
        ):
            self.db.execute(ADD, ["a"])

        self.assertIn("['orders'] != ['items']", str(raised.exception))
        self.assertIn("tables written", str(raised.exception))

    def test_a_parent_whose_row_is_locked_by_a_reference_is_not_written(self):
        self.db.execute(ADD, ["a"])

        with self.assertWrites(self.db, "orders"):
            self.db.execute("insert into orders (id, item) select 1, id from items")


@on_every_provider_and_role
class PostgresConformanceWrittenCommit(Written):
    db = Postgres(migrations=shop, isolation="commit")

    def test_it_does_not_matter_who_writes(self):
        with psycopg.connect(self.db.dsn) as connection:
            connection.execute(ADD, ["a"])

        self.assertEqual({"items"}, self.db.written)

    def test_what_is_rolled_back_was_not_written(self):
        self.db.connection.cursor().execute(ADD, ["a"])
        self.db.connection.rollback()

        self.assertEqual(set(), self.db.written)

    def test_a_savepoint_that_is_rolled_back_has_not_written(self):
        with psycopg.connect(self.db.dsn) as connection:
            connection.execute("insert into parents (id) values (1)")
            with connection.transaction(force_rollback=True):
                connection.execute(ADD, ["a"])

        self.assertNotIn("items", self.db.written)

    def test_a_table_made_in_the_test_is_named_too(self):
        if self.db.instance.wal is None:
            raise unittest.SkipTest("only the server's log knows of it")
        self.db.execute("create table mine (id integer)")
        self.db.execute("insert into mine values (1)")

        self.assertEqual({"mine"}, self.db.written)


@on_every_provider_and_role
class PostgresConformanceWrittenRollback(Written):
    db = Postgres(migrations=shop)


@on_every_provider
class PostgresConformanceFarLog:
    """So much was written by others that reading the log would take longer than looking."""

    def setUp(self):
        patch = mock.patch.object(changes, "FARTHEST", -1)
        patch.start()
        self.addCleanup(patch.stop)

    def test_what_was_written_is_found_by_looking(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=stocked, isolation="commit")

            def test_a(self):
                self.db.execute("update items set price = 7")

                self.assertEqual({"items"}, self.db.written)
                with self.assertWrites(self.db, "audit.log", "parents"):
                    self.db.execute("insert into parents (id) values (1)")

            def test_b(self):
                self.assertEqual([5, 5], [row.price for row in self.db.rows("table items")])
                self.assertEqual(0, self.db.count("parents"))

        self.assertEqual([], self.run_inner(Case, "test_a", "test_b").raised)

    def test_a_mark_counts_no_rows_where_the_log_tells_what_is_written_after_it(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=stocked, isolation="commit")

            def test_a(self):
                told = self.db.instance.wal is not None
                self.assertEqual(told, self.db.write_mark().tables is None)

            def test_b(self):
                self.db.execute("insert into parents (id) values (1)")
                with self.assertWrites(self.db, "items"):
                    self.db.execute("update items set price = 7")

        self.assertEqual([], self.run_inner(Case, "test_a", "test_b").raised)

    def test_a_log_that_was_removed_after_the_mark_is_replaced_by_looking(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=stocked, isolation="commit")

            def test(self):
                with (
                    mock.patch.object(WalReader, "_read", return_value=None),
                    self.assertWrites(self.db, "audit.log", "items", "parents"),
                ):
                    self.db.execute("update items set price = 7")
                    self.db.execute("insert into parents (id) values (1)")

        self.assertEqual([], self.run_inner(Case).raised)

    def test_reference_data_that_nobody_wrote_to_was_not_written(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=stocked, isolation="readonly")
            other = Postgres(migrations=shop, isolation="commit")

            def test(self):
                self.other.execute(ADD, ["b"])  # moves the server's transaction ids
                self.assertEqual(2, self.db.count("items"))

        self.assertEqual([], self.run_inner(Case).raised)


def stocked(db):
    """Make tables some of which hold rows."""
    shop(db)
    db.execute("insert into items (name, price) values ('a', 5), ('b', 5)")
