"""The recipe of an embedded PostgreSQL: its programs, its user, its command line."""

import os
import signal
import unittest
from unittest import mock

from harness.core.recipe import Account
from harness.errors import StartError
from harness.services.postgres import cluster
from harness.services.postgres.binaries import Installation
from harness.services.postgres.causes import CAUSES
from harness.services.postgres.cluster import PostgresProcess
from tests.support.installation import InstallationTest
from tests.support.unit import IS_ROOT


class ReachableTest(InstallationTest):
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


class RecipeTest(InstallationTest):
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

    def test_what_a_killed_server_leaves_is_told_before_it_runs(self):
        data = str(self.directory / "home" / "data")

        self.assertEqual(({"kind": "segment", "data": data},), self.prepare().leftovers)
