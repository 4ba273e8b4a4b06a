"""An embedded server that dies: one error that says how, and nothing of it remains."""

import os
import signal
import socket
import tempfile
import time
from pathlib import Path
from unittest import mock

from harness import Environment, HarnessTestCase, Postgres
from harness.errors import ServiceDiedError, StartError
from harness.providers import embedded
from harness.providers.directories import cache_directory
from tests.integration.inner import run_inner
from tests.integration.providers import environment, on_one_python
from tests.integration.sandbox import SandboxTest


class DeathTest(SandboxTest):
    def setUp(self):
        self.need("embedded")
        holder = tempfile.TemporaryDirectory(prefix="sandbox-")
        self.addCleanup(holder.cleanup)
        self.data = Path(holder.name)
        self.data.chmod(0o755)
        state = tempfile.TemporaryDirectory()
        self.addCleanup(state.cleanup)
        self.environment = Environment(
            providers="embedded",
            state_dir=state.name,  # for what is killed here must be nobody else's
            data_dir=str(self.data),
            cache_dir=str(cache_directory(environment("embedded").settings)),
        )
        self.addCleanup(self.environment.close)

    def assertNothingLeft(self):
        self.assertEqual([], list(self.data.iterdir()))
        self.assertEqual([], processes_in(self.data))

    def kill(self, running):
        """Kill the server as the kernel does for want of memory; remember its shared memory."""
        lines = (running.home / "data" / "postmaster.pid").read_text().splitlines()
        self.segment = lines[6].split()[1]
        self.assertIn(self.segment, segments())
        os.kill(running.pid, signal.SIGKILL)


def processes_in(directory):
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd").startswith(str(directory)):
                found.append(entry.name)
        except OSError:
            continue
    return found


def segments():
    """Return the ids of all System V shared memory segments."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return {line.split()[1] for line in lines}


@on_one_python
class KilledWhileStartingTest(DeathTest):
    def test_it_is_one_error_with_state_and_log_and_at_once(self):
        def probe(service, running, timeout):
            if "starting PostgreSQL" in running.log():
                self.kill(running)
            raise ConnectionRefusedError("not yet")

        began = time.monotonic()
        with mock.patch.object(Postgres, "probe", probe), self.assertRaises(StartError) as raised:
            self.environment.lease(Postgres())

        self.assertLess(time.monotonic() - began, 8)
        text = str(raised.exception)
        self.assertIn("postgres on embedded ended while starting: killed by SIGKILL", text)
        self.assertIn("starting PostgreSQL", text)
        self.assertIn("next: ", text)
        self.assertNotIn(self.segment, segments())
        self.assertNothingLeft()

    def test_a_port_that_somebody_took_is_named_as_the_cause(self):
        with (
            socket.create_server(("127.0.0.1", 0)) as taken,
            mock.patch.object(embedded, "reserve_port", return_value=taken),
            self.assertRaises(StartError) as raised,
        ):
            self.environment.lease(Postgres())

        text = str(raised.exception)
        self.assertIn("ended while starting: exit code 1", text)
        self.assertIn("Address already in use", text)
        self.assertIn("likely cause: another program took the port", text)
        self.assertNothingLeft()

    def test_a_setting_that_does_not_exist_leaves_nothing(self):
        with self.assertRaises(StartError):
            self.environment.lease(Postgres(settings=(("wrok_mem", "1MB"),)))

        self.assertNothingLeft()


@on_one_python
class KilledWhileInUseTest(DeathTest):
    def run_killed(self, **options):
        test = self

        class Case(HarnessTestCase):
            environment = self.environment
            db = Postgres(**options)

            def test_a_before(self):
                self.db.execute("create table t (id integer)")

            def test_b_killed(self):
                self.db.execute("create table t (id integer)")
                test.kill(self.db.instance.running)
                while True:  # the server's side of a session may live a little longer
                    self.db.execute("insert into t values (1)")

            def test_c_after(self):
                self.db.execute("select 1")

            test_d_after = test_c_after

        began = time.monotonic()
        result = run_inner(Case)
        self.elapsed = time.monotonic() - began
        self.environment.close()
        return result

    def check(self, **options):
        result = self.run_killed(**options)

        self.assertEqual(["test_b_killed", "test_c_after", "test_d_after"], result.failed)
        for error in result.raised:
            self.assertIsInstance(error, ServiceDiedError)
            self.assertIn("postgres on embedded died: killed by SIGKILL", str(error))
            self.assertIn("likely cause: it crashed, or was killed from outside", str(error))
            self.assertIn("database system is ready", str(error))
        self.assertLess(self.elapsed, 10)
        self.assertNotIn(self.segment, segments())
        self.assertNothingLeft()

    def test_under_rollback_the_test_and_those_after_it_say_so(self):
        self.check()

    def test_under_commit_the_test_and_those_after_it_say_so(self):
        self.check(isolation="commit")

    def test_code_that_uses_the_connection_gets_the_drivers_error_and_the_reason(self):
        test = self

        class Case(HarnessTestCase):
            environment = self.environment
            db = Postgres()

            def test(self):
                cursor = self.db.connection.cursor()
                cursor.execute("select 1")
                test.kill(self.db.instance.running)
                while True:  # the server's side of a session may live a little longer
                    cursor.execute("select 1")

        result = run_inner(Case)
        self.environment.close()

        self.assertEqual(1, len(result.raised))
        self.assertIn("killed by SIGKILL", "\n".join(result.raised[0].__notes__))
        self.assertNothingLeft()
