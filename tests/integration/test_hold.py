"""`hold`: an application that is started once, and a database that is put back for each test."""

import threading
from unittest import mock

import psycopg

from harness import AsyncHarnessTestCase, HarnessTestCase, Postgres
from harness.services.postgres import watcher
from tests.integration.providers import on_every_provider, on_every_provider_and_role
from tests.integration.shop import shop


class Application:
    """Something that keeps a pool of connections; here of one."""

    def __init__(self, dsn):
        self.connection = psycopg.connect(dsn, autocommit=True, application_name="the shop")

    def add(self, name):
        self.connection.execute("insert into items (name) values (%s)", [name])

    def names(self):
        query = "select name from items order by name"
        return [name for (name,) in self.connection.execute(query)]

    def close(self):
        self.connection.close()


class Started:
    """A class whose application is started once."""

    @classmethod
    def setUpClass(cls):
        cls.application = Application(cls.hold(cls.db).dsn)
        cls.addClassCleanup(cls.application.close)


@on_every_provider_and_role
class PostgresConformanceHold:
    db = Postgres(migrations=shop, isolation="commit")

    @classmethod
    def setUpClass(cls):
        held = cls.hold(cls.db)
        cls.dsn = str(held.dsn)
        cls.application = Application(cls.dsn)
        cls.addClassCleanup(cls.application.close)
        cls.application.add("before")
        held.execute("insert into parents (id) values (7)")

    def test_a_the_application_writes(self):
        self.application.add("a")

        self.assertEqual(["a", "before"], self.application.names())
        self.assertEqual(2, self.db.count("items"))

    def test_b_the_next_test_finds_what_the_class_has_written(self):
        self.assertEqual(["before"], self.application.names())
        self.assertEqual(1, self.db.count("parents"))
        self.db.execute("delete from items")
        self.db.execute("delete from parents")

    def test_c_it_is_there_again_after_it_was_deleted(self):
        self.assertEqual(["before"], self.application.names())
        self.assertEqual(7, self.db.value("select id from parents"))

    def test_d_sequences_go_on_from_where_the_class_has_left_them(self):
        self.application.add("d")

        self.assertEqual(2, self.db.value("select id from items where name = 'd'"))

    def test_e_so_they_do_for_the_next_test(self):
        self.application.add("e")

        self.assertEqual(2, self.db.value("select id from items where name = 'e'"))

    def test_f_the_dsn_is_the_one_that_the_class_was_given(self):
        self.assertEqual(self.dsn, str(self.db.dsn))


@on_every_provider
class PostgresConformanceHoldCases:
    def setUp(self):
        patch = mock.patch.object(watcher, "GRACE", 0.1)  # what leaks here never closes
        patch.start()
        self.addCleanup(patch.stop)

    def test_what_the_class_has_written_is_gone_with_the_class(self):
        class First(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            @classmethod
            def setUpClass(cls):
                cls.hold(cls.db).execute("insert into items (name) values ('class')")

            def test(self):
                self.assertEqual(1, self.db.count("items"))
                self.db.execute("insert into items (name) values ('test')")

        class Second(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            def test(self):
                self.assertEqual(0, self.db.count("items"))
                self.assertEqual(1, self.db.value("select nextval('items_id_seq')"))

        self.assertEqual([], self.run_inner(First).raised)
        self.assertEqual([], self.run_inner(Second).raised)

    def test_a_changed_structure_is_undone_and_the_rows_of_the_class_are_back(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            @classmethod
            def setUpClass(cls):
                held = cls.hold(cls.db)
                cls.dsn = str(held.dsn)
                held.execute("insert into items (name) values ('class')")

            def test_a(self):
                self.db.execute("drop table items cascade")

            def test_b(self):
                self.assertEqual("class", self.db.value("select name from items"))
                self.assertEqual(2, self.db.value("select nextval('items_id_seq')"))
                self.assertEqual(self.dsn, str(self.db.dsn))

        self.assertEqual([], self.run_inner(Case, "test_a", "test_b").raised)

    def test_a_transaction_that_the_application_leaves_open_is_named_and_ended(self):
        def leave_open(case):
            connection = psycopg.connect(case.db.dsn, application_name="the shop")
            self.addCleanup(connection.close)
            connection.execute("insert into items (name) values ('a')")

        text = self.failure_of(leave_open)

        self.assertIn("left 1 session(s) in a transaction, at work or holding a lock", text)
        self.assertIn("(the shop, idle in transaction), last query: insert into items", text)

    def test_an_advisory_lock_that_the_application_keeps_is_named_and_released(self):
        def keep_lock(case):
            connection = psycopg.connect(case.db.dsn, autocommit=True, application_name="a worker")
            self.addCleanup(connection.close)
            connection.execute("select pg_advisory_lock(42)")

        text = self.failure_of(keep_lock)

        self.assertIn("(a worker, idle), last query: select pg_advisory_lock(42)", text)

    def failure_of(self, break_it):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            @classmethod
            def setUpClass(cls):
                cls.hold(cls.db)

            def test_a(self):
                break_it(self)

            def test_b(self):
                self.assertEqual(0, self.db.count("items"))
                self.assertTrue(self.db.value("select pg_try_advisory_lock(42)"))

        result = self.run_inner(Case, "test_a", "test_b")
        self.assertEqual((2, ["test_a"]), (result.testsRun, result.failed), result.text)
        return str(self.raised_by(result))

    def test_what_the_application_writes_between_two_tests_is_undone(self):
        class Case(Started, HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            def run(self, result=None):
                if self._testMethodName == "test_b":
                    self.application.add("late")
                return super().run(result)

            def test_a(self):
                """Begin."""

            def test_b(self):
                self.assertEqual(0, self.db.count("items"))

        self.assertEqual([], self.run_inner(Case, "test_a", "test_b").raised)

    def test_a_test_that_touches_no_lease_is_put_back_all_the_same(self):
        class Case(Started, HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            def test_a(self):
                self.application.add("a")

            def test_b(self):
                self.assertEqual([], self.application.names())

        self.assertEqual([], self.run_inner(Case, "test_a", "test_b").raised)

    def test_threads_of_the_application_may_be_at_work_until_the_test_is_over(self):
        class Case(Started, HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            def test(self):
                self.db.count("items")
                query = "select pg_sleep(0.05)"
                thread = threading.Thread(target=self.application.connection.execute, args=[query])
                self.addClassCleanup(thread.join)  # before its connection is closed
                thread.start()

        self.assertEqual([], self.run_inner(Case).raised)

    def test_writes_of_the_class_that_were_not_committed_are_an_error_of_the_first_test(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            @classmethod
            def setUpClass(cls):
                held = cls.hold(cls.db)
                held.connection.cursor().execute("insert into items (name) values ('a')")
                cls.addClassCleanup(held.connection.rollback)

            def test(self):
                self.db.count("items")

        self.assertIn("were never committed", self.run_inner(Case).text)

    def test_a_structure_changed_by_the_class_is_an_error_that_names_the_migrations(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            @classmethod
            def setUpClass(cls):
                cls.hold(cls.db).execute("create table more (id integer)")

            def test(self):
                self.db.count("items")

        text = self.run_inner(Case).text

        self.assertIn("the structure of the database was changed in setUpClass", text)
        self.assertIn("put the change into the migrations", text)

    def test_a_readonly_database_is_held_too(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop, isolation="readonly")

            @classmethod
            def setUpClass(cls):
                cls.dsn = str(cls.hold(cls.db).dsn)

            def test(self):
                self.assertEqual(self.dsn, str(self.db.dsn))

        self.assertEqual([], self.run_inner(Case).raised)

    def test_under_rollback_it_is_an_error_that_names_the_isolation_to_set(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop)

            @classmethod
            def setUpClass(cls):
                cls.hold(cls.db)

            def test(self):
                """Is not reached."""

        text = self.run_inner(Case).text

        self.assertIn("was told to be held, and its isolation is 'rollback'", text)
        self.assertIn("declare Postgres(isolation='commit')", text)

    def test_a_service_of_nobody_cannot_be_held(self):
        class Case(HarnessTestCase):
            @classmethod
            def setUpClass(cls):
                cls.hold(Postgres(isolation="commit"))

            def test(self):
                """Is not reached."""

        self.assertIn("the class declares no such service", self.run_inner(Case).text)


@on_every_provider
class PostgresConformanceHoldAsync:
    def test_an_asynchronous_test_case_holds_as_well(self):
        class Case(Started, AsyncHarnessTestCase):
            db = Postgres(migrations=shop, isolation="commit")

            async def test_a(self):
                self.application.add("a")
                self.assertEqual(1, self.db.count("items"))

            async def test_b(self):
                self.assertEqual([], self.application.names())

        self.assertEqual([], self.run_inner(Case, "test_a", "test_b").raised)
