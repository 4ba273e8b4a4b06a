"""What `proxied=True` does for Postgres, whatever the provider, the proxy and the isolation."""

import contextlib
import threading
import time

from harness import HarnessTestCase, Postgres
from harness.errors import FaultError, LeaseError
from harness.faults import down, limit_data, reset_peer
from harness.services.postgres.connect import client_errors
from tests.integration.providers import (
    also_with_psycopg,
    on_embedded,
    on_every_provider_and_proxy,
)
from tests.integration.toxiproxies import LONG, SOON


def make_notes(db):
    db.execute("create table notes (id serial primary key, text text not null)")


class Queries:
    """What the tests here ask, in the name of the code under test and of the test itself."""

    def ask(self, connection=None, sql="select 1"):
        cursor = (connection or self.db.connection).cursor()
        cursor.execute(sql)
        return cursor.fetchone()[0]

    def seconds(self, action, *arguments):
        began = time.monotonic()
        action(*arguments)
        return time.monotonic() - began

    def connect(self):
        """Return a connection of the code's own, opened by the DSN."""
        import psycopg

        made = psycopg.connect(self.db.dsn, connect_timeout=5)
        self.addCleanup(made.close)
        return made

    def test_what_the_code_sends_is_slowed_down_and_what_it_sends_afterwards_is_not(self):
        self.ask()
        with self.db.toxics.latency(ms=100):
            self.assertGreater(self.seconds(self.ask), 0.098)
        with self.db.toxics.latency(ms=LONG):
            pass
        self.assertLess(self.seconds(self.ask), SOON)

    def test_a_url_leads_through_the_proxy_too(self):
        connection = self.connect()
        self.ask(connection)
        with self.db.toxics.latency(ms=100):
            self.assertGreater(self.seconds(self.ask, connection), 0.098)
        connection.close()

    def test_faults_stack(self):
        self.ask()
        toxics = self.db.toxics
        with toxics.latency(ms=30), toxics.latency(ms=30, stream="upstream"):
            self.assertGreater(self.seconds(self.ask), 0.058)

    def test_the_dsn_is_the_same_in_each_test(self):
        def test(case):
            seen.append(case.db.dsn)
            with case.db.toxics.latency(ms=1):
                case.db.connection.cursor().execute("select 1")

        seen = []
        case = type(
            "Inner", (HarnessTestCase,), {"db": self.service(), "test_a": test, "test_b": test}
        )

        result = self.run_inner(case)

        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertEqual(1, len(set(seen)), seen)

    def test_what_a_test_forgot_is_gone_in_the_next_one(self):
        def test_a(case):
            case.db.toxics.latency(ms=LONG).__enter__()
            case.db.toxics.down().__enter__()

        def test_b(case):
            began = time.monotonic()
            cursor = case.db.connection.cursor()
            cursor.execute("select 1")
            case.assertEqual(1, cursor.fetchone()[0])
            case.assertLess(time.monotonic() - began, SOON)

        case = type(
            "Inner", (HarnessTestCase,), {"db": self.service(), "test_a": test_a, "test_b": test_b}
        )

        result = self.run_inner(case, "test_a", "test_b")

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_a_connection_that_each_fault_cuts_is_no_failure_and_the_next_test_is_clean(self):
        def cut(fault):
            def test(case):
                case.db.connection.cursor().execute("insert into notes (text) values ('lost')")
                with case.db.toxics.having(fault), case.assertRaises(client_errors()):
                    case.db.connection.cursor().execute("select repeat('x', 5000)")
                    case.db.connection.cursor().execute("select 1")

            return test

        def test_after(case):
            case.assertEqual(0, case.db.count("notes"))
            case.db.connection.cursor().execute("insert into notes (text) values ('b')")
            case.db.connection.commit()

        cuts = {f"test_{i}a": cut(fault) for i, fault in enumerate(CUTS)}
        after = {f"test_{i}b": test_after for i, _ in enumerate(CUTS)}
        case = type("Inner", (HarnessTestCase,), {"db": self.service(), **cuts, **after})

        result = self.run_inner(case, *sorted({**cuts, **after}))

        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertEqual(2 * len(CUTS), result.testsRun)

    def test_a_test_that_fails_keeps_its_own_failure_first(self):
        def test(case):
            case.db.connection.cursor().execute("insert into notes (text) values ('lost')")
            case.db.toxics.down().__enter__()
            case.db.connection.cursor().execute("select 1")

        case = type("Inner", (HarnessTestCase,), {"db": self.service(), "test": test})

        result = self.run_inner(case)

        self.assertEqual(1, len(result.raised), result.text)
        self.assertIsInstance(result.raised[0], client_errors())

    def test_toxics_end_with_the_lease(self):
        with self.environment.lease(self.service()) as lease:
            toxics = lease.toxics
            fault = toxics.latency(ms=5)
            fault.__enter__()
        with self.assertRaises(LeaseError):
            toxics.latency(ms=5).__enter__()
        fault.__exit__(None, None, None)  # which ends nobody else's

    def test_threads_may_have_faults(self):
        self.ask()
        with self.db.toxics.latency(ms=1):
            threads = [threading.Thread(target=self.in_a_thread) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertLess(self.seconds(self.ask), SOON)

    def in_a_thread(self):
        with self.db.toxics.latency(ms=LONG), self.db.toxics.latency(ms=LONG, stream="upstream"):
            pass

    def service(self):
        return Postgres(
            migrations=make_notes, isolation=self.isolation, driver=self.driver, proxied=True
        )


CUTS = [down(), reset_peer(), limit_data(bytes=1000), limit_data(bytes=10, stream="upstream")]


@also_with_psycopg
@on_every_provider_and_proxy
class RollbackConformance(Queries):
    isolation = "rollback"
    needed = Postgres(proxied=True)
    db = Postgres(migrations=make_notes, proxied=True)

    def test_it_cannot_go_on_with_what_is_gone(self):
        with self.db.toxics.down(), contextlib.suppress(*client_errors()):
            self.ask()
        for goes_on in (self.ask, lambda: self.db.count("notes")):
            with self.assertRaises(LeaseError) as raised:
                goes_on()
        self.assertEqual(
            "a fault has cut `connection`, and all that this test wrote under "
            "isolation='rollback' is gone\n"
            "  likely cause: it was all in one transaction, which ends with its connection\n"
            "  next: declare Postgres(isolation='commit', proxied=True) for tests that go on "
            "after that",
            str(raised.exception),
        )

    def test_a_lost_outer_transaction_is_a_failure_all_the_same(self):
        def test(case):
            with case.db.toxics.latency(ms=1):
                case.db.connection.cursor().execute("do 'begin commit; end'")

        case = type("Inner", (HarnessTestCase,), {"db": self.service(), "test": test})

        self.assertFalse(self.run_inner(case).wasSuccessful())


@also_with_psycopg
@on_every_provider_and_proxy
class CommitConformance(Queries):
    isolation = "commit"
    needed = Postgres(proxied=True)
    db = Postgres(migrations=make_notes, isolation="commit", proxied=True)

    def test_the_lease_gives_another_connection_after_a_cut(self):
        lost = self.db.connection
        with self.db.toxics.down(), contextlib.suppress(*client_errors()):
            self.ask(lost)

        self.assertEqual(1, self.ask())
        self.assertIsNot(lost, self.db.connection)

    def test_what_was_committed_before_a_cut_stays_to_the_end_of_the_test(self):
        self.db.connection.cursor().execute("insert into notes (text) values ('a')")
        self.db.connection.commit()
        with self.db.toxics.down():
            self.assertEqual(1, self.db.count("notes"))

        self.assertEqual(1, self.ask(sql="select count(*) from notes"))

    def test_a_connection_that_the_code_keeps_is_a_leak_though_there_was_a_fault(self):
        def test(case):
            with case.db.toxics.latency(ms=1):
                kept.append(psycopg.connect(case.db.dsn))

        import psycopg

        kept = []
        case = type("Inner", (HarnessTestCase,), {"db": self.service(), "test": test})

        result = self.run_inner(case)
        self.addCleanup(kept[0].close)

        self.assertIn("the test left 1 connection(s) to its database open", result.text)

    def test_what_the_server_still_does_for_a_lost_client_is_no_leak(self):
        def test(case):
            connection = psycopg.connect(case.db.dsn)
            case.addCleanup(connection.close)
            thread = threading.Thread(target=sleep, args=[connection])
            thread.start()
            asleep.wait(5)
            case.assertEventually(lambda: case.db.value(AT_WORK) == 1, within=5)
            with case.db.toxics.down():
                thread.join()

        def sleep(connection):
            asleep.set()
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_sleep(30)")

        import psycopg

        asleep = threading.Event()
        case = type("Inner", (HarnessTestCase,), {"db": self.service(), "test": test})

        began = time.monotonic()
        result = self.run_inner(case)

        self.assertTrue(result.wasSuccessful(), result.text)
        self.assertLess(time.monotonic() - began, 10)


AT_WORK = "select count(*) from pg_stat_activity where query = 'select pg_sleep(30)'"


@on_embedded
class HeldTest:
    db = Postgres(migrations=make_notes, isolation="commit", proxied=True)
    needed = db

    def test_a_class_may_hold_it_and_its_dsn_stays(self):
        service = self.db.service

        class Inner(HarnessTestCase):
            db = service

            @classmethod
            def setUpClass(cls):
                held = cls.hold(cls.db)
                held.execute("insert into notes (text) values ('before')")
                cls.dsn = held.dsn

            def cut(self):
                self.assertEqual(self.dsn, self.db.dsn)
                self.assertEqual(1, self.db.count("notes"))
                with self.db.toxics.down(), contextlib.suppress(*client_errors()):
                    self.db.connection.cursor().execute("select 1")
                self.db.execute("insert into notes (text) values ('within')")

            test_a = test_b = cut

        result = self.run_inner(Inner)

        self.assertTrue(result.wasSuccessful(), result.text)

    def test_readonly_goes_through_it_too(self):
        with self.environment.lease(Postgres(isolation="readonly", proxied=True)) as lease:
            self.assertNotEqual(lease.instance.endpoint.port, lease._endpoint.port)
            with lease.toxics.latency(ms=100):
                self.assertGreater(
                    self.seconds(lambda: lease.connection.cursor().execute("select 1")), 0.098
                )

    seconds = Queries.seconds

    def test_what_is_not_proxied_says_how_to_declare_it(self):
        lease = self.enterContext(self.environment.lease(Postgres(isolation="commit")))
        with self.assertRaises(FaultError) as raised:
            lease.toxics.latency(ms=5)

        self.assertEqual(
            "Postgres(isolation='commit') cannot have faults: its connections go straight to the "
            "server\n"
            "  likely cause: it was declared without proxied=True\n"
            "  next: write Postgres(isolation='commit', proxied=True)",
            str(raised.exception),
        )

    def test_it_shares_the_server_with_what_is_not_proxied(self):
        with self.environment.lease(Postgres()) as lease:
            self.assertIs(lease.instance, self.db.instance)

    def test_one_that_was_not_touched_asks_the_proxy_nothing(self):
        self.db.connection.cursor().execute("select 1")
        proxy = self.db._visit.server
        with self.environment.lease(self.db.service) as lease:
            lease.connection.cursor().execute("select 1")  # its place may be new, and ask for one
        proxy.client.close()
        with self.environment.lease(self.db.service) as lease:
            lease.connection.cursor().execute("select 1")
        self.assertIsNone(proxy.client._line._open)

    def test_which_connections_a_toxicity_hits_follows_from_the_seed(self):
        service = self.db.service

        class Inner(HarnessTestCase):
            db = service

            def test_which_connections_are_hit(self):
                import psycopg

                hit = []
                with self.db.toxics.reset_peer(ms=0, toxicity=0.5):
                    for _ in range(8):
                        try:
                            psycopg.connect(self.db.dsn).close()
                            hit.append(False)
                        except psycopg.OperationalError:
                            hit.append(True)
                found.append(hit)

        found = []
        for _ in range(3):
            self.assertTrue(self.run_inner(Inner).wasSuccessful())

        self.assertEqual(1, len({*map(tuple, found)}), found)
        self.assertEqual({True, False}, {*found[0]})
