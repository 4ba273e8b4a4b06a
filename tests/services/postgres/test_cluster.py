"""Preparing a data directory: made once, copied afterwards, and never half of one.

`initdb` is a shell script here that makes a directory which looks like the real one's.
"""

import os
import pwd
import signal
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from harness.core.recipe import Account
from harness.errors import StartError
from harness.services.postgres import cluster
from harness.services.postgres.binaries import Installation
from harness.services.postgres.cluster import CAUSES, PostgresProcess
from tests.support import project
from tests.support.unit import IS_ROOT, NO_PERMISSIONS, DirectoryTest

INITDB = """
echo "$@" >> {log}
while [ $# -gt 0 ]; do [ "$1" = -D ] && data=$2; shift; done
mkdir -p "$data/base/1"
echo 1 > "$data/base/1/1259"
echo 15 > "$data/PG_VERSION"
"""


class ClusterTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.made = self.directory / "made"
        self.program("bin/postgres", "echo 'postgres (PostgreSQL) 15.13'")
        self.program("bin/initdb", INITDB.format(log=self.made))
        self.installation = Installation(self.directory / "bin", "15.13", "system")
        self.cache = self.directory / "cache"
        self.count = 0

    def fill(self, cache=None):
        """Prepare a new data directory, and return it."""
        self.count += 1
        data = self.directory / f"home{self.count}" / "data"
        data.parent.mkdir()
        settings = self.settings(HARNESS_CACHE_DIR=str(cache or self.cache))
        cluster.fill(data, self.installation, Account(), settings)
        return data

    @property
    def times(self):
        """How often initdb ran."""
        return len(self.made.read_text().splitlines()) if self.made.exists() else 0

    def cached(self):
        return [place.name for place in self.cache.iterdir()]

    def assertWhole(self, data):
        self.assertEqual("15\n", (data / "PG_VERSION").read_text())
        self.assertEqual("1\n", (data / "base" / "1" / "1259").read_text())


class CacheTest(ClusterTest):
    def test_it_is_made_once_and_copied_afterwards(self):
        for _ in range(3):
            self.assertWhole(self.fill())

        self.assertEqual(1, self.times)

    def test_the_cache_holds_one_directory_and_nothing_half_made(self):
        self.fill()

        self.assertEqual([f"postgres-{cluster.fingerprint(self.installation)}"], self.cached())

    def test_a_copy_is_for_its_owner_alone(self):
        self.fill()

        data = self.fill()

        self.assertEqual(0o700, data.stat().st_mode & 0o777)
        self.assertEqual(0o600, (data / "PG_VERSION").stat().st_mode & 0o777)

    def test_a_large_file_is_copied_whole(self):
        content = os.urandom(cluster.BLOCK + 7)
        (self.fill() / "large").write_bytes(content)

        cluster.copy_cluster(self.directory / "home1" / "data", self.directory / "copy", Account())

        self.assertEqual(content, (self.directory / "copy" / "large").read_bytes())

    @unittest.skipUnless(IS_ROOT, "only root may give a directory away")
    def test_a_copy_is_the_accounts_own(self):
        cluster.copy_cluster(self.fill(), self.directory / "copy", Account(user="nobody"))

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
        partial = self.cache / f"postgres-{cluster.fingerprint(self.installation)}-xyz" / "data"
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

        cluster.publish(one, other)

        self.assertTrue((other / "b").exists())

    def test_a_directory_that_cannot_be_published_is_an_error(self):
        with self.assertRaises(OSError):
            cluster.publish(self.directory / "missing", self.directory / "target")


class UnwritableCacheTest(ClusterTest):
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
        cluster.discard(Path("/proc/self/fd"))

        self.assertTrue(Path("/proc/self/fd").exists())

    def test_what_is_not_there_is_discarded(self):
        cluster.discard(self.directory / "missing")


START = """
import sys
from pathlib import Path
from harness import Settings
from harness.core.recipe import Account
from harness.services.postgres import cluster
from harness.services.postgres.binaries import Installation

directory, name = Path(sys.argv[1]), sys.argv[2]
home = directory / name
home.mkdir()
settings = Settings.read(directory, environ={"HARNESS_CACHE_DIR": str(directory / "cache")})
installation = Installation(directory / "bin", "15.13", "system")
print("ready", flush=True)
sys.stdin.readline()
cluster.fill(home / "data", installation, Account(), settings)
"""


class ConcurrentTest(ClusterTest):
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


class InitdbTest(ClusterTest):
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

        self.assertEqual(len(cluster.LOCALES), self.times)

    def test_it_is_told_no_password_and_the_encoding(self):
        self.fill()

        options = self.made.read_text()

        self.assertIn("--encoding=UTF8", options)
        self.assertIn("--username=postgres", options)
        self.assertNotIn("password", options)


class ReachableTest(ClusterTest):
    """Programs that another user cannot reach are copied to where it can."""

    def setUp(self):
        super().setUp()
        self.bin = self.directory / "install" / "bin"
        for name in ("postgres", "initdb"):
            self.program(f"install/bin/{name}", "exit 0")
        self.installation = Installation(self.bin, "15.13", "system")
        self.copies = self.directory / "copies"
        self.account = Account(user="nobody", copy_to=self.copies)

    def test_what_can_be_reached_stays(self):
        self.assertIs(self.installation, cluster.reachable(self.installation, Account()))

    def test_a_copy_is_made_once(self):
        first = cluster.reachable(self.installation, self.account)
        self.write("install/bin/later")
        second = cluster.reachable(self.installation, self.account)

        self.assertEqual(first, second)
        self.assertTrue(first.bin.is_relative_to(self.copies))
        self.assertEqual({"postgres", "initdb"}, {path.name for path in first.bin.iterdir()})
        self.assertEqual(1, len(list(self.copies.iterdir())))

    def test_a_copy_can_be_entered_by_others(self):
        place = cluster.reachable(self.installation, self.account).bin

        for directory in (self.copies, place.parent, place):
            self.assertEqual(0o005, directory.stat().st_mode & 0o005)

    @unittest.skipUnless(IS_ROOT, "only root may give a directory away")
    def test_programs_that_somebody_else_put_there_are_not_run(self):
        cluster.reachable(self.installation, self.account)
        os.chown(self.copies, 65534, 65534)

        with self.assertRaisesRegex(StartError, f"{self.copies} belongs to somebody else"):
            cluster.reachable(self.installation, self.account)


class RecipeTest(ClusterTest):
    def recipe(self, **options):
        choose = mock.patch.object(cluster.binaries, "choose", lambda *_: self.installation)
        account = mock.patch.object(cluster, "account_for", lambda binary: Account(prefix=("env",)))
        self.enterContext(choose)
        self.enterContext(account)
        return PostgresProcess(**options)

    def prepare(self, **options):
        home = self.directory / "home"
        home.mkdir()
        settings = self.settings(HARNESS_CACHE_DIR="cache")
        return self.recipe(**options).prepare(home, 6000, settings)

    def test_it_listens_on_the_loopback_and_on_a_socket_in_its_home(self):
        launch = self.prepare()

        home = self.directory / "home"
        self.assertIn("listen_addresses=127.0.0.1", launch.command)
        self.assertIn("port=6000", launch.command)
        self.assertIn(f"unix_socket_directories={home}", launch.command)
        self.assertEqual(("127.0.0.1", 6000), (launch.endpoint.host, launch.endpoint.port))
        self.assertEqual(f"{home}/.s.PGSQL.6000", launch.endpoint.socket)
        self.assertEqual("postgres", launch.endpoint.user)

    def test_the_account_stands_before_the_program(self):
        launch = self.prepare()

        self.assertEqual(("env", f"{self.directory}/bin/postgres"), launch.command[:2])
        self.assertEqual(signal.SIGQUIT, launch.stop_signal)
        self.assertWhole(self.directory / "home" / "data")

    def test_a_setting_of_the_user_wins_over_ours(self):
        command = self.prepare(settings=(("fsync", "on"), ("work_mem", "1MB"))).command

        self.assertIn("fsync=on", command)
        self.assertIn("work_mem=1MB", command)
        self.assertNotIn("fsync=off", command)

    def test_it_describes_what_would_run(self):
        self.assertEqual(
            f"PostgreSQL 15.13 in {self.directory}/bin", self.recipe().describe(self.settings())
        )
        self.assertIsNone(self.recipe().refusal(self.settings()))

    def test_it_refuses_with_the_reason_why_no_program_will_do(self):
        recipe = self.recipe()
        self.enterContext(mock.patch.object(cluster.binaries, "choose", lambda *_: "none here"))

        self.assertEqual("none here", recipe.refusal(self.settings()))

    def test_it_refuses_with_the_reason_why_no_user_will_do(self):
        recipe = self.recipe()
        self.enterContext(mock.patch.object(cluster, "account_for", lambda _: "nobody will do"))

        self.assertEqual("nobody will do", recipe.refusal(self.settings()))

    def test_the_likely_cause_is_read_from_the_log(self):
        for text, cause in CAUSES:
            self.assertEqual(cause, PostgresProcess().likely_cause(f"FATAL: {text}: ..."))
        self.assertIsNone(PostgresProcess().likely_cause("ready"))

    def test_a_sweep_of_a_server_that_stopped_by_itself_is_nothing(self):
        PostgresProcess().sweep(self.directory)
