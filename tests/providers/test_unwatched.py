"""What runs inside this process."""

import unittest

from harness.errors import CapabilityError
from harness.providers.unwatched import InProcess


class InProcessTest(unittest.TestCase):
    def test_it_has_no_end_and_no_log(self):
        running = InProcess("SQLite 3")

        self.assertEqual(
            (None, None, ""), (running.exit_state(), running.likely_cause(), running.log())
        )
        self.assertEqual("", running.log_since(running.log_mark()))
        self.assertFalse(running.is_outlived())

    def test_each_is_told_from_every_other(self):
        self.assertNotEqual(InProcess("SQLite 3").identity, InProcess("SQLite 3").identity)

    def test_it_cannot_be_told_what_only_a_server_can(self):
        running = InProcess("SQLite 3")
        for action in (running.pause, running.resume, running.kill, running.restart):
            with (
                self.subTest(action),
                self.assertRaisesRegex(CapabilityError, "inside this process"),
            ):
                action()
