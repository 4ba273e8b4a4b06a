"""Servers that we start: their processes, their logs, and that nothing of them is left."""

import os
import signal
import socket
import unittest
from unittest import mock

from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.errors import StartError
from harness.providers import embedded
from tests.support.unit import DirectoryTest

FOREVER = "exec tail -f /dev/null"


class ScriptRecipe:
    """A server that is a shell script; it serves nothing."""

    def __init__(self, script, error=None):
        self.script = script
        self.error = error
        self.swept = []

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
            environment={"NAME": "value"},
        )

    def likely_cause(self, log):
        return "a bug" if "bug" in log else None

    def sweep(self, home):
        self.swept.append(home)


class EmbeddedTest(DirectoryTest):
    def start(self, recipe):
        server = embedded.PROVIDER.start(recipe, self.settings(HARNESS_DATA_DIR="."))
        self.addCleanup(server.stop)
        return server

    def assertNothingLeft(self):
        self.assertEqual([], list(self.directory.iterdir()))

    def test_it_asks_the_recipe(self):
        self.assertEqual("no script", embedded.PROVIDER.refusal(ScriptRecipe(""), self.settings()))
        self.assertEqual("sh x", embedded.PROVIDER.describe(ScriptRecipe("x"), self.settings()))

    def test_a_server_runs_until_it_is_stopped(self):
        recipe = ScriptRecipe(FOREVER)
        server = self.start(recipe)
        self.assertIsNone(server.exit_state())

        server.stop()

        self.assertEqual("killed by SIGINT", server.exit_state())
        self.assertEqual([server.home], recipe.swept)
        self.assertNothingLeft()

    def test_stopping_twice_stops_once(self):
        recipe = ScriptRecipe(FOREVER)
        server = self.start(recipe)

        server.stop()
        server.stop()

        self.assertEqual(1, len(recipe.swept))

    def test_one_that_does_not_listen_is_killed(self):
        self.enterContext(mock.patch.object(embedded, "STOP_TIMEOUT", 0.05))
        server = self.start(ScriptRecipe(f"trap '' INT; echo up; {FOREVER}"))
        while "up" not in server.log():
            pass

        server.stop()

        self.assertEqual("killed by SIGKILL", server.exit_state())
        self.assertNothingLeft()

    def test_one_that_ended_says_how(self):
        server = self.start(ScriptRecipe("echo a bug >&2; exit 7"))
        server.process.wait()

        self.assertEqual("exit code 7", server.exit_state())
        self.assertEqual("a bug\n", server.log())
        self.assertEqual("a bug", server.likely_cause())

    def test_its_log_can_be_read_after_its_end(self):
        server = self.start(ScriptRecipe("echo hello"))
        server.process.wait()

        server.stop()

        self.assertEqual("hello\n", server.log())

    def test_it_has_the_environment_that_was_prepared_and_no_terminal(self):
        server = self.start(ScriptRecipe("env; cat; pwd"))
        server.process.wait()

        self.assertIn("NAME=value", server.log())
        self.assertNotIn("HOME=", server.log())
        self.assertIn(str(server.home), server.log())

    def test_a_failed_preparation_leaves_nothing(self):
        with self.assertRaises(StartError) as caught:
            self.start(ScriptRecipe("x", StartError("initdb failed")))

        self.assertEqual("initdb failed", str(caught.exception))
        self.assertNothingLeft()

    def test_a_full_disk_leaves_nothing_and_says_where(self):
        with self.assertRaisesRegex(StartError, f"below {self.directory}: No space left"):
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


class EnvironmentTest(unittest.TestCase):
    def test_nothing_of_the_user_changes_the_server(self):
        user = {"PGPORT": "1", "LD_PRELOAD": "x.so", "LC_ALL": "de_DE", "PATH": "/bin", "TZ": "UTC"}
        with mock.patch.dict(os.environ, user, clear=True):
            self.assertEqual(
                {"PATH": "/bin", "TZ": "UTC", "LC_ALL": "C", "A": "b"},
                embedded.clean_environment(A="b"),
            )
