"""A janitor that is killed, and runs that are: what others hold goes on, and nothing is left."""

import os
import signal
import tempfile
import time
import unittest
from pathlib import Path

from harness import Environment
from harness.core.group import Group
from harness.core.identity import registry_path
from harness.core.registry import files, processes
from harness.core.registry.directory import registry_of
from harness.core.settings import Settings
from harness.errors import UnavailableError
from tests.support.tiny import TinyContainer, TinyProcess, ask

PATIENCE = 30.0


class CrashTest(unittest.TestCase):
    """A test with a registry of its own."""

    variables = {}

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="crash-", ignore_cleanup_errors=True)
        self.addCleanup(holder.cleanup)
        images = {"HARNESS_IMAGES": os.environ.get("HARNESS_IMAGES", "")}
        self.settings = Settings.read(
            Path(holder.name),
            environ={**images, "HARNESS_STATE_DIR": holder.name, **self.variables},
        )
        self.path = str(registry_path(self.settings))
        self.addCleanup(self.tidy)

    def tidy(self):
        """Remove also what is kept for the next run, and wait for the janitor to leave."""
        registry = registry_of(self.settings)
        registry.janitor.join()
        for slot in registry.slots():
            slot.tidy(kept=True)
        registry.janitor.leave()  # wakes it
        self.await_true(lambda: self.janitor is None)

    def environment(self):
        environment = Environment(self.settings)
        self.addCleanup(environment.close)
        return environment

    @property
    def janitor(self):
        return files.read(f"{self.path}/janitor.pid")

    def await_true(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    def kill_janitor(self):
        self.await_true(lambda: self.janitor is not None)
        pid, started = self.janitor
        self.assertTrue(processes.send(pid, started, signal.SIGKILL))
        processes.wait_for_end(pid, started, PATIENCE)
        return pid


class KilledJanitorTest(CrashTest):
    def test_its_servers_live_on_and_the_next_start_has_a_new_one(self):
        first = self.environment().instance(TinyProcess("first"))
        killed = self.kill_janitor()

        second = self.environment().instance(TinyProcess("second"))

        self.await_true(lambda: self.janitor[0] != killed)
        self.assertEqual(first.identity, ask(first.endpoint))
        self.assertEqual(second.identity, ask(second.endpoint))

    def test_what_it_was_the_parent_of_is_removed_by_the_last_one_out(self):
        environment = self.environment()
        server = environment.instance(TinyProcess()).running
        self.kill_janitor()

        environment.close()

        self.assertFalse(processes.is_alive(server.pid, server._started))
        self.assertFalse(server.home.exists())


class NetworkTest(CrashTest):
    """A container whose network went while it was kept."""

    variables = {"HARNESS_REUSE": "1", "HARNESS_PROVIDERS": "docker"}

    def test_one_that_was_kept_finds_its_peer_in_the_next_run(self):
        group = Group([TinyContainer("back"), TinyContainer("front", peer="back")], owner="crash")
        answers = []
        for _ in range(3):
            environment = self.environment()
            try:
                instances = [environment.instance(service, group) for service in group.services]
            except UnavailableError as error:
                self.skipTest(str(error))
            answers.append((ask(instances[1].endpoint), instances[1].identity))
            environment.close()

        self.assertEqual(["back"] * 3, [answer for answer, _ in answers])
        self.assertEqual(1, len({identity for _, identity in answers}), "it was kept")
