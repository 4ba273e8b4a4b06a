"""Goose's and golang-migrate's files on a server, and the two checks of migrations."""

from harness import HarnessTestCase, Postgres
from harness.errors import MigrationError
from tests.integration.migrated import Projects, on_one_provider
from tests.integration.providers import on_every_provider, on_every_provider_and_role

USERS = "create table users (id serial primary key, email text not null)"
INSERT = "insert into users (email) values ('ada@example.com')"
# What makes another table each time that it runs.
NEW_NAME = "do $$ begin execute 'create table n' || txid_current() || ' ()'; end $$"
NO_NAME = """
do $$ declare n text;
begin
    select relname into n from pg_class where relname ~ '^n[0-9]+$';
    execute 'drop table ' || n;
end $$
"""


class Checks(Projects):
    def databases(self):
        """Return the names of all databases of this process."""
        process = self.db.database.rpartition("_")[2][:6]
        return self.db.rows(
            "select datname from pg_database where datname like %s", [f"%{process}%"]
        )

    def failure(self, check, *arguments, kind=AssertionError, **options):
        """Return what a check says, having looked that it left no database."""
        before = self.databases()
        with self.assertRaises(kind) as raised:
            check(*arguments, **options)
        self.assertEqual(before, self.databases())
        return str(raised.exception)

    def reversible(self, **files):
        self.assertMigrationsReversible(Postgres(migrations=self.project(**files)))

    def compatible(self, *statements, since=None, **files):
        service = Postgres(migrations=self.project(**files))
        self.assertMigrationsCompatible(service, statements, since=since)


@on_every_provider
class PostgresConformanceForms(Checks):
    db = Postgres()

    def goose(self, up, down=None, head=""):
        text = f"{head}-- +goose Up\n{up}\n"
        return self.project(_1_a=text + (f"-- +goose Down\n{down}\n" if down else ""))

    def test_of_gooses_files_only_the_way_up_runs(self):
        db = self.lease(migrations=self.goose("create table t (id int);", "drop table t;"))

        self.assertTrue(db.exists("t"))

    def test_a_block_is_one_statement(self):
        path = self.goose(
            "-- +goose StatementBegin\ncreate function f() returns int as $$ begin return 1; end; "
            "$$ language plpgsql;\n-- +goose StatementEnd\nselect f();"
        )

        self.assertEqual(1, self.lease(migrations=path).value("select f()"))

    def test_gooses_files_run_in_a_transaction_as_goose_runs_them(self):
        statements = "create table t (id int);\ncreate index concurrently i on t (id);"
        path = self.goose(statements)

        text = self.failure(self.lease, migrations=path, kind=MigrationError)

        self.assertIn("1_a.sql, line 3: CREATE INDEX CONCURRENTLY cannot run inside", text)
        path = self.goose(statements, head="-- +goose NO TRANSACTION\n")
        self.assertTrue(self.lease(migrations=path).exists("i"))

    def test_a_constraint_that_waits_for_the_commit_fails_with_the_file(self):
        path = self.goose(
            "create table t (id int primary key, next int references t deferrable initially "
            "deferred);\ninsert into t values (1, 2);"
        )

        text = self.failure(self.lease, migrations=path, kind=MigrationError)

        self.assertIn("1_a.sql, line 3: insert or update on table", text)

    def test_a_dump_with_data_runs(self):
        path = self.project(
            _1_dump="create table t (id int, name text);\n"
            "COPY t (id, name) FROM stdin;\n1\tone;\n2\t\\N\n\\.\n\nselect 1;\n"
        )

        rows = self.lease(migrations=path).rows("select * from t")

        self.assertEqual([(1, "one;"), (2, None)], rows)

    def test_a_bad_value_in_a_dump_has_the_line_of_the_data(self):
        path = self.project(_1="create table t (id int);\nCOPY t FROM stdin;\n1\nx\n\\.\n")

        text = self.failure(self.lease, migrations=path, kind=MigrationError)

        self.assertIn("1.sql, line 4: invalid input syntax for type integer", text)


@on_every_provider_and_role
class PostgresConformanceChecks(Checks):
    db = Postgres()

    def test_migrations_that_can_be_taken_back(self):
        self.reversible(
            _1_a__up=USERS,
            _1_a__down="drop table users",
            _2_b__up="create type mood as enum ('x'); alter table users add name text, add m mood;"
            "create index i on users (name); create view v as select name from users;"
            "create function f() returns trigger language plpgsql as 'begin return new; end';"
            "create trigger t before insert on users for each row execute function f();"
            "comment on column users.name is 'n'; create schema s",
            _2_b__down="drop schema s; drop trigger t on users; drop function f(); drop view v;"
            "alter table users drop name, drop m; drop type mood",
        )

    def test_a_column_that_must_be_filled_is_found_without_a_statement(self):
        text = self.failure(
            self.compatible, _1_a=USERS, _2_b="alter table users add name text not null"
        )

        self.assertEqual(
            "2_b.sql adds public.users.name, NOT NULL without a default: "
            "every INSERT that does not know it fails",
            text,
        )


@on_one_provider
class PostgresReversible(Checks):
    """What SQLite has not; the rest is tested on both, in test_store_migrations."""

    db = Postgres()

    def problem(self, **files):
        return self.failure(self.reversible, **files)

    def test_a_type_that_a_way_back_forgets_is_shown(self):
        text = self.problem(
            _1_a__up=USERS,
            _1_a__down="drop table users",
            _2_b__up="create type mood as enum ('x'); alter table users add m mood",
            _2_b__down="alter table users drop m",
        )

        self.assertEqual(
            "2_b.up.sql was taken back, and the schema is not what it was:\n"
            "    + type public.mood enum 'x'",
            text,
        )

    def test_a_second_time_that_makes_another_schema(self):
        text = self.problem(_1_a__up=NEW_NAME, _1_a__down=NO_NAME)

        self.assertIn("1_a.up.sql, applied again, makes another schema than at first:", text)

    def test_the_failure_is_the_tests_own_and_its_database_is_untouched(self):
        path = self.project(_1_a__up=USERS, _1_a__down="select 1")

        class Inner(HarnessTestCase):
            db = Postgres(migrations=path)

            def test(self):
                self.db.execute(INSERT)
                try:
                    self.assertMigrationsReversible(self.db, "look here")
                finally:
                    assert self.db.count("users") == 1

        result = self.run_inner(Inner, "test")

        self.assertEqual(1, len(result.failures))
        self.assertIn("look here", result.failures[0][1])
        self.assertNotIn("adapters/migrations.py", result.failures[0][1])


@on_one_provider
class PostgresCompatible(Checks):
    """The same."""

    db = Postgres()

    def problem(self, *statements, **options):
        return self.failure(self.compatible, *statements, **options)

    def test_columns_that_are_filled_by_something_are_not_meant(self):
        self.compatible(
            _1_a=USERS,
            _2_b="create domain d as text default ''; alter table users add d d not null,"
            "add i int generated always as identity, "
            "add s int generated always as (1) stored not null",
            _3_c="create function f() returns trigger language plpgsql as "
            "'begin new.c := 1; return new; end';"
            "create trigger t before insert on users for each row execute function f();"
            "alter table users add c int not null",
            since="1",
        )

    def test_a_text_may_hold_the_rows_that_its_last_statement_needs(self):
        text = self.problem(
            f"{INSERT}; insert into orders (buyer) select id from users",
            _1_a=f"{USERS}; create table orders (buyer int not null references users)",
            _2_b="alter table orders add check (buyer = 0)",
        )

        self.assertIn("; insert into orders", text)
