"""What a lease of Postgres offers to a test beside what that of any store does (`test_store`)."""

import asyncio

import asyncpg
import psycopg

from harness import Postgres
from tests.integration.providers import also_with_psycopg, on_every_provider_and_role
from tests.integration.shop import shop


@on_every_provider_and_role
@also_with_psycopg
class PostgresConformanceLease:
    db = Postgres(migrations=shop)

    def test_types_come_back_as_they_went_in(self):
        row = self.db.row(
            "select %s::int, %s::text, %s::bool, %s::bytea, %s::numeric, null, array[1, 2]",
            [1, "x", True, b"\x00\xff", "1.50"],
        )

        self.assertEqual(
            (1, "x", True, b"\x00\xff", "1.50", None, [1, 2]), (*row[:4], str(row[4]), *row[5:])
        )

    def test_a_helper_that_fails_raises_the_error_of_the_server(self):
        with self.assertRaises(Exception) as raised:
            self.db.execute("insert into items (name, price) values ('a', -1)")

        self.assertEqual("23514", self.sqlstate(raised))

    def test_the_instance_says_where_it_runs_and_what_it_can_do(self):
        instance = self.db.instance
        major = int(self.db.value("show server_version_num")) // 10000

        self.assertIn(instance.provider, type(self).environment.settings.providers.default)
        self.assertIn(f"postgres.version.{major}", instance.capabilities)
        self.assertIn("postgres.extension.plpgsql", instance.capabilities)
        self.assertEqual(instance.provider == "external", instance.log == "")

    def test_the_dsn_is_a_string_whose_repr_hides_the_password(self):
        password = self.db.instance.endpoint.password

        self.assertIn(password, self.db.dsn)
        self.assertNotIn(password, repr(self.db.dsn))
        self.assertNotIn(password, repr(self.db.instance) + repr(self.db))
        self.assertNotIn(password, repr(self.db.instance.endpoint) + self.db.instance.log)

    def test_the_dsn_connects_other_drivers_to_the_database_of_the_test(self):
        async def ask():
            connection = await asyncpg.connect(self.db.dsn)
            try:
                return await connection.fetchval("select current_database()")
            finally:
                await connection.close()

        with psycopg.connect(self.db.dsn) as connection:
            (name,) = connection.execute("select current_database()").fetchone()

        self.assertEqual([self.db.database] * 2, [name, asyncio.run(ask())])

    def test_url_names_the_driver_as_sqlalchemy_does(self):
        self.assertTrue(self.db.dsn.startswith("postgresql://"))
        self.assertTrue(self.db.url().startswith(f"postgresql+{self.driver}://"))
        self.assertEqual(
            self.db.dsn.partition("://")[2], self.db.url("psycopg").partition("://")[2]
        )


@on_every_provider_and_role
@also_with_psycopg
class PostgresConformanceTableNames:
    db = Postgres(migrations=shop)
    names = (
        "public.items",
        "audit.log",
        "Audit.Log",
        '"Odd.Schema".user',
        '"Odd.Schema"."user"',
    )

    def test_every_name_with_a_schema_exists_counts_and_empties(self):
        for name in self.names:
            with self.subTest(name):
                self.assertTrue(self.db.exists(name))
                self.assertEqual(0, self.db.count(name))
                self.db.truncate(name)

    def test_what_truncate_empties_is_the_table_that_was_named(self):
        self.db.execute('insert into "order" values (1)')
        self.db.execute('insert into "MixedCase" values (1)')
        self.db.execute('insert into "Odd.Schema"."user" values (1), (2)')

        self.db.truncate('"Odd.Schema"."user"')

        counts = [self.db.count(n) for n in ("order", '"MixedCase"', '"Odd.Schema"."user"')]
        self.assertEqual([1, 1, 0], counts)

    def test_a_name_that_does_not_exist_is_not_there(self):
        for name in ("MixedCase", '"ITEMS"', "audit.items"):
            with self.subTest(name):
                self.assertFalse(self.db.exists(name))

    def test_counting_a_table_that_is_not_there_is_the_servers_error(self):
        with self.assertRaises(Exception) as raised:
            self.db.count("nobody")

        self.assertEqual("42P01", self.sqlstate(raised))

    def test_tables_of_another_schema_that_refer_to_it_are_emptied_too(self):
        self.db.execute("insert into items (name) values ('a')")
        self.db.execute("insert into orders select 1, id from items")
        self.db.execute("insert into audit.lines values (1, 1)")

        self.db.truncate("items")

        self.assertEqual([0, 0, 0], [self.db.count(n) for n in ("items", "orders", "audit.lines")])
