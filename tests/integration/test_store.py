"""What a `Store` offers to a test, on PostgreSQL wherever that runs, and on SQLite."""

import asyncio
import dataclasses
import threading

from sqlalchemy import text

from harness import AsyncHarnessTestCase, DatabaseLease, HarnessTestCase, Store
from harness.adapters.sqlalchemy import engine
from harness.errors import DeferredConstraintError, LeakError, LeaseError
from tests.integration.market import market
from tests.integration.providers import (
    also_with_psycopg,
    on_every_store,
    on_every_store_and_role,
)


class Names:
    def names(self):
        return [name for (name,) in self.db.rows("select name from items order by id")]


@on_every_store_and_role
@also_with_psycopg
class StoreConformanceLease(Names):
    db = Store(migrations=market)

    def test_it_says_which_database_it_is(self):
        self.assertIsInstance(self.db, DatabaseLease)
        self.assertEqual(type(self).environment.settings.store, self.db.dialect)
        self.assertEqual(self.db.dialect, self.db.instance.kind)
        self.assertIn(self.db.dialect, self.db.instance.capabilities)

    def test_execute_returns_the_number_of_rows_that_it_touched(self):
        added = self.db.execute("insert into items (name) values (%s), (%s)", ["a", "b"])
        changed = self.db.execute("update items set price = 5 where name = %s", ["a"])
        missed = self.db.execute("delete from items where name = %s", ["nobody"])

        self.assertEqual((2, 1, 0), (added, changed, missed))

    def test_rows_are_tuples_with_their_columns_as_attributes(self):
        self.db.execute("insert into items (name, price) values ('a', 1), ('b', 2)")

        first, second = self.db.rows("select name, price from items order by name")

        self.assertEqual(("a", 1), first)
        self.assertEqual(("b", 2), (second.name, second["price"]))

    def test_rows_of_a_statement_that_returns_none_are_an_empty_list(self):
        self.assertEqual([], self.db.rows("update items set price = 1"))
        self.assertEqual([], self.db.rows("select * from items"))

    def test_a_statement_may_return_what_it_wrote(self):
        if self.db.dialect == "sqlite":
            self.requireCapability(self.db, "sqlite.returning")  # since 3.35
        query = "insert into items (name) values (%s) returning name"

        self.assertEqual("a", self.db.value(query, ["a"]))
        self.assertEqual(1, self.db.execute(query, ["b"]))
        self.assertEqual(["a", "b"], self.names())

    def test_row_and_value_want_exactly_one_row(self):
        self.db.execute("insert into items (name) values ('a'), ('b')")

        self.assertEqual("a", self.db.value("select name from items where name = %s", ["a"]))
        with self.assertRaisesRegex(LookupError, "expected one row, got 2: select name"):
            self.db.value("select name from items")
        with self.assertRaisesRegex(LookupError, "expected one row, got 0"):
            self.db.row("select name from items where name = 'c'")

    def test_parameters_are_never_read_as_sql(self):
        name = "'); drop table items; -- %s ? :a \\ \" é\n☃"
        self.db.execute("insert into items (name) values (%s)", [name])

        self.assertEqual(name, self.db.value("select name from items"))

    def test_beside_parameters_percent_signs_are_doubled(self):
        quoted = "1%%" if self.driver == "psycopg" else "1%"  # it reads what is in quotes as well
        self.db.execute("insert into items (name, price) values ('100%s', 7)")
        query = f"select price %% %s from items where name like '{quoted}'"

        self.assertEqual(1, self.db.value(query, [2]))
        self.assertEqual(1, self.db.value("select price % 2 from items where name like '1%'"))
        with self.assertRaisesRegex(Exception, "nly %s and %% are supported|double it up"):
            self.db.value("select price % %s from items", [2])

    def test_connection_and_helpers_see_each_others_committed_writes(self):
        connection = self.db.connection
        self.db.execute("insert into items (name) values ('by the helper')")
        cursor = connection.cursor()
        cursor.execute("select name from items")
        seen = cursor.fetchall()
        cursor.execute("insert into items (name) values ('by the code')")
        connection.commit()

        self.assertEqual([["by the helper"]], [list(row) for row in seen])
        self.assertEqual(2, self.db.count("items"))

    def test_a_helper_that_fails_leaves_the_lease_usable_and_says_its_statement(self):
        with self.assertRaises(Exception) as raised:
            self.db.execute("insert into items (name, price) values ('a', -1)")

        self.assertIn("in: insert into items", "".join(raised.exception.__notes__))
        self.db.execute("insert into items (name, price) values ('a', 1)")
        self.assertEqual(1, self.db.count("items"))

    def test_references_are_enforced(self):
        with self.assertRaisesRegex(Exception, "(?i)foreign key"):
            self.db.execute("insert into orders values (1, 99)")

    def test_the_url_names_the_database_and_the_driver(self):
        scheme = {"postgres": "postgresql", "sqlite": "sqlite"}[self.db.dialect]

        self.assertTrue(self.db.dsn.startswith(f"{scheme}://"))
        self.assertIn(self.db.database, self.db.dsn)
        self.assertEqual(self.db.dsn, self.db.url("driver").replace("+driver", ""))
        self.assertRegex(self.db.url(), rf"^{scheme}\+\w+://")

    def test_a_lease_cannot_be_assigned_to(self):
        with self.assertRaisesRegex(LeaseError, "cannot be assigned to"):
            self.db = None

    def test_a_lease_that_was_kept_refuses_everything_after_its_test(self):
        with type(self).environment.lease(self.store(migrations=market, name="kept")) as lease:
            connection = lease.connection
            connection.cursor().execute("select 1")

        for use in (lambda: lease.execute("select 1"), lambda: lease.dsn, lambda: lease.connection):
            with self.assertRaisesRegex(LeaseError, "was released"):
                use()
        words = {"postgres": "connection is closed", "sqlite": "closed"}[lease.dialect]
        with self.assertRaisesRegex(Exception, words):
            connection.cursor().execute("select 1")

    def test_the_lease_can_be_used_from_several_threads(self):
        def add(number):
            self.db.execute("insert into items (name) values (%s)", [f"by {number}"])

        threads = [threading.Thread(target=add, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(8, self.db.count("items"))

    def test_an_asynchronous_test_case_has_the_same_lease(self):
        class Inner(AsyncHarnessTestCase):
            db = self.store(migrations=market)

            async def test_it(self):
                self.db.execute("insert into items (name) values ('a')")
                found = await asyncio.to_thread(self.db.count, "items")
                self.assertEqual(1, found)

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_two_leases_at_once_do_not_see_each_other(self):
        environment, other = type(self).environment, self.store(migrations=market, name="other")
        for isolation in ("rollback", "commit"):
            service = dataclasses.replace(other, isolation=isolation)
            with environment.lease(service) as one, environment.lease(service) as two:
                one.execute("insert into items (name) values ('a')")
                self.assertEqual((1, 0), (one.count("items"), two.count("items")))

    def test_a_test_that_needs_the_other_database_is_skipped(self):
        other = {"postgres": "sqlite", "sqlite": "postgres"}[self.db.dialect]

        class Inner(HarnessTestCase):
            db = self.store(migrations=market)

            def test_it(self):
                self.requireCapability(self.db, other)

        result = self.run_inner(Inner)

        demanded = type(self).environment.settings.require.demands_any(self.db.dialect)
        self.assertEqual([demanded, not demanded], [bool(result.errors), bool(result.skipped)])
        self.assertIn(f"cannot do: {other}", result.text)


@on_every_store_and_role
@also_with_psycopg
class StoreConformanceTables:
    db = Store(migrations=market)
    quoted = ("items", "ITEMS", "order", '"order"', '"MixedCase"', '"with ""quotes"" and.dot"')

    def test_every_name_exists_counts_and_empties(self):
        for name in self.quoted:
            with self.subTest(name):
                self.assertTrue(self.db.exists(name))
                self.assertEqual(0, self.db.count(name))
                self.db.truncate(name)

    def test_a_name_that_does_not_exist_is_not_there(self):
        for name in ("nobody", '"with quotes and.dot"', "nowhere.items"):
            with self.subTest(name):
                self.assertFalse(self.db.exists(name))

    def test_a_view_exists_and_counts(self):
        self.assertTrue(self.db.exists("cheap"))
        self.assertEqual(0, self.db.count("cheap"))

    def test_tables_that_refer_to_it_are_emptied_too(self):
        self.db.execute("insert into items (name) values ('a')")
        self.db.execute("insert into orders select 1, id from items")
        self.db.execute("insert into lines values (1, 1)")

        self.db.truncate("items")

        self.assertEqual([0, 0, 0], [self.db.count(n) for n in ("items", "orders", "lines")])

    def test_tables_that_it_refers_to_keep_their_rows(self):
        self.db.execute("insert into items (name) values ('a')")
        self.db.execute("insert into orders select 1, id from items")

        self.db.truncate("orders")

        self.assertEqual([1, 0], [self.db.count(n) for n in ("items", "orders")])

    def test_a_table_that_refers_to_itself_is_emptied(self):
        self.db.execute("insert into nodes values (1, null), (2, 1), (3, 2)")

        self.db.truncate("nodes")

        self.assertEqual(0, self.db.count("nodes"))

    def test_tables_that_refer_to_each_other_are_emptied(self):
        self.db.execute("insert into chicken values (1, null)")
        self.db.execute("insert into egg values (1, 1)")
        self.db.execute("update chicken set hatched_from = 1")

        self.db.truncate("chicken")

        self.assertEqual([0, 0], [self.db.count(n) for n in ("chicken", "egg")])

    def test_truncate_is_a_part_of_the_transaction_that_the_code_has_open(self):
        self.db.execute("insert into items (name) values ('a')")
        connection = self.db.connection
        connection.cursor().execute("insert into items (name) values ('b')")

        self.db.truncate("items")
        connection.rollback()

        self.assertEqual(1, self.db.count("items"))


class Watching:
    """What a lease tells of statements and writes, in each isolation."""

    def test_what_is_sent_through_connection_can_be_recorded(self):
        with self.db.recording() as recording:
            cursor = self.db.connection.cursor()
            cursor.execute("select name from items")
            self.db.count("items")

        self.assertEqual(["select name from items"], recording.statements)

    def test_assertions_on_rows_and_statements(self):
        self.db.execute("insert into items (name, price) values ('a', 1), ('b', 2)")

        self.assertRow(self.db, "items", {"name": "a"}, price=1)
        self.assertNoRow(self.db, "items", {"name": "c"})
        self.assertCount(self.db, "items", 2)
        with self.assertRaisesRegex(AssertionError, "did you mean items"):
            self.assertCount(self.db, "item", 2)
        self.assertRows(self.db, "items", [{"name": "b", "price": 2}, {"name": "a", "price": 1}])
        with self.assertQueries(1, db=self.db):
            self.db.connection.cursor().execute("select name from items")
        with self.assertRaisesRegex(AssertionError, "price"):
            self.assertRow(self.db, "items", {"name": "a"}, price=3)

    def test_all_tables_and_views_can_be_named(self):
        names = {name.strip('"') for name in self.db.table_names()}

        self.assertLessEqual({"items", "order", "MixedCase", "cheap", "egg"}, names)

    def test_the_tables_that_were_written(self):
        self.assertEqual(frozenset(), self.db.written)
        self.db.execute("insert into parents values (1)")
        with self.assertWrites(self.db, "items"):
            cursor = self.db.connection.cursor()
            cursor.execute("insert into items (name) values ('a')")
            self.db.connection.commit()
        with self.assertWrites(self.db):
            self.db.count("items")

        self.assertEqual({"items", "parents"}, self.db.written)


@on_every_store
class StoreConformanceRollback(Names, Watching):
    db = Store(migrations=market)

    def add(self, name):
        self.db.connection.cursor().execute(f"insert into items (name) values ('{name}')")

    def test_what_is_committed_stays_and_what_is_not_goes(self):
        self.add("a")
        self.db.connection.commit()
        self.add("b")
        self.db.connection.rollback()
        self.add("c")
        self.db.connection.commit()

        self.assertEqual(["a", "c"], self.names())

    def test_what_a_closed_connection_did_not_commit_is_gone(self):
        self.add("a")
        self.db.connection.close()

        self.assertEqual([], self.names())
        self.add("b")
        self.assertEqual(["b"], self.names())

    def test_a_fixture_row_stays_when_the_code_rolls_back(self):
        self.db.execute("insert into items (name) values ('fixture')")
        self.add("code")
        self.db.connection.rollback()

        self.assertEqual(["fixture"], self.names())

    def test_a_deferred_reference_is_checked_at_commit(self):
        cursor = self.db.connection.cursor()
        cursor.execute("insert into children values (1, 7)")
        cursor.execute("insert into parents values (7)")
        self.db.connection.commit()
        cursor.execute("insert into children values (2, 8)")

        with self.assertRaisesRegex(Exception, "(?i)foreign key"):
            self.db.connection.commit()
        self.db.connection.rollback()
        self.assertEqual(1, self.db.count("children"))

    def test_the_test_that_breaks_a_deferred_reference_at_its_end_fails(self):
        class Inner(HarnessTestCase):
            db = Store(migrations=market)

            def test_it(self):
                self.db.connection.cursor().execute("insert into children values (1, 7)")

        self.assertIsInstance(self.raised_by(self.run_inner(Inner)), DeferredConstraintError)

    def test_structure_is_put_back_as_well(self):
        class Inner(HarnessTestCase):
            db = Store(migrations=market)

            def test_a_changes(self):
                self.db.execute("create table extra (id integer)")
                self.db.execute("alter table items rename to articles")
                self.db.execute("drop table nodes")
                self.db.execute("insert into articles (name) values ('a')")

            def test_b_finds_nothing(self):
                self.assertFalse(self.db.exists("extra"))
                self.assertTrue(self.db.exists("nodes"))
                self.assertEqual(0, self.db.count("items"))

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertEqual(2, result.testsRun)

    def test_the_next_test_starts_clean_whatever_was_left(self):
        class Inner(HarnessTestCase):
            db = Store(migrations=market)

            def test_a_leaves_rows(self):
                self.db.execute("insert into items (name) values ('a')")
                self.db.connection.cursor().execute("insert into items (name) values ('b')")

            def test_b_finds_none(self):
                self.assertEqual(0, self.db.count("items"))

        self.assertTrue(self.run_inner(Inner).wasSuccessful())


@on_every_store
class StoreConformanceCommit(Names, Watching):
    db = Store(migrations=market, isolation="commit")

    def test_other_connections_see_what_was_committed(self):
        connection = self.db.connection
        connection.cursor().execute("insert into items (name) values ('a')")
        before = self.db.count("items")
        connection.commit()

        self.assertEqual((0, 1), (before, self.db.count("items")))

    def test_the_next_test_starts_clean(self):
        class Inner(HarnessTestCase):
            db = Store(migrations=market, isolation="commit")

            def test_a_writes(self):
                self.db.execute("insert into items (name) values ('a')")
                self.db.execute("create table extra (id integer)")

            def test_b_finds_nothing(self):
                self.assertEqual(0, self.db.count("items"))
                self.assertFalse(self.db.exists("extra"))
                self.db.execute("insert into items (name) values ('b')")
                self.assertEqual(1, self.db.value("select id from items"))

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_a_test_that_forgets_to_commit_fails(self):
        class Inner(HarnessTestCase):
            db = Store(migrations=market, isolation="commit")

            def test_a_forgets(self):
                self.db.connection.cursor().execute("insert into items (name) values ('a')")

            def test_b_finds_none(self):
                self.assertEqual(0, self.db.count("items"))

        result = self.run_inner(Inner)

        self.assertEqual(["test_a_forgets"], result.failed)
        self.assertIsInstance(self.raised_by(result), LeakError)
        self.assertIn("writes in `connection` that were never committed", result.text)


class Application:
    """Something that is started once on a URL and keeps its connection."""

    def __init__(self, lease):
        self.engine = engine(lease)

    def add(self, name):
        with self.engine.begin() as connection:
            connection.execute(text("insert into items (name) values (:name)"), {"name": name})

    def close(self):
        self.engine.dispose()


@on_every_store
class StoreConformanceHold(Names):
    db = Store(migrations=market, isolation="commit", name="held")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        held = cls.hold(cls.db)
        held.execute("insert into items (name) values ('by the class')")
        cls.dsn = held.dsn
        cls.application = Application(held)
        cls.addClassCleanup(cls.application.close)

    def test_a_the_application_writes(self):
        self.application.add("by the application")

        self.assertEqual(["by the class", "by the application"], self.names())
        self.assertEqual({"items"}, set(self.db.written))

    def test_b_the_next_test_finds_what_the_class_has_written(self):
        self.assertEqual(["by the class"], self.names())
        self.db.truncate("items")

    def test_c_it_is_there_again_and_the_url_is_the_same(self):
        self.assertEqual(["by the class"], self.names())
        self.assertEqual(self.dsn, self.db.dsn)

    def test_d_the_class_after_it_finds_nothing(self):
        class Inner(Names, HarnessTestCase):
            db = Store(migrations=market, isolation="commit", name="held")

            def test_it(self):
                self.assertEqual([], self.names())

        self.assertTrue(self.run_inner(Inner).wasSuccessful())

    def test_e_what_is_written_between_two_tests_is_undone(self):
        class Inner(Names, HarnessTestCase):
            db = Store(migrations=market, isolation="commit")

            @classmethod
            def setUpClass(cls):
                cls.held = cls.hold(cls.db)

            def test_a(self):
                self.db.execute("insert into items (name) values ('a')")

            def test_b(self):
                self.assertEqual([], self.names())

            def tearDown(self):
                self.addCleanup(self.held.execute, "insert into items (name) values ('late')")

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_f_a_rollback_store_is_not_made_for_it(self):
        class Inner(HarnessTestCase):
            db = Store(migrations=market)

            @classmethod
            def setUpClass(cls):
                cls.hold(cls.db)

            def test_it(self):
                pass

        result = self.run_inner(Inner)

        self.assertIsInstance(self.raised_by(result), LeaseError)
        self.assertIn("isolation is 'rollback'", result.text)


@on_every_store
class StoreConformanceReadonly:
    db = Store(migrations=market, isolation="readonly")

    def test_it_can_be_read(self):
        self.assertEqual(0, self.db.count("items"))
        self.db.connection.cursor().execute("select * from items")

    def test_writes_are_refused(self):
        with self.assertRaisesRegex(Exception, "read-?only"):
            self.db.execute("insert into items (name) values ('a')")
        with self.assertRaisesRegex(Exception, "read-?only"):
            self.db.connection.cursor().execute("insert into items (name) values ('a')")
