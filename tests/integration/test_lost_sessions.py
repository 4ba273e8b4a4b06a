"""Sessions that are lost, shared or held up: the harness's own, and the lease's."""

import socket
import threading
import unittest
from unittest import mock

import psycopg

from harness import HarnessTestCase, Postgres
from harness.core.endpoint import Endpoint
from harness.core.settings import Settings
from harness.errors import IsolationError, LeakError, StartError
from harness.services.postgres import connect
from harness.services.postgres.databases import Databases
from tests.integration.inner import run_inner
from tests.integration.providers import environment, on_every_provider
from tests.integration.shop import shop
from tests.support.project import ProjectTest
from tests.support.unit import answering

EMBEDDED = environment("embedded")
SECRET = "only-in-the-url"


class OwnSessionTest(HarnessTestCase):
    environment = EMBEDDED
    db = Postgres()

    def databases(self):
        databases = Databases(self.db.instance.endpoint, Settings.read(), fast=True)
        self.addCleanup(databases.close)
        return databases

    def test_an_answer_that_an_interrupt_left_unread_is_not_taken_for_the_next_one(self):
        databases = self.databases()
        with (
            mock.patch.object(
                databases._admin._connection, "handle_messages", side_effect=KeyboardInterrupt
            ),
            self.assertRaises(KeyboardInterrupt),
        ):
            databases.rows("select 'unread'")

        self.assertEqual([["next"]], databases.rows("select 'next'"))

    def test_a_session_that_the_server_ended_is_replaced(self):
        databases = self.databases()
        [[pid]] = databases.rows("select pg_backend_pid()")
        self.db.execute("select pg_terminate_backend(%s)", [pid])

        self.assertEqual([[2]], databases.rows("select 2"))


@on_every_provider
class PostgresConformanceEndedSessions:
    def test_a_test_that_ends_the_sessions_of_the_harness_harms_no_later_one(self):
        class Case(HarnessTestCase):
            db = Postgres(migrations=shop)
            real = Postgres(migrations=shop, isolation="commit")

            def test_ends(self):
                for rows in sessions_of(self.db.instance):
                    [[pid]] = rows("select pg_backend_pid()")
                    self.db.execute("select pg_terminate_backend(%s)", [pid])

            def test_goes_on(self):
                self.assertEqual(0, self.db.count("items"))
                self.assertEqual(0, self.real.count("items"))

        alone = self.environment.settings
        case = type("Case", (Case,), {"environment": type(self.environment)(alone)})
        self.addCleanup(case.environment.close)

        result = run_inner(case, "test_goes_on", "test_ends", "test_goes_on", "test_goes_on")

        self.assertEqual([], result.failed, result.text)


def sessions_of(instance):
    """Return for each session that an instance keeps for itself how to ask it."""
    return [instance.databases.rows, instance._locks.rows]


class SharedLeaseTest(HarnessTestCase):
    environment = EMBEDDED
    rolled_back = Postgres(migrations=shop)
    committed = Postgres(migrations=shop, isolation="commit")

    def answers(self, db):
        wrong = []

        def ask(number):
            wrong.extend(
                value for _ in range(20) if (value := db.value(f"select {number}")) != number
            )

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return wrong

    def test_threads_that_share_a_lease_get_their_own_answers(self):
        for db in (self.rolled_back, self.committed):
            with self.subTest(db.service.isolation):
                self.assertEqual([], self.answers(db))

    def test_a_lock_that_another_connection_holds_ends_the_wait_and_is_explained(self):
        self.committed.execute("set lock_timeout = 100")  # for the session of the helpers
        self.committed.connection.cursor().execute("lock table items")

        with self.assertRaises(Exception) as raised:
            self.committed.execute("insert into items (name) values ('a')")
        self.committed.connection.rollback()

        notes = "\n".join(raised.exception.__notes__)
        self.assertIn("canceling statement due to lock timeout", notes)
        self.assertIn("in: insert into items", notes)
        self.assertIn("perhaps `connection` with writes that wait for connection.commit()", notes)


class WatchedTest(HarnessTestCase):
    environment = EMBEDDED
    db = Postgres(migrations=shop)

    def test_a_dsn_after_a_change_of_structure_is_refused_with_the_way_out(self):
        self.db.execute("alter table items add column note text")

        with self.assertRaisesRegex(IsolationError, "changed a table's structure(?s:.*)'commit'"):
            self.db.dsn  # noqa: B018

    def test_a_function_that_another_connection_made_is_named_and_gone(self):
        class Case(HarnessTestCase):
            environment = EMBEDDED
            db = Postgres(migrations=shop)

            def test_makes(self):
                with psycopg.connect(self.db.dsn) as connection:
                    connection.execute(
                        "create function leaky() returns int language sql as 'select 1'"
                    )

            def test_looks(self):
                self.assertEqual(
                    0, self.db.value("select count(*) from pg_proc where proname = 'leaky'")
                )

        result = run_inner(Case, "test_makes", "test_looks")

        self.assertEqual(["test_makes"], result.failed, result.text)
        self.assertIsInstance(result.raised[0], LeakError)
        self.assertIn("the structure", str(result.raised[0]))


class SilentServerTest(unittest.TestCase):
    def test_a_server_that_never_finishes_the_log_in_is_given_up(self):
        ask_for_password = b"R\0\0\0\x0c\0\0\0\x0a" + b"\0\0\0\0"
        with (
            mock.patch.object(connect, "LOGIN_TIMEOUT", 0.2),
            answering(ask_for_password[:5]) as port,
            self.assertRaises(StartError) as raised,
        ):
            connect.log_in(Endpoint("127.0.0.1", port, "me", SECRET, "shop"))

        self.assertIn(f"PostgreSQL at me@127.0.0.1:{port}/shop", str(raised.exception))

    def test_a_port_where_nobody_listens_is_an_error_of_the_driver(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            endpoint = Endpoint("127.0.0.1", taken.getsockname()[1], "me", SECRET, "shop")

            with self.assertRaisesRegex(connect.driver().InterfaceError, "Connection refused"):
                connect.connect(endpoint)


class PasswordTest(ProjectTest):
    def test_a_runner_that_shows_variables_shows_no_password_of_a_refused_log_in(self):
        server = EMBEDDED.instance(Postgres()).endpoint
        self.write(
            "test_it.py",
            "from harness import HarnessTestCase, Postgres\n"
            "class Case(HarnessTestCase):\n"
            "    db = Postgres()\n"
            "    def test_it(self):\n"
            "        self.db.count('x')\n",
        )
        for url in (
            f"postgresql://postgres:{SECRET}@127.0.0.1:{server.port}/postgres",
            f"postgresql://postgres:{SECRET}@127.0.0.1:bad/postgres",
            f"postgresql://postgres:{SECRET}[x]@127.0.0.1/postgres",
        ):
            with self.subTest(url):
                done = self.python("-m", "unittest", "--locals", "test_it", DATABASE_URL=url)

                self.assertIn(
                    "DATABASE_URL" if "bad" in url or "[" in url else "refuses", done.stderr
                )
                self.assertNotIn(SECRET, done.stderr)
