"""A server of a class's own: paused, killed and restarted in the middle of a test."""

import contextlib
import os
import signal

from harness import HarnessTestCase, Postgres
from harness.errors import LeaseError, ServiceDiedError
from harness.services.postgres.connect import connect
from tests.integration.inner import run_inner
from tests.integration.programs import OwnRegistryTest
from tests.integration.providers import also_with_psycopg, on, on_one_python
from tests.integration.sandbox import wait_until

ANY = Exception  # of a driver, whose errors differ


def schema(db):
    db.execute("create table notes (text text)")


def close(connection):
    """Close a connection that the server has lost."""
    with contextlib.suppress(ANY):
        connection.close()


@on_one_python
class DisturbedTest:
    """What a lease is worth after its server was killed, and that the next one is clean."""

    rolled = Postgres(migrations=schema, exclusive=True)
    other = Postgres(migrations=schema, exclusive=True, name="other")
    committed = Postgres(migrations=schema, exclusive=True, isolation="commit")
    read = Postgres(migrations=schema, exclusive=True, isolation="readonly")

    def setUp(self):
        """Find what the test before has left: nothing, whatever it did to the server."""
        self.assertEqual([0, 0], [self.rolled.count("notes"), self.committed.count("notes")])

    def test_a_commit_lease_goes_on_after_a_restart(self):
        dsn = self.committed.dsn
        self.committed.execute("insert into notes values ('before')")
        cursor = self.committed.connection.cursor()
        cursor.execute("insert into notes values ('not committed')")
        self.committed.instance.restart()

        with self.assertRaises(ANY):
            cursor.execute("select 1")
        self.assertEqual(1, self.committed.count("notes"))
        self.committed.connection.cursor().execute("insert into notes values ('after')")
        self.committed.connection.commit()
        self.assertEqual(2, self.committed.count("notes"))
        self.assertEqual(dsn, self.committed.dsn)

    def test_killed_it_says_so_until_it_is_restarted(self):
        self.committed.execute("insert into notes values ('before')")
        self.committed.instance.kill()
        for use in (lambda: self.committed.count("notes"), lambda: self.committed.connection):
            with self.assertRaises(ServiceDiedError) as raised:
                use()
            self.assertIn("is down: ", str(raised.exception))
            self.assertIn("next: call instance.restart()", str(raised.exception))
        self.committed.instance.restart()

        self.assertEqual(1, self.committed.count("notes"))

    def test_a_rollback_lease_says_that_its_transaction_is_gone(self):
        self.rolled.execute("insert into notes values ('before')")
        connection = self.rolled.connection
        self.rolled.instance.kill()
        with self.assertRaises(ANY):
            connection.cursor().execute("select 1")
        with self.assertRaisesRegex(ServiceDiedError, "is down: "):
            self.rolled.count("notes")
        self.rolled.instance.restart()

        for use in (lambda: self.rolled.count("notes"), lambda: self.rolled.connection):
            with self.assertRaises(LeaseError) as raised:
                use()
            self.assertIn(
                "all that this test wrote under isolation='rollback' is gone", str(raised.exception)
            )

    def test_what_others_committed_before_a_kill_is_gone_with_the_database(self):
        connection = connect(self.rolled.instance.endpoint, self.rolled.database)
        self.addCleanup(close, connection)
        connection.autocommit = True
        connection.cursor().execute("insert into notes values ('from elsewhere')")
        self.rolled.instance.kill()
        with self.assertRaises(ANY):
            connection.cursor().execute("select 1")

    def test_leases_that_nobody_used_are_whole_after_a_restart(self):
        self.other.count("notes")
        self.read.count("notes")
        self.rolled.instance.restart()

    def test_leases_taken_after_a_restart_are_new(self):
        self.committed.instance.restart()
        self.assertEqual([0, 0], [self.other.count("notes"), self.read.count("notes")])
        self.other.execute("insert into notes values ('after')")

    def test_paused_and_left_so_it_is_resumed(self):
        self.rolled.execute("insert into notes values ('paused')")
        self.rolled.instance.pause()
        self.rolled.instance.resume()
        self.assertEqual(1, self.rolled.count("notes"))
        self.rolled.instance.pause()


on(DisturbedTest, "docker", "embedded")
also_with_psycopg(DisturbedTest)


class CrashTest(OwnRegistryTest):
    def test_a_server_that_dies_by_itself_fails_the_test_that_did_not_notice(self):
        class Case(HarnessTestCase):
            environment = self.own("embedded")
            db = Postgres(exclusive=True)

            def test_a(self):
                server = self.db.instance.running
                self.db.execute("create table left_behind (id integer)")
                os.kill(server.pid, signal.SIGKILL)
                wait_until(server.exit_state, "its end")

            def test_b(self):
                self.assertFalse(self.db.exists("left_behind"))

        result = run_inner(Case)

        self.assertEqual(["test_a"], result.failed, result.text)
        self.assertIsInstance(result.raised[0], ServiceDiedError)
        self.assertIn("postgres on embedded died: killed by SIGKILL", str(result.raised[0]))
        Case.environment.close()
        self.assertEqual([], self.leftovers())
