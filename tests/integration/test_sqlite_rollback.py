"""The virtual connection of SQLite under `rollback`, side by side with a real one."""

import random
import sqlite3
import threading
import unittest

from harness import SQLite
from tests.integration.market import market
from tests.integration.providers import on

ROUNDS = 60
MODES = hasattr(sqlite3.Connection, "autocommit")  # since Python 3.12


def insert(name):
    return f"insert into items (name) values ('{name}')"


class Script:
    """A scenario's view of its connection: what it does, and a journal of what came back."""

    def __init__(self, connection):
        self.connection = connection
        self.cursor = connection.cursor()
        self.journal = []

    def run(self, sql):
        """Run a statement; note its rows, or how it failed."""
        self.note(lambda: self.cursor.execute(sql).fetchall(), sql)

    def note(self, action, doing=None):
        try:
            result = action()
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
        shown = result if isinstance(result, str | list | None) else ""
        self.journal.append((doing, shown, self.connection.in_transaction))

    def set(self, name, value):
        self.note(lambda: setattr(self.connection, name, value), f"{name} = {value}")
        self.note(lambda: str(getattr(self.connection, name)))


class Twins:
    """Two leases of one schema: the virtual connection, and the real one that it stands for."""

    virtual = SQLite(migrations=market)
    real = SQLite(migrations=market, isolation="commit")

    def check(self, scenario, *expected):
        """Run a scenario on both; compare all that came back and what stayed in the database."""
        outcomes = []
        for lease in (self.virtual, self.real):
            script = Script(lease.connection)
            try:
                scenario(script)
            finally:
                script.connection.close()
            outcomes.append((script.journal, names(lease), contents(lease)))
        for real, virtual in zip(outcomes[1][0], outcomes[0][0], strict=True):
            self.assertEqual(real, virtual, outcomes[1][0])
        self.assertEqual(outcomes[1], outcomes[0])
        if expected:
            self.assertEqual(list(expected), outcomes[0][1])


def names(lease):
    tables = lease.rows("select name from sqlite_master where type = 'table' and name like '%s%'")
    return [row.name for row in lease.rows("select name from items order by id")] if tables else []


def contents(lease):
    tables = [name for (name,) in lease.rows("select name from sqlite_master where type = 'table'")]
    return {
        name: lease.rows(f'select * from "{name.replace(chr(34), chr(34) * 2)}"') for name in tables
    }


class SQLiteConformanceTwins(Twins):
    def test_what_is_committed_stays(self):
        def scenario(script):
            script.run(insert("a"))
            script.note(script.connection.commit)
            script.run(insert("b"))
            script.note(script.connection.rollback)
            script.run(insert("c"))

        self.check(scenario, "a")

    def test_the_words_of_sql_do_the_same(self):
        def scenario(script):
            for sql in ("begin immediate", insert("a"), "/* all */ commit;", "commit", "rollback"):
                script.run(sql)
            for sql in ("begin", "begin", insert("b"), "-- no\nrollback transaction"):
                script.run(sql)
            for sql in ("; begin exclusive transaction", insert("c"), ";\ufeff END"):
                script.run(sql)

        self.check(scenario, "a", "c")

    def test_an_error_leaves_the_transaction_open(self):
        def scenario(script):
            script.run(insert("a"))
            script.run(insert("a"))
            script.run("nonsense")
            script.run(insert("b"))
            script.note(script.connection.commit)

        self.check(scenario, "a", "b")

    def test_without_an_isolation_level_each_statement_is_a_transaction(self):
        def scenario(script):
            script.run(insert("a"))
            script.set("isolation_level", None)  # commits
            script.run(insert("b"))
            script.note(script.connection.rollback)
            script.run("begin")
            script.run(insert("c"))
            script.note(script.connection.rollback)
            script.set("isolation_level", "IMMEDIATE")
            script.set("isolation_level", "nonsense")
            script.run(insert("d"))
            script.note(script.connection.rollback)

        self.check(scenario, "a", "b")

    def test_savepoints_nest_and_the_first_may_be_the_transaction(self):
        def scenario(script):
            for sql in ("savepoint a", insert("a"), "savepoint b", insert("b"), "rollback to b"):
                script.run(sql)
            for sql in ('release "A"', "release a", insert("c"), "savepoint x", insert("d")):
                script.run(sql)
            for sql in ("release x", "savepoint y", insert("e"), "rollback to savepoint Y"):
                script.run(sql)
            script.note(script.connection.commit)

        self.check(scenario, "a", "c", "d")

    def test_a_script_commits_what_was_before_it_and_begins_nothing(self):
        script_ = f"{insert('b')}; begin; {insert('c;')}; -- ; \n {insert('d')}"

        def scenario(script):
            script.run(insert("a"))
            script.note(lambda: script.connection.executescript(script_))
            script.note(script.connection.rollback)
            script.note(lambda: script.cursor.executescript(f"{insert('e')}; nonsense; "))

        self.check(scenario, "a", "b", "e")

    def test_triggers_in_a_script_are_left_whole(self):
        trigger = (
            "create trigger twice after insert on items when new.name not like '%;2' "
            "begin insert into items (name) values (new.name || ';2'); select 1; end; "
        )

        def scenario(script):
            script.note(lambda: script.connection.executescript(trigger + insert("a")))

        self.check(scenario, "a", "a;2")

    def test_as_a_context_it_commits_or_rolls_back_and_stays_open(self):
        def fail(script):
            with script.connection:
                script.run(insert("b"))
                raise ValueError("no")

        def scenario(script):
            with script.connection as same:
                script.run(insert("a"))
            script.note(lambda: str(same is script.connection))
            script.note(lambda: fail(script))
            script.run(insert("c"))
            script.note(script.connection.commit)

        self.check(scenario, "a", "c")

    def test_many_rows_at_once(self):
        def scenario(script):
            sql = "insert into items (name) values (?)"
            script.note(lambda: script.connection.executemany(sql, [("a",), ("b",)]).rowcount)
            script.note(script.connection.commit)
            script.note(lambda: script.connection.executemany(sql, [("c",), ("a",)]))
            script.note(script.connection.rollback)

        self.check(scenario, "a", "b")

    def test_a_deferred_reference_fails_the_commit_and_can_be_mended(self):
        def scenario(script):
            script.run("insert into children values (1, 7)")
            script.note(script.connection.commit)
            script.run("insert into parents values (7)")
            script.note(script.connection.commit)
            script.run("insert into children values (2, 8)")
            script.run("commit")
            script.run("rollback")

        self.check(scenario)

    def test_any_reference_can_be_deferred_for_one_transaction(self):
        def scenario(script):
            for sql in (
                "begin",
                "pragma defer_foreign_keys = on",
                "insert into orders values (1, 1)",
            ):
                script.run(sql)
            script.run("commit")
            script.run("insert into items values (1, 'a', 0)")
            script.run("commit")
            script.run("insert into orders values (2, 2)")
            script.run("pragma defer_foreign_keys")

        self.check(scenario, "a")

    def test_deferred_references_of_a_new_table_are_known(self):
        def scenario(script):
            script.run("create table later (x references items deferrable initially deferred)")
            script.run("insert into later values (1)")
            script.note(script.connection.commit)
            script.note(script.connection.rollback)

        self.check(scenario)

    def test_rows_are_made_by_the_connections_factories(self):
        def scenario(script):
            script.connection.row_factory = sqlite3.Row
            script.note(lambda: script.connection.execute("select 1 as one").fetchone()["one"])
            script.connection.text_factory = bytes
            script.note(lambda: repr(tuple(script.connection.execute("select 'é'").fetchone())))
            script.connection.create_function("twice", 1, lambda value: 2 * value)
            script.run("select twice(4)")

        self.check(scenario)

    def test_it_passes_for_a_connection_of_sqlite3_in_any_thread(self):
        connection, found = self.virtual.connection, []
        thread = threading.Thread(
            target=lambda: found.append(connection.execute("select 1").fetchone())
        )
        thread.start()
        thread.join()

        self.assertIsInstance(connection, sqlite3.Connection)
        self.assertIs(connection, connection.cursor().connection)
        self.assertEqual([(1,)], found)

    def test_a_cursor_of_the_users_own_class_is_inside_as_well(self):
        class Loud(sqlite3.Cursor):
            def execute(self, sql, *parameters):
                return super().execute(f"{sql} -- loud", *parameters)

        connection = self.virtual.connection
        cursor = connection.cursor(Loud)
        cursor.execute(insert("a"))
        connection.rollback()

        self.assertIsInstance(cursor, Loud)
        self.assertEqual(0, self.virtual.count("items"))

    @unittest.skipUnless(MODES, "since Python 3.12")
    def test_autocommit_as_an_attribute(self):
        def scenario(script):
            script.set("autocommit", False)
            script.run("select * from items")
            script.run(insert("a"))
            script.note(script.connection.rollback)
            script.run(insert("b"))
            script.note(script.connection.commit)
            script.run(insert("c"))
            script.set("autocommit", True)  # commits
            script.run(insert("d"))
            script.note(script.connection.rollback)
            script.set("autocommit", sqlite3.LEGACY_TRANSACTION_CONTROL)
            script.run(insert("e"))
            script.note(script.connection.rollback)

        self.check(scenario, "b", "c", "d")

    def test_whatever_is_done_in_whatever_order(self):
        for round_ in range(ROUNDS):
            draws = self.rng.getrandbits(64)
            with self.subTest(round_, draws=draws):
                self.check(lambda script, draws=draws: wander(script, random.Random(draws)))
                for lease in (self.virtual, self.real):
                    lease.execute("drop table if exists extra")
                    for table in ("items", "parents"):
                        lease.truncate(table)


def wander(script, rng, steps=25):
    """Do things at random."""
    statements = (
        *(insert(name) for name in "abc"),
        "insert or ignore into items (name) values ('a')",
        "insert or replace into items (name) values ('b')",
        "with x as (select 'w' as n) insert into items (name) select n from x",
        "update items set price = price + 1",
        "delete from items where name = 'b'",
        "replace into parents values (1)",
        "insert into children values (1, 1)",
        "insert into children values (2, 2)",
        "insert into parents values (2)",
        "delete from children",
        "select name from items",
        "create table extra (x)",
        "drop table extra",
        "pragma defer_foreign_keys = on",
    )
    points = [f"{word} {name}" for word in ("savepoint", "release", "rollback to") for name in "xy"]
    control = ("begin", "begin immediate", "commit", "end", "rollback", *points)
    methods = (
        lambda: script.note(script.connection.commit),
        lambda: script.note(script.connection.rollback),
        lambda: script.set("isolation_level", rng.choice((None, "", "EXCLUSIVE"))),
        lambda: script.note(
            lambda: script.cursor.executescript(";".join(rng.sample(statements, 3)))
        ),
        *([lambda: script.set("autocommit", rng.choice((True, False, -1)))] * MODES),
    )
    for _ in range(steps):
        kind = rng.choices(("statement", "control", "method"), (6, 4, 3))[0]
        if kind == "method":
            rng.choice(methods)()
        else:
            script.run(rng.choice(statements if kind == "statement" else control))


on(SQLiteConformanceTwins, "sqlite", needed=SQLite())
