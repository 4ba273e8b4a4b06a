"""A failed test shows what the server logged during it, wherever the log is ours to read."""

import contextlib
import os
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

from harness import AsyncHarnessTestCase, Environment, HarnessTestCase, Kafka, Postgres, Redis
from harness.errors import ServiceDiedError
from harness.testing.artifacts import safe_name
from harness.testing.excerpt import SHOWN_LINES
from tests.integration.inner import run_inner
from tests.integration.kafka import own
from tests.integration.programs import OwnRegistryTest, ask
from tests.integration.providers import on_every_provider

PASSWORD = "swordfish"
DEADLINE = 60  # seconds: far more than any of these tests waits
SHARED = Postgres()
# A server that no other test shares: it may be killed, and have a password in its log.
NOBODY_ELSES = Postgres(settings=(("vacuum_cost_page_miss", str(os.getpid() % 10_000)),))


def refused(lease, column):
    """Have the server log an error that names a column."""
    with contextlib.suppress(Exception):
        lease.execute(f"select {column}")


@on_every_provider
class FailureLogsTest:
    def setUp(self):
        self.keep = Path(self.enterContext(tempfile.TemporaryDirectory()), "kept")
        self.own = Environment(self.environment.settings, artifacts=str(self.keep))
        self.addCleanup(self.own.close)
        self.has_log = self.own.choose(Postgres()).provider.name != "external"

    def run_failing(self, *actions, service=SHARED):
        """Run a test for each action, which fails afterwards; return the notes of the failures."""

        class Case(HarnessTestCase):
            environment = self.own
            db = service

        def test(action):
            def run(case):
                action(case.db)
                case.fail("sums differ")

            return run

        names = [f"test_{number}" for number, _ in enumerate(actions)]
        for name, action in zip(names, actions, strict=True):
            setattr(Case, name, test(action))
        self.folders = [safe_name(Case(name).id()) for name in names]
        return ["\n".join(error.__notes__) for error in run_inner(Case, *names).raised]

    def kept(self):
        """Return what is kept of the tests, by their numbers."""
        files = {name: list(self.keep.glob(f"{name}/*.log")) for name in self.folders}
        return {self.folders.index(n): file.read_text() for n in files for file in files[n]}

    def test_a_failure_shows_what_was_logged_during_its_own_test(self):
        one, two = self.run_failing(
            lambda db: refused(db, "first_column"), lambda db: refused(db, "second_column")
        )

        self.assertEqual(self.has_log, "harness: log of postgres on " in one)
        self.assertEqual(self.has_log, 'column "first_column" does not exist' in one)
        self.assertEqual(self.has_log, 'column "second_column" does not exist' in two)
        self.assertNotIn("first_column", two)
        self.assertEqual([0, 1] * self.has_log, list(self.kept()))

    def test_a_failure_that_left_nothing_in_the_log_shows_nothing(self):
        (note,) = self.run_failing(lambda db: db.execute("select 1"))

        self.assertTrue(note.startswith("harness: repeat with: "), note)
        self.assertEqual({}, self.kept())

    def test_a_long_part_is_kept_whole_and_its_end_is_shown(self):
        (note,) = self.run_failing(lambda db: [refused(db, f"column_{n}") for n in range(30)])

        if self.has_log:
            self.assertNotIn("column_0", note)
            self.assertIn("column_29", note)
            self.assertIn(f"more lines before these; all in {self.keep}", note)
            self.assertLess(len(note.splitlines()), SHOWN_LINES + 4)
            for number in range(30):
                self.assertIn(f'column "column_{number}" does not exist', self.kept()[0])

    def test_passwords_are_neither_shown_nor_kept(self):
        def action(db):
            own = db.instance.endpoint.password
            refused(db, f"'{own or PASSWORD}' from nowhere")
            refused(db, f"1; alter role nobody_at_all password '{PASSWORD}'")
            secrets.append(own)

        secrets = [PASSWORD]
        notes = self.run_failing(action, service=NOBODY_ELSES if self.has_log else SHARED)
        self.own.close()

        written = [file.read_text() for file in self.keep.rglob("*.log")]
        self.assertEqual(2 * self.has_log, len(written))
        for text in (*notes, *written):
            for secret in filter(None, secrets):
                self.assertNotIn(secret, text)
        self.assertEqual(self.has_log, "nobody_at_all password ***" in notes[0])

    def test_the_complete_log_is_kept_at_the_end(self):
        class Case(HarnessTestCase):
            environment = self.own
            db = Postgres()

            def test(self):
                refused(self.db, "a_column")

        run_inner(Case)
        self.own.close()

        texts = [file.read_text() for file in self.keep.glob("instances/postgres-on-*.log")]
        self.assertEqual(int(self.has_log), len(texts))
        for text in texts:
            self.assertIn("database system is ready to accept connections", text)
            self.assertIn('column "a_column" does not exist', text)


class ProxyLogsTest(OwnRegistryTest):
    def failed(self, own, service, action):
        """Run a test in a registry of its own; return the note of its failure, and what is kept."""
        self.need(service, "embedded")
        keep = Path(self.enterContext(tempfile.TemporaryDirectory()), "kept")

        class Case(HarnessTestCase):
            environment = own("embedded", artifacts=str(keep))
            it = service

            def test(self):
                action(self.it)
                self.fail("sums differ")

        (error,) = run_inner(Case).raised
        folder = keep / safe_name(Case("test").id())
        return "\n".join(error.__notes__), {file.name for file in folder.iterdir()}

    def test_what_the_fault_proxy_logs_is_shown_and_kept_as_that_of_other_servers(self):
        def lose(cache):
            cache.instance.kill()
            with contextlib.suppress(OSError):
                ask((urlsplit(cache.url).hostname, urlsplit(cache.url).port))
            cache.instance.restart()

        note, kept = self.failed(self.own, Redis(proxied=True, exclusive=True), lose)

        self.assertIn("harness: log of toxiproxy on embedded", note)
        self.assertRegex(note, "redis-1.*(cannot connect to|Unable to open connection)")
        self.assertEqual({"redis-on-embedded.log", "toxiproxy-on-embedded.log"}, kept)

    def test_so_is_what_the_relay_before_kafka_logs(self):
        def lose(events):
            events.instance.kill()
            with contextlib.suppress(OSError):
                host, _, port = events.bootstrap_servers.rpartition(":")
                ask((host, int(port)))
            events.instance.restart()

        def mock(_, **overrides):
            return own(self, "mock", **overrides)

        note, kept = self.failed(mock, Kafka(proxied=True, exclusive=True), lose)

        self.assertIn("harness: log of kafka-relay on embedded", note)
        self.assertIn("cannot connect to the broker at 127.0.0.1:", note)
        self.assertIn("kafka-relay-on-embedded.log", kept)


@on_every_provider
class EventuallyTest:
    db = Postgres(isolation="commit")

    def setUp(self):
        self.db.execute("create table orders (id int)")

    def test_what_another_session_commits_is_seen(self):
        def order():
            with contextlib.closing(self.connect()) as connection:
                connection.cursor().execute("insert into orders values (1)")
                connection.commit()

        worker = threading.Timer(0.05, order)
        worker.start()
        self.addCleanup(worker.join)

        self.assertEventually(lambda: self.assertEqual(1, self.db.count("orders")), within=DEADLINE)

    def connect(self):
        import psycopg

        return psycopg.connect(self.db.dsn)

    def test_a_failure_shows_what_the_last_try_saw(self):
        with self.assertRaises(AssertionError) as raised:
            self.assertEventually(lambda: self.assertEqual(1, self.db.count("orders")), within=0.05)

        self.assertIn("the last raised AssertionError: 1 != 0", str(raised.exception))

    def test_a_coroutine_waits_without_blocking(self):
        class Case(AsyncHarnessTestCase):
            environment = self.environment
            db = Postgres()

            async def test(self):
                values = iter([0, 0, 1])
                await self.assertEventually(
                    lambda: self.db.value("select %s::int", [next(values)]), within=DEADLINE
                )

        result = run_inner(Case)

        self.assertEqual([], result.raised)


@on_every_provider
class DeathTest:
    def test_a_server_that_dies_ends_the_waiting(self):
        if self.environment.choose(Postgres()).provider.name == "external":
            self.skipTest("a server of somebody else is not killed")

        class Case(HarnessTestCase):
            environment = Environment(self.environment.settings)
            db = NOBODY_ELSES

            def test(self):
                self.db.instance.running.kill()  # as a crash, of which the instance knows nothing
                self.assertEventually(lambda: False, within=DEADLINE)

        self.addCleanup(Case.environment.close)
        result = run_inner(Case)

        died = [error for error in result.raised if isinstance(error, ServiceDiedError)]
        self.assertEqual(1, len(died), result.text)
        self.assertIn("died: ", str(died[0]))
