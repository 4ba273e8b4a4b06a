"""Runs against somebody else's server: it is as it was, and runs do not see each other."""

import json
import os
import signal
import time
import unittest

import psycopg

from tests.integration.foreign import foreign_server
from tests.integration.providers import on_one_python
from tests.integration.sandbox import PATIENCE, SandboxTest, wait_for

SUITE = """
def migrate(db):
    db.execute("create table items (id integer generated always as identity primary key, n text)")

class Suite(HarnessTestCase):
    db = Postgres(migrations=migrate)
    real = Postgres(migrations=migrate, isolation="commit")
    shared = Postgres(migrations=migrate, isolation="readonly")

    def setUp(self):
        for db in (self.db, self.real):
            self.assertEqual(0, db.count("items"))
            db.execute("insert into items (n) values ('a')")
        self.assertEqual(0, self.shared.count("items"))

    def test_a(self):
        say("testing")
        {body}

    def test_b(self):
        self.real.execute("create schema extra")
        self.db.connection.cursor().execute("create table extra (id integer)")
"""

THIS = "(select oid from pg_database where datname = current_database())"
# All that is in a database, and what was done to it.
CONTENTS = (
    "select oid::int, relname, relkind::text, relfilenode::int from pg_class where oid > 16383",
    "select * from customers",
    "select relname, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_user_tables",
    "select nspname from pg_namespace where nspname !~ '^pg_(toast_)?temp'",
    "select proname from pg_proc where oid > 16383",
    "select rolname, rolconfig from pg_roles",
    f"select setrole::int, setconfig from pg_db_role_setting where setdatabase in (0, {THIS})",
    f"select description from pg_shdescription where objoid = {THIS}",
)


class ForeignTest(SandboxTest):
    def setUp(self):
        self.need("embedded")
        self.server = foreign_server()

    def run_on(self, url, **variables):
        return self.sandbox_on(url, **variables).run(SUITE.format(body="pass"))

    def sandbox_on(self, url, **variables):
        from tests.integration.sandbox import Sandbox

        return Sandbox(self, "external", DATABASE_URL=url, **variables)


def contents(url):
    with psycopg.connect(url) as connection:
        return [sorted(map(repr, connection.execute(query).fetchall())) for query in CONTENTS]


@on_one_python
class UntouchedTest(ForeignTest):
    ends = (("pass", 0), ("self.fail()", 1), ("os.kill(os.getpid(), 2)", None))

    def check(self, url, look, ends=ends[:1]):
        before = contents(look)
        sandbox = self.sandbox_on(url)
        for body, expected in ends:
            with self.subTest(body):
                code, printed = sandbox.run(SUITE.format(body=body))
                self.assertIn("testing", printed)
                self.assertTrue(code == expected if expected is not None else code, printed)
                self.assertEqual(before, contents(look))
                self.assertEqual([], databases(look, sandbox.registry))

    def test_the_database_in_the_url_is_untouched_and_nothing_is_left_beside_it(self):
        self.check(self.server.url(), self.server.url(), self.ends)

    def test_an_ordinary_role_that_may_create_databases_is_enough(self):
        self.check(self.server.url("maker"), self.server.url())

    @unittest.skipUnless(os.environ.get("DATABASE_URL"), "DATABASE_URL is not set")
    def test_the_servers_of_this_machine_are_untouched_too(self):
        url = os.environ["DATABASE_URL"]
        customers = "select to_regclass('customers') is not null"
        with psycopg.connect(url) as connection:
            if not connection.execute(customers).fetchone()[0]:
                self.skipTest("the database in DATABASE_URL has no table `customers`")

        self.check(url, url)


def databases(url, registry):
    """Return the databases of one registry on a server."""
    with psycopg.connect(url) as connection:
        query = "select datname from pg_database where strpos(datname, %s) = 1"
        return [name for (name,) in connection.execute(query, [f"t_{registry}_"])]


@on_one_python
class SideBySideTest(ForeignTest):
    def test_two_runs_at_once_neither_see_nor_wait_for_each_other(self):
        """Of one registry, as two terminals of one user are."""
        one = self.sandbox_on(self.server.url())
        held = one.start(SUITE.format(body="time.sleep(60)"))
        wait_for(held, "testing")
        before = databases(self.server.url(), one.registry)

        began = time.monotonic()
        code, printed = one.run(SUITE.format(body="pass"))

        self.assertEqual(0, code, printed)
        self.assertLess(time.monotonic() - began, 20)
        self.assertIsNone(held.poll())
        self.assertEqual(before, databases(self.server.url(), one.registry))
        held.send_signal(signal.SIGINT)
        held.communicate(timeout=PATIENCE)
        self.assertEqual([], databases(self.server.url(), one.registry))

    def test_what_a_killed_run_left_is_dropped_by_the_next_of_its_registry_alone(self):
        one, other = (self.sandbox_on(self.server.url()) for _ in range(2))
        killed = one.start(SUITE.format(body="time.sleep(60)"))
        wait_for(killed, "testing")
        killed.kill()
        killed.wait()
        left = databases(self.server.url(), one.registry)
        self.assertNotEqual([], left)

        code, printed = other.run(SUITE.format(body="pass"))
        self.assertEqual((0, left), (code, databases(self.server.url(), one.registry)), printed)

        code, printed = one.run(SUITE.format(body="pass"))
        self.assertEqual((0, []), (code, databases(self.server.url(), one.registry)), printed)

    def test_databases_that_only_look_like_ours_are_never_dropped(self):
        sandbox = self.sandbox_on(self.server.url())
        registry = sandbox.registry

        def injected(lock):
            return json.dumps({"registry": registry, "lock": lock, "database": "shop"})

        mark = '{"registry": "%s", "lock": 4711, "database": "%s"}'
        looks = {
            f"t_{registry}_00000000_0000001": None,
            f"t_{registry}_00000000_0000002": "harness",
            f"t_{registry}_00000000_0000003": "harness {}",
            f"t_{registry}_00000000_0000004": "harness is fine",
            f"t_{registry}_00000000_0000005": "harness " + mark % ("ffffffff", "shop"),
            f"t_{registry}_00000000_0000006": "harness " + mark % (registry, "another"),
            f"t_{registry}_00000000_0000007": mark % (registry, "shop"),
            f"t_{registry}_00000000_0000008": "harness [1, 2, 3]",
            f"t_{registry}_00000000_0000009": "harness " + json.dumps({"registry": registry}),
            f"t_{registry}_00000000_0000010": "harness " + injected("0); drop table customers; --"),
            f"t_{registry}_00000000_0000011": "harness " + injected(1 << 80),
        }
        customers = self.server.rows("select * from customers", "shop")
        for name, comment in looks.items():
            self.server.execute("postgres", f'create database "{name}" strategy file_copy')
            self.addCleanup(self.server.execute, "postgres", f'drop database if exists "{name}"')
            if comment is not None:
                self.server.execute("postgres", f"""comment on database "{name}" is '{comment}'""")

        code, printed = sandbox.run(SUITE.format(body="pass"))

        self.assertEqual(0, code, printed)
        self.assertEqual(sorted(looks), sorted(databases(self.server.url(), registry)))
        self.assertEqual(customers, self.server.rows("select * from customers", "shop"))

    def test_an_orphan_that_somebody_is_connected_to_is_dropped_all_the_same(self):
        sandbox = self.sandbox_on(self.server.url())
        killed = sandbox.start(SUITE.format(body="time.sleep(60)"))
        wait_for(killed, "testing")
        names = databases(self.server.url(), sandbox.registry)
        sealed = {
            name
            for (name,) in self.server.rows(
                "select datname from pg_database where not datallowconn"
            )
        }
        open_one = next(name for name in names if name not in sealed)
        lingering = psycopg.connect(self.server.url(database=open_one))
        self.addCleanup(lingering.close)
        killed.kill()
        killed.wait()

        code, printed = sandbox.run(SUITE.format(body="pass"))

        self.assertEqual(0, code, printed)
        self.assertEqual([], databases(self.server.url(), sandbox.registry))
