"""`harness snapshot`: saving, showing and restoring, and what refuses to be."""

import os
import signal
import time

from harness import Environment, Postgres
from harness.core.endpoint import Dsn
from harness.core.settings import Settings
from tests.cli.test_main import CommandTest
from tests.integration.providers import on_one_python
from tests.support.commands import CommandsTest

NOBODY = "postgresql://me:hunter2@127.0.0.1:1/shop"
SUITE = """
from harness import HarnessTestCase, Postgres, Redis

def shop(db):
    db.execute("create table users (id serial primary key, email text, name text)")
    db.execute("insert into users (email, name) values ('ada@real.example', 'Ada')")

class ShopTest(HarnessTestCase):
    db = Postgres(migrations=shop)
    cache = Redis()
"""


class RefusalTest(CommandTest):
    """What is told before anything is done."""

    def refused(self, *arguments):
        done = self.run_command("snapshot", *arguments)
        self.assertEqual(2, done.exit_code, done.output)
        self.assertNotIn("hunter2", done.output)
        return done.stderr

    def test_a_url_that_is_none_says_what_one_looks_like(self):
        for url, cause in (
            ("mysql://me:hunter2@db/shop", "it is the URL of another kind of server, or of none"),
            ("postgresql://me:hunter2@db:port/shop", "its host or port cannot be read"),
            ("postgresql://me:hunter2@127.0.0.1", "it names no database"),
        ):
            with self.subTest(url):
                said = self.refused("save", url, "shop.dump")
                self.assertIn("is not the URL of a database\n  likely cause: " + cause, said)
                self.assertIn("next: write postgresql://user:password@host:5432/database", said)

    def test_a_server_that_is_not_there_is_told(self):
        said = self.refused("save", NOBODY, "shop.dump")

        self.assertIn("PostgreSQL at me@127.0.0.1:1/shop refuses the connection", said)
        self.assertEqual([], os.listdir())

    def test_another_file_is_not_overwritten(self):
        self.write("notes.txt", "mine")

        said = self.refused("save", NOBODY, "notes.txt")

        self.assertIn("notes.txt is there, and is no snapshot: it is not overwritten", said)

    def test_a_mask_of_another_form_is_refused(self):
        for mask in ("email=hash", "users.email", "users.email="):
            with self.subTest(mask):
                self.assertEqual(
                    f"harness: --mask {mask}: not of the form table.column=WAY\n"
                    "  next: write --mask users.email=hash\n",
                    self.refused("save", NOBODY, "shop.dump", "--mask", mask),
                )

    def test_a_file_of_masks_is_checked(self):
        for text, words in (
            ('masks = {a = "b"}', "unknown key 'masks'\n  next: did you mean mask?"),
            ("mask = 'x'", "mask = 'x' is not a table such as"),
            ("table = 'users'", "table = 'users' is not a list of texts"),
            ("leave-out = [1]", "leave-out = [1] is not a list of texts"),
            ("require-mask = 1", "require-mask = 1 is not a text"),
            ("=", "snapshot.toml cannot be read: Invalid"),
        ):
            with self.subTest(text):
                self.write("snapshot.toml", text)
                self.assertIn(words, self.refused("save", NOBODY, "shop.dump"))
        self.assertIn(
            "other.toml cannot be read", self.refused("save", NOBODY, "x", "--masks", "other.toml")
        )

    def test_restoring_on_another_machine_needs_leave(self):
        said = self.refused("restore", "shop.dump", "postgresql://me:hunter2@db.example.com/shop")

        self.assertIn("the URL names a server on another machine: db.example.com", said)
        self.assertIn("next: set HARNESS_ALLOW_REMOTE=1 if that server is meant for tests", said)

    def test_what_is_no_snapshot_cannot_be_shown(self):
        self.write("shop.dump", "create table users ();")

        self.assertIn("shop.dump is not a whole snapshot", self.refused("show", "shop.dump"))
        self.assertIn("no.dump cannot be read: No such file", self.refused("show", "no.dump"))

    def test_a_service_that_is_not_one_database_is_refused(self):
        self.write("suite_for_snapshots.py", SUITE)

        said = self.refused("save", "suite_for_snapshots:ShopTest", "shop.dump")

        self.assertIn("suite_for_snapshots:ShopTest names no database, or more than one", said)
        self.assertIn("unknown service 'postgers'", self.refused("save", "postgers", "x"))

    def write(self, name, text):
        (self.directory / name).write_text(text, encoding="utf-8")


@on_one_python
class SnapshotTest(CommandsTest):
    """Commands against an embedded server."""

    def setUp(self):
        super().setUp()
        self.need()
        self.write = lambda name, text: (self.directory / name).write_text(text, encoding="utf-8")
        self.write("suite.py", SUITE)

    def run_command(self, *arguments, **variables):
        """Run it in the project's directory, as `python -m` does."""
        return self.harness(*arguments, PYTHONPATH=os.pathsep.join(
            [str(self.directory), self.environ["PYTHONPATH"]]), **variables)  # fmt: skip

    def empty_database(self):
        """Return the URL of a new database, on a server that lives as long as the test."""
        environment = Environment(Settings.read(self.directory, environ=self.environ))
        self.addCleanup(environment.close)
        lease = environment.lease(Postgres(isolation="commit"))
        self.addCleanup(lease.release)
        return lease, Dsn(lease.dsn)

    def test_a_service_is_saved_shown_and_restored_by_the_projects_file_of_masks(self):
        self.write("snapshot.toml", 'require-mask = "mail"\n[mask]\n"users.email" = "hash"\n')
        lease, url = self.empty_database()

        saved = self.run_command("snapshot", "save", "suite:ShopTest.db", "shop.dump")
        shown = self.run_command("snapshot", "show", "shop.dump")
        restored = self.run_command("snapshot", "restore", "shop.dump", url)
        again = self.run_command("snapshot", "restore", "shop.dump", url)

        self.assertIn("masks are those in ", saved.stderr)
        self.assertIn("saved 1 rows of 1 tables in shop.dump\n", saved.stderr)
        self.assertRegex(shown.stdout, r"^saved \d{4}-\S+Z by harness \S+, pg_dump \d+\.\d+\n")
        self.assertIn("public.users: 1 rows\npublic.users.email: masked, hash\n", shown.stdout)
        self.assertEqual("restored 1 rows of 1 tables\n", restored.stderr)
        email, name = lease.rows("select email, name from users")[0]
        self.assertRegex(email, "^[0-9a-f]{64}$")
        self.assertEqual("Ada", name)
        self.assertEqual(2, again.returncode)
        self.assertIn(" is not empty, and is left as it is\n    table public.users\n", again.stderr)
        self.assertIn("next: name another one: createdb shop_restored", again.stderr)

    def test_a_key_makes_the_same_hashes_again(self):
        hashes = []
        for variables in ({}, {"HARNESS_SNAPSHOT_KEY": "k"}, {"HARNESS_SNAPSHOT_KEY": "k"}):
            lease, url = self.empty_database()
            mask = ("--mask", "users.email=hash")
            done = self.run_command(
                "snapshot", "save", "suite:ShopTest.db", "shop.dump", *mask, **variables
            )
            self.assertEqual(0, done.returncode, done.stderr)
            self.run_command("snapshot", "restore", "shop.dump", url)
            hashes.append(lease.value("select email from users"))

        self.assertNotEqual(hashes[0], hashes[1])
        self.assertEqual(hashes[1], hashes[2])

    def test_a_wrong_password_and_a_missing_program_are_told_and_nothing_is_left(self):
        lease, url = self.empty_database()
        lease.execute("create role stranger login password 'right'")
        self.addCleanup(lease.execute, "drop role stranger")
        wrong = f"postgresql://stranger:wrong@{url.partition('@')[2]}"

        denied = self.run_command("snapshot", "save", wrong, "shop.dump")

        self.assertEqual(2, denied.returncode)
        self.assertIn("password", denied.stderr)
        self.assertNotIn("wrong@", denied.stderr)
        self.assertFalse((self.directory / "shop.dump").exists())

    def test_ctrl_c_leaves_nothing(self):
        lease, url = self.empty_database()
        lease.execute(
            "create table big as select repeat('x', 500) t from generate_series(1, 100000)"
        )
        process = self.start("snapshot", "save", url, "shop.dump")
        while not list(self.directory.glob(".shop.dump.*.part")):
            self.assertIsNone(process.poll())
            time.sleep(0.005)

        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

        self.assertNotEqual(0, process.returncode)
        self.assertEqual([], list(self.directory.glob("*shop.dump*")))

    def test_ctrl_c_leaves_a_database_empty_that_was_being_filled(self):
        lease, url = self.empty_database()
        lease.execute(
            "create table big as select repeat('x', 900) t from generate_series(1, 100000)"
        )
        self.assertEqual(0, self.run_command("snapshot", "save", url, "shop.dump").returncode)
        lease.execute("drop table big")
        process = self.start("snapshot", "restore", "shop.dump", url)
        while not lease.value("select count(*) from pg_stat_progress_copy"):
            self.assertIsNone(process.poll())
            time.sleep(0.005)

        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

        self.assertNotEqual(0, process.returncode)
        self.assertEqual(
            0, lease.value("select count(*) from pg_tables where schemaname = 'public'")
        )
