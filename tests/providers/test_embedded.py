"""Servers that we start: their directory, their port and their environment."""

import os
import signal
import socket
import sys
import unittest
from unittest import mock

from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.core.registry.things import thing
from harness.errors import StartError
from harness.providers import embedded
from tests.support.registry import RegistryTest, wait_until

FOREVER = "exec tail -f /dev/null"


class ScriptRecipe:
    """A server that is a shell script; it serves nothing."""

    def __init__(self, script, error=None, grace=5.0, leftovers=()):
        self.script = script
        self.error = error
        self.grace = grace
        self.leftovers = leftovers

    def refusal(self, settings):
        return None if self.script else "no script"

    def describe(self, settings):
        return f"sh {self.script}"

    def prepare(self, home, port, settings):
        if self.error is not None:
            raise self.error
        return Launch(
            command=("/bin/sh", "-c", self.script),
            endpoint=Endpoint("127.0.0.1", port),
            provenance="Script 1.0",
            account=Account(),
            stop_signal=signal.SIGINT,
            environment={"NAME": "value", "PATH": os.environ["PATH"]},
            grace=self.grace,
            leftovers=self.leftovers,
        )

    def likely_cause(self, log):
        return "a bug" if "bug" in log else None


class EmbeddedTest(RegistryTest):
    def setUp(self):
        super().setUp()
        self.data = self.directory / "data"
        self.data.mkdir()

    def start(self, recipe):
        claim = self.begun()
        settings = self.settings(HARNESS_DATA_DIR="data")
        try:
            server = embedded.PROVIDER.start(recipe, settings, claim)
        except BaseException:
            claim.release()
            raise
        self.addCleanup(server.stop)
        return server

    def run_to_its_end(self, recipe):
        server = self.start(recipe)
        wait_until(server.exit_state, "the end of the script")
        return server

    def assertNothingLeft(self):
        self.assertEqual([], list(self.data.iterdir()))
        self.assertEqual([], self.registry.slots())

    def test_it_asks_the_recipe(self):
        self.assertEqual("no script", embedded.PROVIDER.refusal(ScriptRecipe(""), self.settings()))
        self.assertEqual("sh x", embedded.PROVIDER.describe(ScriptRecipe("x"), self.settings()))

    def test_its_place_is_the_directory_that_was_set(self):
        places = [
            embedded.PROVIDER.place(self.settings(HARNESS_DATA_DIR=name)) for name in ("a", "b", "")
        ]

        self.assertEqual([f"{self.directory}/a", f"{self.directory}/b", ""], places)

    def test_a_server_runs_until_it_is_stopped(self):
        server = self.start(ScriptRecipe(FOREVER))
        self.assertIsNone(server.exit_state())

        server.stop()

        self.assertEqual("stopped by us", server.exit_state())
        self.assertNothingLeft()

    def test_stopping_twice_stops_once(self):
        server = self.start(ScriptRecipe(FOREVER))

        server.stop()
        server.stop()

        self.assertNothingLeft()

    def test_one_that_does_not_listen_is_killed(self):
        script = f"trap '' INT; echo up; {FOREVER}"
        server = self.start(ScriptRecipe(script, grace=0.05))
        wait_until(lambda: "up" in server.log(), "the start of the script")

        server.stop()

        self.assertFalse(os.path.exists(f"/proc/{server.pid}/cmdline"))
        self.assertNothingLeft()

    def test_one_that_ended_says_how(self):
        server = self.run_to_its_end(ScriptRecipe("echo a bug >&2; exit 7"))

        self.assertEqual("exit code 7", server.exit_state())
        self.assertEqual("a bug\n", server.log())
        self.assertEqual("a bug", server.likely_cause())

    def test_one_that_was_killed_says_by_what(self):
        server = self.run_to_its_end(ScriptRecipe("kill -SEGV $$"))

        self.assertEqual("killed by SIGSEGV", server.exit_state())

    def test_its_log_can_be_read_after_its_end(self):
        server = self.run_to_its_end(ScriptRecipe("echo hello"))

        server.stop()

        self.assertEqual("hello\n", server.log())

    def test_it_has_the_environment_that_was_prepared_and_no_terminal(self):
        server = self.run_to_its_end(ScriptRecipe("env; cat; pwd"))

        self.assertIn("NAME=value", server.log())
        self.assertNotIn("HOME=", server.log())
        self.assertIn(str(server.home), server.log())

    def test_what_it_may_leave_is_written_down_before_it_runs(self):
        leftover = thing("directory", path=str(self.data / "elsewhere"))
        server = self.start(ScriptRecipe(FOREVER, leftovers=(leftover,)))
        (self.data / "elsewhere").mkdir()

        server.stop()

        self.assertNothingLeft()

    def test_a_program_that_is_not_there_is_an_error_with_its_name(self):
        recipe = ScriptRecipe(FOREVER)
        prepared = recipe.prepare(None, 1, None)
        missing = mock.patch.object(
            recipe, "prepare", lambda *_: Launch(**{**vars(prepared), "command": ("/no/program",)})
        )

        with missing, self.assertRaises(StartError) as caught:
            self.start(recipe)

        self.assertIn(
            "/no/program could not be executed: No such file or directory", str(caught.exception)
        )
        self.assertNothingLeft()

    def test_a_failed_preparation_leaves_nothing(self):
        with self.assertRaises(StartError) as caught:
            self.start(ScriptRecipe("x", StartError("initdb failed")))

        self.assertEqual("initdb failed", str(caught.exception))
        self.assertNothingLeft()

    def test_a_full_disk_leaves_nothing_and_says_where(self):
        with self.assertRaisesRegex(StartError, f"below {self.data}: No space left"):
            self.start(ScriptRecipe("x", OSError(28, "No space left on device")))

        self.assertNothingLeft()

    def test_an_interrupt_leaves_nothing(self):
        with self.assertRaises(KeyboardInterrupt):
            self.start(ScriptRecipe("x", KeyboardInterrupt()))

        self.assertNothingLeft()


class PortTest(unittest.TestCase):
    def test_a_reserved_port_is_not_given_to_others(self):
        with embedded.reserve_port() as one, embedded.reserve_port() as other:
            self.assertNotEqual(one.getsockname(), other.getsockname())
            self.assertEqual("127.0.0.1", one.getsockname()[0])

    def test_a_server_that_reuses_addresses_can_listen_on_it(self):
        with embedded.reserve_port() as holder, socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(holder.getsockname())
            server.listen()

    @unittest.skipUnless(sys.platform == "linux", "the kernel tells its range on Linux only")
    def test_it_is_none_that_the_kernel_gives_to_outgoing_connections(self):
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first = int(file.read().split()[0])
        if first <= embedded.ENOUGH:
            self.skipTest("the kernel's range leaves none")

        for _ in range(20):
            with embedded.reserve_port() as holder:
                self.assertLess(holder.getsockname()[1], first)

    def test_one_that_is_taken_is_passed_over(self):
        with embedded.reserve_port() as one:
            taken = one.getsockname()[1]
            self.enterContext(mock.patch.object(embedded, "quiet_ports", return_value=[taken]))
            with embedded.reserve_port() as other:
                self.assertNotEqual(taken, other.getsockname()[1])


class EnvironmentTest(unittest.TestCase):
    def test_nothing_of_the_user_changes_the_server(self):
        user = {"PGPORT": "1", "LD_PRELOAD": "x.so", "LC_ALL": "de_DE", "PATH": "/bin", "TZ": "UTC"}
        with mock.patch.dict(os.environ, user, clear=True):
            self.assertEqual(
                {"PATH": "/bin", "TZ": "UTC", "LC_ALL": "C", "A": "b"},
                embedded.clean_environment(A="b"),
            )
