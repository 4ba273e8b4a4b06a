"""Under which user a server runs: the ways in their order, and the reason where there is none."""

import contextlib
import getpass
import os
import pwd
import shutil
import unittest
from pathlib import Path
from unittest import mock

from harness.core.recipe import Account
from harness.providers import accounts
from tests.support.unit import IS_ROOT, DirectoryTest

NAMESPACE = ("--user", "--map-user=65534", "--map-group=65534", "--")


class OrderTest(DirectoryTest):
    """The probes are answered by hand, so that every machine goes through every way."""

    def account(
        self,
        *,
        root=True,
        name=True,
        users=("postgres", "nobody"),
        switch=True,
        reads=True,
        namespaces=True,
    ):
        binary = self.directory / "postgres"

        def runs(program, account):
            if account.prefix:
                return namespaces
            return switch and (reads or program != binary)

        with contextlib.ExitStack() as stack:
            for probe, answer in {
                "is_root": lambda: root,
                "has_name": lambda: name,
                "known": lambda user: user in users,
                "runs": runs,
            }.items():
                stack.enter_context(mock.patch.object(accounts, probe, answer))
            stack.enter_context(mock.patch.object(shutil, "which", lambda name: f"/bin/{name}"))
            return accounts.account_for(binary)

    def test_who_is_not_root_stays(self):
        self.assertEqual(Account(), self.account(root=False))

    def test_who_has_no_name_gets_one_in_a_namespace(self):
        self.assertEqual(("/bin/unshare", *NAMESPACE), self.account(root=False, name=False).prefix)

    def test_who_has_no_name_and_no_namespace_stays(self):
        self.assertEqual(Account(), self.account(root=False, name=False, namespaces=False))

    def test_root_becomes_postgres(self):
        self.assertEqual(Account(user="postgres"), self.account())

    def test_root_becomes_nobody_where_there_is_no_postgres(self):
        self.assertEqual(Account(user="nobody"), self.account(users=("nobody",)))

    def test_what_others_cannot_read_runs_in_a_namespace(self):
        self.assertEqual(("/bin/unshare", *NAMESPACE), self.account(reads=False).prefix)

    def test_without_other_users_it_runs_in_a_namespace(self):
        self.assertEqual(("/bin/unshare", *NAMESPACE), self.account(users=()).prefix)

    def test_without_namespaces_the_binaries_are_copied(self):
        account = self.account(reads=False, namespaces=False)

        self.assertEqual("postgres", account.user)
        self.assertEqual(f"/var/tmp/harness-binaries-{os.getuid()}", str(account.copy_to))

    def test_where_nothing_works_it_says_why(self):
        for options in ({"switch": False}, {"users": ()}):
            with self.subTest(options):
                self.assertEqual(
                    "PostgreSQL refuses to run as root, and no other user can be used here "
                    "(no right to switch users, and no user namespaces)",
                    self.account(namespaces=False, **options),
                )


class ProbeTest(DirectoryTest):
    def test_we_run_what_we_can_run(self):
        good, bad = self.program("good", "test $1 = --version"), self.program("bad", "exit 3")

        self.assertTrue(accounts.runs(good, Account()))
        self.assertFalse(accounts.runs(bad, Account()))
        self.assertFalse(accounts.runs(self.directory / "missing", Account()))

    def test_a_prefix_stands_before_the_program(self):
        program = self.program("good", "exit 3")

        self.assertTrue(accounts.runs(program, Account(prefix=("true",))))

    def test_a_known_user_is_known(self):
        user = pwd.getpwuid(os.getuid()).pw_name if accounts.has_name() else "root"

        self.assertTrue(accounts.known(user))
        self.assertFalse(accounts.known("no-such-user"))

    def test_the_group_is_that_of_the_user(self):
        self.assertIsNone(accounts.group_of(None))
        self.assertEqual(0, accounts.group_of("root"))

    def test_without_unshare_there_are_no_namespaces(self):
        with mock.patch.dict(os.environ, {"PATH": str(self.directory)}):
            self.assertFalse(accounts.namespaces_work(Path("/bin/true")))

    def test_root_is_told_by_its_number(self):
        self.assertEqual(os.geteuid() == 0, accounts.is_root())

    def test_who_has_a_name_has_one(self):
        try:
            getpass.getuser()
            pwd.getpwuid(os.geteuid())
        except KeyError:
            self.assertFalse(accounts.has_name())
        else:
            self.assertTrue(accounts.has_name())

    def test_nothing_is_given_away_to_ourselves(self):
        path = self.write("a")

        accounts.give_to(Account(), path)

        self.assertEqual(os.geteuid(), path.stat().st_uid)

    @unittest.skipUnless(IS_ROOT, "only root may give a file away")
    def test_files_are_given_to_the_accounts_user_and_links_are_not_followed(self):
        path, outside = self.directory / "link", self.write("outside")
        path.symlink_to(outside)

        accounts.give_to(Account(user="nobody"), path)

        self.assertEqual(pwd.getpwnam("nobody").pw_uid, path.lstat().st_uid)
        self.assertEqual(0, outside.stat().st_uid)

    def test_an_ordinary_user_cannot_become_another(self):
        if not IS_ROOT:
            self.assertFalse(accounts.can_switch("root"))
