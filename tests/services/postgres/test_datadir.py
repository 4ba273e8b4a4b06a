"""Preparing a data directory: made once, copied afterwards, and never half of one.

`initdb` is a shell script here that makes a directory which looks like the real one's.
"""

import os
import pwd
import subprocess
import sys
import unittest
from pathlib import Path

from harness.core.recipe import Account
from harness.errors import StartError
from harness.services.postgres import datadir
from tests.support import project
from tests.support.installation import InstallationTest
from tests.support.unit import IS_ROOT, NO_PERMISSIONS


class CacheTest(InstallationTest):
    def test_it_is_made_once_and_copied_afterwards(self):
        for _ in range(3):
            self.assertWhole(self.fill())

        self.assertEqual(1, self.times)

    def test_the_cache_holds_one_directory_and_nothing_half_made(self):
        self.fill()

        self.assertEqual([f"postgres-{datadir.fingerprint(self.installation)}"], self.cached())

    def test_a_copy_is_for_its_owner_alone(self):
        self.fill()

        data = self.fill()

        self.assertEqual(0o700, data.stat().st_mode & 0o777)
        self.assertEqual(0o600, (data / "PG_VERSION").stat().st_mode & 0o777)

    def test_a_large_file_is_copied_whole(self):
        content = os.urandom(datadir.BLOCK + 7)
        (self.fill() / "large").write_bytes(content)

        datadir.copy_cluster(self.directory / "home1" / "data", self.directory / "copy", Account())

        self.assertEqual(content, (self.directory / "copy" / "large").read_bytes())

    @unittest.skipUnless(IS_ROOT, "only root may give a directory away")
    def test_a_copy_is_the_accounts_own(self):
        datadir.copy_cluster(self.fill(), self.directory / "copy", Account(user="nobody"))

        owner = pwd.getpwnam("nobody").pw_uid
        copied = [self.directory / "copy", *(self.directory / "copy").rglob("*")]
        self.assertEqual({owner}, {path.stat().st_uid for path in copied})

    def test_a_copy_shares_nothing_with_the_cache(self):
        self.fill()
        (self.fill() / "PG_VERSION").write_text("changed")

        self.assertWhole(self.fill())

    def test_one_of_another_version_is_made_anew(self):
        self.fill()
        (self.cache / self.cached()[0] / "PG_VERSION").write_text("14\n")

        self.assertWhole(self.fill())
        self.assertWhole(self.fill())

        self.assertEqual(2, self.times)
        self.assertEqual(1, len(self.cached()))

    def test_one_that_is_not_whole_is_made_anew(self):
        self.fill()
        (self.cache / self.cached()[0] / "PG_VERSION").unlink()

        self.assertWhole(self.fill())

        self.assertEqual(2, self.times)

    def test_what_another_start_left_half_made_is_never_used(self):
        partial = self.cache / f"postgres-{datadir.fingerprint(self.installation)}-xyz" / "data"
        partial.mkdir(parents=True)
        (partial / "PG_VERSION").write_text("15\n")

        self.assertWhole(self.fill())

        self.assertEqual(1, self.times)

    def test_another_server_program_has_a_cache_of_its_own(self):
        self.fill()
        self.program("bin/postgres", "echo 'postgres (PostgreSQL) 15.14'")

        self.fill()

        self.assertEqual((2, 2), (self.times, len(self.cached())))

    def test_a_directory_that_another_process_published_first_stays(self):
        one, other = self.directory / "one", self.directory / "other"
        self.write("one/a")
        self.write("other/b")

        datadir.publish(one, other)

        self.assertTrue((other / "b").exists())

    def test_a_directory_that_cannot_be_published_is_an_error(self):
        with self.assertRaises(OSError):
            datadir.publish(self.directory / "missing", self.directory / "target")


class UnwritableCacheTest(InstallationTest):
    def test_a_cache_that_cannot_be_made_only_costs_time(self):
        file = self.write("file")

        for _ in range(2):
            self.assertWhole(self.fill(file / "cache"))

        self.assertEqual(2, self.times)

    @unittest.skipIf(IS_ROOT, NO_PERMISSIONS)
    def test_a_cache_of_somebody_else_only_costs_time(self):
        self.fill()
        for mode in (0o500, 0):
            self.cache.chmod(mode)
            self.assertWhole(self.fill())
        self.cache.chmod(0o700)

    @unittest.skipIf(IS_ROOT, NO_PERMISSIONS)
    def test_a_stale_one_that_we_may_not_remove_only_costs_time(self):
        self.fill()
        (self.cache / self.cached()[0] / "PG_VERSION").write_text("14\n")
        self.cache.chmod(0o500)

        self.assertWhole(self.fill())

    @unittest.skipUnless(Path("/proc/self/fd").exists(), "there is no /proc")
    def test_what_cannot_be_discarded_stays(self):
        datadir.discard(Path("/proc/self/fd"))

        self.assertTrue(Path("/proc/self/fd").exists())

    def test_what_is_not_there_is_discarded(self):
        datadir.discard(self.directory / "missing")


START = """
import sys
from pathlib import Path
from harness import Settings
from harness.core.recipe import Account
from harness.services.postgres import datadir
from harness.services.postgres.binaries import Installation

directory, name = Path(sys.argv[1]), sys.argv[2]
home = directory / name
home.mkdir()
settings = Settings.read(directory, environ={"HARNESS_CACHE_DIR": str(directory / "cache")})
installation = Installation(directory / "bin", "15.13", "system")
print("ready", flush=True)
sys.stdin.readline()
datadir.fill(home / "data", installation, Account(), settings)
"""


class ConcurrentTest(InstallationTest):
    def start(self, name):
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", START, str(self.directory), name],
            cwd=project.HOME,
            env=project.environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        process.stdout.readline()
        return process

    def test_processes_that_start_together_each_get_a_whole_one(self):
        processes = [self.start(f"p{n}") for n in range(3)]
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()

        self.assertEqual([0, 0, 0], [process.wait(60) for process in processes])
        for n in range(3):
            self.assertWhole(self.directory / f"p{n}" / "data")
        self.assertEqual(1, len(self.cached()))
        self.assertWhole(self.fill())
        self.assertLessEqual(self.times, 3)


class InitdbTest(InstallationTest):
    def failure(self, script):
        self.program("bin/initdb", f"echo run >> {self.made}; {script}")
        with self.assertRaises(StartError) as caught:
            self.fill()
        return str(caught.exception)

    def test_a_failure_says_what_initdb_said(self):
        message = self.failure("echo 'FATAL: No space left on device' >&2; exit 3")

        self.assertEqual(
            f"initdb failed: exit code 3 (PostgreSQL 15.13 in {self.directory}/bin)\n"
            "    FATAL: No space left on device\n"
            "  likely cause: the disk is full\n"
            "  next: read what it said above; `harness doctor` checks the installation",
            message,
        )
        self.assertEqual(1, self.times)
        self.assertFalse(self.cache.exists())

    def test_an_unknown_locale_is_tried_once_more_with_another(self):
        self.failure("echo 'initdb: error: invalid locale name'; exit 1")

        self.assertEqual(len(datadir.LOCALES), self.times)

    def test_it_is_told_no_password_and_the_encoding(self):
        self.fill()

        options = self.made.read_text()

        self.assertIn("--encoding=UTF8", options)
        self.assertIn("--username=postgres", options)
        self.assertNotIn("password", options)
