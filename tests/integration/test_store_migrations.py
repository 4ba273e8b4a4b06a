"""Migrations on PostgreSQL and SQLite: commands, Alembic, and the two checks of them."""

import sys

from harness import Alembic, Command, Store
from harness.errors import ConfigurationError, MigrationError
from tests.integration.migrated import INI, Projects, on_each_kind_of_store
from tests.integration.providers import on, on_one_python
from tests.integration.test_alembic import ASYNCHRONOUS, NAMES, SHARED, USERS

TABLE = "create table users (id integer primary key, email text not null)"
INSERT = "insert into users (id, email) values (1, 'ada@example.com')"
MIGRATE = """
import os
from sqlalchemy import create_engine, text
with create_engine(os.environ["URL"]).begin() as connection:
    connection.execute(text("create table users (id integer)"))
"""


class Stores(Projects):
    service = Store
    db = Store()

    def check(self, **files):
        self.assertMigrationsReversible(Store(migrations=self.project(**files)))

    def compatible(self, *statements, since=None, **files):
        service = Store(migrations=self.project(**files))
        self.assertMigrationsCompatible(service, statements, since=since)

    def said(self, kind, check, *arguments, **options):
        with self.assertRaises(kind) as raised:
            check(*arguments, **options)
        return str(raised.exception)


@on_each_kind_of_store
@on_one_python
class StoreMigrationCommands(Stores):
    def command(self, code, **options):
        return Command([sys.executable, "-c", code], variable="URL", **options)

    def test_it_is_told_the_new_database(self):
        command = self.command(MIGRATE, driver="psycopg")

        self.assertTrue(self.lease(migrations=command).exists("users"))

    def test_one_that_fails_shows_its_output_and_how_to_try_it(self):
        text = self.said(MigrationError, self.lease, migrations=self.command("exit('no app')"))

        self.assertIn("ended with exit code 1\n    no app\n", text)
        self.assertIn("next: try it with ", text)

    def test_what_it_reads_makes_another_database(self):
        script = self.put(self.project() / "migrate.py", MIGRATE)
        command = Command(
            [sys.executable, str(script)], variable="URL", watch=[script], driver="psycopg"
        )
        self.assertTrue(self.lease(migrations=command).exists("users"))

        script.write_text(MIGRATE.replace("users", "people"))

        self.assertTrue(self.lease(migrations=command, name="again").exists("people"))

    def test_it_cannot_be_taken_back(self):
        service = Store(migrations=self.command(MIGRATE))

        text = self.said(ConfigurationError, self.assertMigrationsReversible, service)

        self.assertIn("are a command, which has no steps and no way back", text)


@on_each_kind_of_store
class StoreAlembic(Stores):
    def test_it_upgrades_to_the_head_or_another_target(self):
        ini = self.alembic(USERS, NAMES)
        for target in ("head", "a1"):
            db = self.lease(migrations=Alembic(ini, target=target))
            revision = {"head": "b2"}.get(target, target)
            self.assertEqual(revision, db.value("select version_num from alembic_version"))

    def test_env_py_may_use_the_connection_that_it_is_handed(self):
        db = self.lease(migrations=Alembic(self.alembic(USERS, env=SHARED)))

        self.assertTrue(db.exists("users"))

    def test_an_env_py_that_connects_elsewhere_is_stopped_before_it_does(self):
        for url in ("sqlite:////tmp/precious.db", "postgresql+pg8000://me@127.0.0.1:1/precious"):
            env = f"import sqlalchemy\nsqlalchemy.create_engine('{url}').connect()"
            with self.subTest(url):
                text = self.said(
                    MigrationError, self.lease, migrations=Alembic(self.alembic(USERS, env=env))
                )
                self.assertRegex(text, "about to connect to the database '.*precious.*'")

    def test_an_env_py_that_runs_nothing_is_no_empty_schema(self):
        ini = self.alembic(USERS, env="from alembic import context")

        text = self.said(MigrationError, self.lease, migrations=Alembic(ini))

        self.assertIn("there is no table of Alembic's in the new database", text)

    def test_a_failing_revision_is_named_with_its_line(self):
        bad = ("c3", "a1", "op.execute('create tabel t (id int)')", "pass")
        ini = self.alembic(USERS, bad)

        text = self.said(MigrationError, self.lease, migrations=Alembic(ini))

        self.assertRegex(
            text, rf"{ini.parent}/alembic/versions/c3_.py, line 8: \w+: .*syntax error"
        )
        self.assertIn("    create tabel t (id int)", text)

    def test_each_revision_can_be_taken_back(self):
        self.assertMigrationsReversible(Store(migrations=Alembic(self.alembic(USERS, NAMES))))

    def test_a_revision_that_cannot_be_taken_back_is_named(self):
        names = (*NAMES[:3], "op.execute('alter table users rename name to n')")

        text = self.said(
            AssertionError,
            self.assertMigrationsReversible,
            Store(migrations=Alembic(self.alembic(USERS, names))),
        )

        self.assertRegex(
            text,
            r"^b2_.py was taken back, and the schema is not what it was:\n"
            r"    \+ column (public\.)?users.n text$",
        )

    def test_what_breaks_an_old_statement_is_named(self):
        ini = self.alembic(USERS, NAMES, ("c3", "b2", NAMES[3], "pass"))

        text = self.said(
            AssertionError,
            self.assertMigrationsCompatible,
            Store(migrations=Alembic(ini)),
            ["select name from users"],
            since="b2",
        )

        self.assertRegex(
            text, r"^c3_.py breaks an old statement: .*column.*name.*\n    select name"
        )


class SQLiteAlembic(Stores):
    """What differs: the drivers."""

    def test_the_driver_of_another_database_is_left_out(self):
        for options in ({"ini": INI.replace("driver:", "postgresql+asyncpg:")}, {}):
            ini = self.alembic(USERS, **options)
            for driver in (None, "psycopg"):
                with self.subTest(driver=driver, **options):
                    migrations = Alembic(ini, driver=driver)
                    self.assertTrue(self.lease(migrations=migrations).exists("users"))

    def test_an_asynchronous_env_py_has_to_be_given_a_driver_for_it(self):
        ini = self.alembic(USERS, env=ASYNCHRONOUS)

        text = self.said(MigrationError, self.lease, migrations=Alembic(ini))

        self.assertIn("env.py, line ", text)
        self.assertIn("async driver", text)


on(SQLiteAlembic, "sqlite", needed=Store())


@on_each_kind_of_store
class StoreReversible(Stores):
    def problem(self, **files):
        return self.said(AssertionError, self.check, **files)

    def test_migrations_that_can_be_taken_back(self):
        self.check(
            _1_a__up=TABLE,
            _1_a__down="drop table users",
            _2_b__up="create table orders (id integer primary key, buyer integer references users,"
            " total integer not null default 0 check (total >= 0), unique (buyer, total));"
            "alter table users add column name text; create index by_name on users (name);"
            "create view names as select name from users",
            _2_b__down="drop view names; drop index by_name;"
            "alter table users drop column name; drop table orders",
        )

    def test_gooses_migrations_that_can_be_taken_back(self):
        self.check(_1_a=f"-- +goose Up\n{TABLE};\n-- +goose Down\ndrop table users;")

    def test_what_a_way_back_forgets_is_shown(self):
        for forgotten, line in (
            ("create index by_email on users (email)", r"\+ index (public\.)?by_email"),
            ("create view v as select 1 as one", r"\+ view (public\.)?v "),
            ("create table t (id integer)", r"\+ table (public\.)?t\n    "),
            ("alter table users add column n integer default 7", r"users\.n integer default 7"),
        ):
            with self.subTest(forgotten):
                text = self.problem(
                    _1_a__up=TABLE,
                    _1_a__down="drop table users",
                    _2_b__up=forgotten,
                    _2_b__down="select 1",
                )
                first, _, rest = text.replace("+ column", "+ table t\n    + column").partition("\n")
                self.assertIn("2_b.up.sql was taken back, and the schema is not what it", first)
                self.assertRegex(rest.replace("public.", ""), line)

    def test_what_a_way_back_makes_otherwise_is_shown(self):
        text = self.problem(
            _1_a__up="create table s (id integer not null, n text unique)",
            _1_a__down="drop table s",
            _2_b__up="drop table s; create table s (id bigint not null)",
            _2_b__down="drop table s; create table s (id integer, n text check (n > ''))",
        )

        text = text.replace("public.", "")
        self.assertIn("    - column s.id integer not null\n", text)
        self.assertIn("    + column s.id integer\n", text)
        self.assertRegex(text, r"\n    \+ (check|constraint) .*n > ''")
        self.assertRegex(text, r"\n    - (unique \(n\) on s|constraint .*UNIQUE \(n\))")

    def test_a_way_back_that_fails_is_shown_with_its_line(self):
        text = self.problem(_1_a__up=TABLE, _1_a__down="drop tabel users;")

        self.assertRegex(
            text,
            r"^1_a.up.sql cannot be taken back: /.*/1_a.down.sql, line 1: .*syntax error.*\n"
            r"    drop tabel users$",
        )

    def test_rows_that_a_way_back_forgets_are_found_by_going_up_again(self):
        text = self.problem(
            _1_a__up="create table kinds (name text primary key)",
            _1_a__down="drop table kinds",
            _2_b__up="insert into kinds values ('x')",
            _2_b__down="select 1",
        )

        self.assertIn("2_b.up.sql cannot be applied again after it was taken back: ", text)
        self.assertRegex(text, "(?i)unique constraint")

    def test_one_without_a_way_back_among_others(self):
        text = self.problem(_1_a__up=TABLE, _1_a__down="drop table users", _2_b__up="select 1")

        self.assertEqual("2_b.up.sql has no way back", text)

    def test_what_cannot_be_checked_says_so(self):
        check = self.assertMigrationsReversible

        text = self.said(ConfigurationError, self.check, _1_a=TABLE)
        self.assertIn("none of the migrations has a way back: 1_a.sql", text)
        self.assertIn("write NAME.down.sql beside each, or `-- +goose Down` into each", text)
        text = self.said(ConfigurationError, check, Store(migrations=migrate))
        self.assertIn("migrate() are a callable, which has no steps and no way back", text)
        text = self.said(ConfigurationError, check, self.db)
        self.assertRegex(text, r"has no migrations to check\n.*declare (Postgres|SQLite)\(")

    def test_the_database_of_the_test_is_untouched(self):
        db = self.lease(migrations=self.project(_1_a__up=TABLE, _1_a__down="drop table users"))
        db.execute(INSERT)

        self.assertMigrationsReversible(db)

        self.assertEqual(1, db.count("users"))


@on_each_kind_of_store
class StoreCompatible(Stores):
    def problem(self, *statements, **options):
        return self.said(AssertionError, self.compatible, *statements, **options)

    def test_statements_that_stay_valid(self):
        self.compatible(
            INSERT,
            "update users set email = 'b'",
            _1_a=TABLE,
            _2_b="alter table users add column n integer not null default 0;"
            "create table other (id integer not null)",
        )

    def test_what_is_dropped_or_renamed_breaks_what_uses_it(self):
        for change, said in (
            ("alter table users drop column email", "email"),
            ("alter table users rename column email to mail", "email"),
            ("alter table users rename to people", "users"),
            ("create unique index one on users ((1)); insert into users values (9, 'x')", "one"),
        ):
            with self.subTest(change):
                text = self.problem(INSERT, _1_a=TABLE, _2_b=change)
                self.assertRegex(text, rf"2_b\.sql breaks an old statement: .*\b{said}\b")
                self.assertIn(f"\n    {INSERT}", text)

    def test_a_column_that_must_be_filled_is_found_without_a_statement(self):
        text = self.problem(
            _1_a=TABLE,
            _2_b="drop table users;"
            "create table users (id integer primary key, email text, name text not null)",
        )

        self.assertEqual(
            "2_b.sql adds users.name, NOT NULL without a default: "
            "every INSERT that does not know it fails",
            text.replace("public.", ""),
        )

    def test_the_migration_at_fault_is_named_of_several(self):
        text = self.problem(
            INSERT,
            "select email from users",
            since="001",
            _1_a=TABLE,
            _2_b="create table t (id integer)",
            _3_c="alter table users drop column email",
            _4_d="drop table users",
        )

        self.assertEqual(2, text.count("3_c.sql breaks an old statement"))
        self.assertNotIn("4_d", text)

    def test_a_deferred_reference_counts(self):
        text = self.problem(
            f"{INSERT}; insert into orders (buyer) values (7)",
            _1_a=f"{TABLE}; create table orders (buyer integer)",
            _2_b="drop table orders; create table orders (buyer integer "
            "references users deferrable initially deferred)",
        )

        self.assertRegex(text, "(?i)foreign key")

    def test_a_statement_that_never_worked_is_no_finding(self):
        text = self.said(
            ConfigurationError,
            self.compatible,
            "select gone from users",
            _1_a=TABLE,
            _2_b="select 1",
        )

        self.assertRegex(text, "does not work after 1_a.sql: .*column.*gone")
        self.assertIn("    select gone from users\n", text)

    def test_a_migration_that_is_not_there_names_the_nearest(self):
        options = {"_1_a": TABLE, "_2_c": "select 1", "since": "1_b.sql"}

        text = self.said(ConfigurationError, self.compatible, **options)

        self.assertIn("there is no migration '1_b.sql'", text)
        self.assertIn("did you mean 1_a.sql?", text)


def migrate(db):
    db.execute(TABLE)
