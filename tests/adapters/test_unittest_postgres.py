"""The rules of the test case on a real server."""

import threading
import unittest

from harness import AsyncHarnessTestCase, Environment, HarnessTestCase, Postgres
from harness.core.environment import default_environment
from harness.errors import RequiredError, UnavailableError
from tests.support.inner import InnerTest
from tests.support.project import ProjectTest


def create_users(lease):
    lease.execute("create table users (email text primary key)")


class PostgresTest(InnerTest):
    @classmethod
    def setUpClass(cls):
        cls.server = Environment(providers="embedded", seed="7")
        cls.addClassCleanup(cls.server.close)
        try:
            cls.server.choose(Postgres())
        except RequiredError:
            raise
        except UnavailableError as error:
            raise unittest.SkipTest(str(error)) from error

    def setUp(self):
        super().setUp()
        self.environment = self.server

    def test_what_one_test_writes_the_next_does_not_see(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=create_users)

            def sign_up(self):
                cursor = self.db.connection.cursor()
                cursor.execute("insert into users values ('a@example.com')")
                self.db.connection.commit()
                self.assertEqual(1, self.db.count("users"))

            test_one = test_two = sign_up

        self.run_inner(Case)

        self.assertOutcomes("success", "success")

    def test_rollback_and_commit_leases_stand_side_by_side(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=create_users)
            real = Postgres(migrations=create_users, isolation="commit")

            def test(self):
                self.db.execute("insert into users values ('a@example.com')")
                self.assertEqual(1, self.db.count("users"))
                self.assertEqual(0, self.real.count("users"))

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_a_broken_migration_is_an_error_of_each_test_that_touches_it(self):
        def migrate(lease):
            lease.execute("create tabel users ()")

        class Case(HarnessTestCase):
            db = Postgres()
            broken = Postgres(migrations=migrate)

            def test_1(self):
                self.broken.execute("select 1")

            def test_2(self):
                self.broken.execute("select 1")

            def test_3(self):
                self.db.execute("select 1")

        result = self.run_inner(Case)

        self.assertOutcomes("error", "error", "success")
        for _, text in result.errors:
            self.assertIn('syntax error at or near "tabel"', text)
            self.assertEqual(1, text.count("harness: repeat with:"))

    def test_a_lease_that_outlives_its_test_cannot_reach_the_database(self):
        kept = []

        class Case(HarnessTestCase):
            db = Postgres()

            def test(self):
                kept.append(self.db)

        self.run_inner(Case)

        with self.assertRaisesRegex(Exception, r"this lease of Postgres\(\) was released"):
            kept[0].execute("select 1")

    def test_a_coroutine_takes_a_lease(self):
        migrated = Postgres(migrations=create_users)
        self.server.lease(migrated).release()  # the first lease of all migrates

        class Case(AsyncHarnessTestCase):
            db = migrated

            async def test(self):
                self.db.execute("insert into users values ('a@example.com')")
                self.assertEqual(1, self.db.count("users"))

        self.run_inner(Case)

        self.assertOutcomes("success")

    def test_threads_that_touch_at_once_get_one_database(self):
        barrier = threading.Barrier(4, timeout=10)
        databases = []

        class Case(HarnessTestCase):
            db = Postgres()

            def touch(self):
                barrier.wait()
                databases.append(self.db.database)

            def test(self):
                threads = [threading.Thread(target=self.touch) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

        self.run_inner(Case)

        self.assertEqual(4, len(databases))
        self.assertEqual(1, len(set(databases)))


class DeadServerTest(ProjectTest):
    def test_a_server_that_is_killed_is_one_error_for_each_test_that_touches_it(self):
        self.write(
            "test_shop.py",
            """
            import unittest
            from harness import HarnessTestCase, Postgres

            class ShopTest(HarnessTestCase):
                db = Postgres(settings=(("work_mem", "5MB"),))  # a server that no other test has

                def test_1_sees_it_die(self):
                    self.addCleanup(lambda: self.db.execute("select 1"))
                    self.db.execute("select 1")
                    self.db.instance.running.stop()
                    self.db.execute("select 1")

                def test_2_swallows_that_it_is_dead(self):
                    try:
                        self.db.execute("select 1")
                    except Exception:
                        pass

                @unittest.expectedFailure
                def test_3_expects_another_failure(self):
                    self.db.execute("select 1")

                def test_4_touches_nothing(self):
                    pass
            """,
        )

        finished = self.python("-m", "unittest", HARNESS_PROVIDERS="embedded")

        if "skipped=4" in finished.stderr:
            self.skipTest("no embedded PostgreSQL here")
        self.assertIn("FAILED (errors=3)", finished.stderr)
        self.assertEqual(
            3, finished.stderr.count("\nharness.errors.ServiceDiedError: postgres on embedded died")
        )


class DefaultEnvironmentTest(unittest.TestCase):
    def test_a_test_case_uses_the_environment_of_the_process(self):
        self.assertIs(default_environment(), HarnessTestCase._harness_environment())
