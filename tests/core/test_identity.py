"""Who we are, in the names of what we make, and where we write it down."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from harness.core.identity import (
    default_state_directory,
    is_dead,
    nonce,
    process_name,
    registry_id,
    registry_path,
)
from tests.support.unit import IS_ROOT, DirectoryTest, run_python

# Run as an ordinary user, to whom the permissions of directories mean something.
AS_NOBODY = """
import os, tempfile
from harness.core.identity import default_state_directory
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
print(default_state_directory(None))
"""


class IdentityTest(DirectoryTest):
    def test_the_registry_is_eight_hex_digits_and_stays(self):
        self.assertRegex(registry_id(self.settings()), r"\A[0-9a-f]{8}\Z")
        self.assertEqual(registry_id(self.settings()), registry_id(self.settings()))

    def test_another_state_directory_is_another_registry(self):
        self.assertNotEqual(
            registry_id(self.settings(HARNESS_STATE_DIR="/a")),
            registry_id(self.settings(HARNESS_STATE_DIR="/b")),
        )

    def test_another_machine_or_user_is_another_registry(self):
        ours = registry_id(self.settings())

        with mock.patch("socket.gethostname", return_value="elsewhere"):
            self.assertNotEqual(ours, registry_id(self.settings()))
        with mock.patch("os.getuid", return_value=4711):
            self.assertNotEqual(ours, registry_id(self.settings()))

    def test_a_nonce_is_six_hex_digits_drawn_anew(self):
        self.assertRegex(nonce(), r"\A[0-9a-f]{6}\Z")
        self.assertGreater(len({nonce() for _ in range(8)}), 1)


class ProcessNameTest(unittest.TestCase):
    def test_a_process_is_told_from_its_successor_under_the_same_number(self):
        name = process_name()
        self.assertTrue(name.startswith(f"{os.getpid()}x"))

        self.assertFalse(is_dead(name))
        self.assertTrue(is_dead(f"{os.getpid()}x1"))

    def test_one_that_has_ended_is_dead(self):
        gone = subprocess.Popen(["true"])
        gone.wait()

        self.assertTrue(is_dead(f"{gone.pid}x1"))

    def test_what_is_no_name_is_nobodys(self):
        for text in ("", "x", "ax1", "-1x1"):
            with self.subTest(text):
                self.assertTrue(is_dead(text))


class PlaceTest(DirectoryTest):
    def test_it_is_below_the_directory_that_was_set(self):
        settings = self.settings(HARNESS_STATE_DIR=str(self.directory))

        expected = self.directory / f"registry-{registry_id(settings)}"
        self.assertEqual(expected, registry_path(settings))

    def test_else_it_is_below_the_users_directory_for_state(self):
        settings = self.settings(XDG_STATE_HOME=str(self.directory / "state"))

        self.assertEqual(
            self.directory / "state" / "unittest-harness", registry_path(settings).parent
        )

    def test_else_it_is_in_the_home_directory(self):
        self.environment()

        self.assertEqual(
            self.directory / ".local" / "state" / "unittest-harness", default_state_directory(None)
        )

    def test_a_relative_directory_for_state_is_ignored(self):
        """As the XDG Base Directory Specification demands."""
        self.assertEqual(temporary(), default_state_directory("state"))

    @unittest.skipUnless(IS_ROOT, "only root can become somebody else")
    def test_where_the_home_directory_cannot_be_entered_it_is_the_temporary_one(self):
        self.directory.chmod(0o755)
        (self.directory / "home").mkdir(mode=0o755)
        (self.directory / "closed" / "home").mkdir(parents=True)
        (self.directory / "closed").chmod(0o700)
        for home in ("home", "closed", "closed/home", "closed/none", "none"):
            with self.subTest(home):
                done = run_python(AS_NOBODY, HOME=str(self.directory / home), TMPDIR="/tmp")
                self.assertEqual("", done.stderr)
                self.assertEqual("/tmp/unittest-harness-65534\n", done.stdout)


def temporary():
    return Path(tempfile.gettempdir()) / f"unittest-harness-{os.getuid()}"
