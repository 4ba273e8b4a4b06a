"""Where a schema comes from: directories, callables, seeds; and what a failing one leaves."""

import tempfile
import textwrap
from pathlib import Path

from harness import Postgres
from harness.errors import ConfigurationError, MigrationError, ServiceDefinitionError
from tests.integration.providers import on_every_provider, on_every_provider_and_role
from tests.integration.shop import shop


class Files:
    """Directories of SQL files, made for one test."""

    def directory(self, **files):
        """Make a directory; `_1_users="create ..."` becomes `1_users.sql`."""
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        for name, text in files.items():
            path = Path(holder.name, name.lstrip("_").replace("__", ".") + ".sql")
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return Path(holder.name).resolve()

    def lease(self, **options):
        """Return a lease that is released when the test ends."""
        lease = type(self).environment.lease(Postgres(**options))
        self.addCleanup(lease.release)
        return lease


@on_every_provider_and_role
class PostgresConformanceMigrations(Files):
    db = Postgres()

    def test_no_migrations_are_an_empty_database(self):
        self.assertEqual(
            0, self.db.value("select count(*) from pg_tables where schemaname='public'")
        )

    def test_files_run_in_the_order_of_their_numbers(self):
        path = self.directory(
            _2_more="insert into steps values ('two')",
            _10_last="insert into steps values ('ten')",
            _001_first="create table steps (name text); insert into steps values ('one')",
        )

        rows = self.lease(migrations=str(path)).rows("select name from steps")

        self.assertEqual(["one", "two", "ten"], [row.name for row in rows])

    def test_only_up_files_run_where_there_are_any(self):
        path = self.directory(
            _1_first__up="create table first (id integer)",
            _1_first__down="drop table first",
            _2_second__up="create table second (id integer)",
            readme="this is no SQL",
        )

        db = self.lease(migrations=path)

        self.assertEqual((True, True), (db.exists("first"), db.exists("second")))

    def test_statements_are_split_as_the_server_would(self):
        path = self.directory(
            _1="""
            create table quoted (v text); -- a comment; with a semicolon
            /* another; /* nested; */ */
            insert into quoted values (';'), (E'it\\'s;'), ($$;$$), ($x$ $$;$$ $x$);
            create function f() returns int language plpgsql as $$ begin return 1; end; $$;
            create function g() returns int
                begin atomic select 1; select case when true then 2 end; end;
            do $$ begin perform f(); perform g(); end $$;
            insert into quoted values ('last')
            """
        )

        self.assertEqual(5, self.lease(migrations=path).count("quoted"))

    def test_statements_that_refuse_a_transaction_run(self):
        path = self.directory(
            _1="create table t (id integer); create index concurrently i on t (id); vacuum t"
        )

        self.assertTrue(self.lease(migrations=path).exists("i"))

    def test_transactions_that_a_file_spells_out_are_committed(self):
        path = self.directory(_1="begin; create table t (id integer); commit")

        self.assertTrue(self.lease(migrations=path).exists("t"))

    def test_what_a_file_sets_ends_with_it(self):
        """As for any tool that runs each file by itself: a dump sets an empty search path."""
        path = self.directory(
            _1_dump="select pg_catalog.set_config('search_path', '', false); "
            "create table public.t (id integer)",
            _2_more="create table u (id integer)",
        )

        db = self.lease(migrations=path)

        self.assertTrue(db.exists("public.u"))
        self.assertEqual('"$user", public', db.value("show search_path"))

    def test_a_callable_may_commit_or_leave_it_to_us(self):
        def by_helper(db):
            db.execute("create table t (id integer)")

        def by_connection(db):
            db.connection.cursor().execute("create table t (id integer)")

        def by_dsn(db):
            import psycopg

            with psycopg.connect(db.dsn) as connection:
                connection.execute("create table t (id integer)")

        for migrate in (by_helper, by_connection, by_dsn):
            with self.subTest(migrate.__name__):
                self.assertTrue(self.lease(migrations=migrate).exists("t"))

    def test_seeds_run_after_the_migrations_in_their_order(self):
        path = self.directory(
            one="insert into items (name) values ('one')", two="update items set price = 2"
        )

        db = self.lease(migrations=shop, seeds=(str(path / "one.sql"), path / "two.sql"))

        self.assertEqual([("one", 2)], db.rows("select name, price from items"))

    def test_the_same_seeds_in_another_order_are_another_template(self):
        path = self.directory(
            one="insert into items (name) values ('one')", two="update items set price = 2"
        )

        db = self.lease(migrations=shop, seeds=(path / "two.sql", path / "one.sql"))

        self.assertEqual([("one", 0)], db.rows("select name, price from items"))

    def test_two_directories_of_equal_content_share_a_template_and_other_content_does_not(self):
        one, twin = (self.directory(_1="create table t (id integer)") for _ in range(2))
        other = self.directory(_1="create table t (id bigint)")

        names = [self.lease(migrations=path).database for path in (one, twin, other)]
        keys = [name.split("_")[2] for name in names]

        self.assertEqual(keys[0], keys[1])
        self.assertNotEqual(keys[0], keys[2])
        self.assertEqual(3, len(set(names)))

    def test_an_extension_is_created_where_the_server_offers_it(self):
        self.requireCapability(self.db, "postgres.extension.pgcrypto")

        db = self.lease(extensions=("pgcrypto",), migrations=shop)

        self.assertEqual(8, len(db.value("select gen_random_bytes(8)")))
        self.assertIn("postgres.extension.pgcrypto", db.instance.capabilities)


@on_every_provider
class PostgresConformanceFailingMigrations(Files):
    db = Postgres()

    def error_of(self, kind=MigrationError, **options):
        """Return the text of the error, having looked that no database was left."""
        before = self.databases()
        for _ in range(2):  # the second time it is remembered, not tried
            with self.assertRaises(kind) as raised:
                self.lease(**options)
        self.assertEqual(set(), self.databases() - before)  # others' may go meanwhile
        return str(raised.exception)

    def databases(self):
        """Return the databases of this process on this server."""
        process = self.db.database.rpartition("_")[2][:6]
        found = self.db.rows(
            "select datname from pg_database where datname like %s", [f"%{process}%"]
        )
        return {row.datname for row in found}

    def test_a_failing_statement_is_shown_with_file_line_and_the_servers_message(self):
        path = self.directory(
            _1="create table t (id integer);",
            _2="""
            -- the second file

            insert into t values (1);
            insert into t
                values ('x');
            """,
        )

        text = self.error_of(migrations=path)

        self.assertIn(f"{path / '2.sql'}, line 4: invalid input syntax for type integer", text)
        self.assertIn("    insert into t\n", text)
        self.assertIn("the unfinished database was removed", text)

    def test_a_failing_seed_is_shown_in_the_same_way(self):
        path = self.directory(seed="insert into nowhere values (1)")

        text = self.error_of(migrations=shop, seeds=(path / "seed.sql",))

        self.assertIn(f'{path / "seed.sql"}, line 1: relation "nowhere" does not exist', text)

    def test_a_failing_callable_is_named(self):
        def build_everything(db):
            db.execute("create table t (id integer)")
            db.execute("insert into t values ('x')")

        text = self.error_of(migrations=build_everything)

        self.assertIn("build_everything() failed: DatabaseError: invalid input syntax", text)

    def test_a_callable_that_fails_in_python_is_named(self):
        def build_nothing(db):
            raise KeyError("SHOP_URL")

        self.assertIn(
            "build_nothing() failed: KeyError: 'SHOP_URL'", self.error_of(migrations=build_nothing)
        )

    def test_a_file_that_leaves_a_transaction_open_is_an_error_not_an_empty_schema(self):
        path = self.directory(_1="create table s (id integer)", _2="begin; create table t (id int)")

        text = self.error_of(migrations=path)

        self.assertIn(str(path / "2.sql"), text)
        self.assertIn("transaction open", text)

    def test_commands_of_psql_are_refused_with_what_to_write(self):
        path = self.directory(_1="create table t (id integer);\n\\connect shop\n")

        text = self.error_of(migrations=path)

        self.assertIn(f"{path / '1.sql'}, line 2", text)
        self.assertIn("psql's own commands do not run here: write SQL", text)

    def test_an_error_of_syntax_names_the_statement(self):
        path = self.directory(_1="create table t (id integer);\n\ncreate tabel u (id integer);")

        self.assertIn('line 3: syntax error at or near "tabel"', self.error_of(migrations=path))

    def test_a_file_that_is_not_utf_8(self):
        path = self.directory(_1="select 1")
        (path / "1.sql").write_bytes(b"insert into t values ('\xff');")

        self.assertIn(f"{path / '1.sql'} cannot be read", self.error_of(migrations=path))

    def test_directories_that_are_not_there_or_empty(self):
        path = self.directory()

        self.assertIn(
            f"there is no .sql file in {path}", self.error_of(ConfigurationError, migrations=path)
        )
        text = self.error_of(ConfigurationError, migrations=path / "missing")
        self.assertIn(f"there is no migrations directory {path / 'missing'}", text)
        self.assertIn("else to the working directory", text)

    def test_a_seed_that_is_not_there(self):
        path = self.directory()

        text = self.error_of(ServiceDefinitionError, seeds=(path / "missing.sql",))

        self.assertIn(str(path / "missing.sql"), text)
