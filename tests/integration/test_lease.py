"""What a lease offers to a test, whatever the provider."""

import asyncio

import asyncpg
import psycopg

from harness import Postgres
from harness.errors import LeaseError
from tests.integration.providers import also_with_psycopg, on_every_provider_and_role
from tests.integration.shop import shop


@on_every_provider_and_role
@also_with_psycopg
class PostgresConformanceLease:
    db = Postgres(migrations=shop)

    def test_execute_returns_the_number_of_rows_that_it_touched(self):
        added = self.db.execute("insert into items (name) values (%s), (%s)", ["a", "b"])
        changed = self.db.execute("update items set price = 5 where name = %s", ["a"])
        missed = self.db.execute("delete from items where name = %s", ["nobody"])

        self.assertEqual((2, 1, 0), (added, changed, missed))

    def test_rows_are_tuples_with_their_columns_as_attributes(self):
        self.db.execute("insert into items (name, price) values ('a', 1), ('b', 2)")

        first, second = self.db.rows("select name, price from items order by name")

        self.assertEqual(("a", 1), first)
        self.assertEqual(("b", 2), (second.name, second["price"]))

    def test_rows_of_a_statement_that_returns_none_are_an_empty_list(self):
        self.assertEqual([], self.db.rows("update items set price = 1"))
        self.assertEqual([], self.db.rows("select * from items"))

    def test_row_and_value_want_exactly_one_row(self):
        self.db.execute("insert into items (name) values ('a'), ('b')")

        self.assertEqual("a", self.db.value("select name from items where name = %s", ["a"]))
        with self.assertRaisesRegex(LookupError, "expected one row, got 2: select name"):
            self.db.value("select name from items")
        with self.assertRaisesRegex(LookupError, "expected one row, got 0"):
            self.db.row("select name from items where name = 'c'")

    def test_parameters_are_never_read_as_sql(self):
        name = "'); drop table items; -- %s \\ \" é\n☃"
        self.db.execute("insert into items (name) values (%s)", [name])

        self.assertEqual(name, self.db.value("select name from items"))

    def test_types_come_back_as_they_went_in(self):
        row = self.db.row(
            "select %s::int, %s::text, %s::bool, %s::bytea, %s::numeric, null, array[1, 2]",
            [1, "x", True, b"\x00\xff", "1.50"],
        )

        self.assertEqual(
            (1, "x", True, b"\x00\xff", "1.50", None, [1, 2]), (*row[:4], str(row[4]), *row[5:])
        )

    def test_connection_and_helpers_see_each_others_committed_writes(self):
        connection = self.db.connection
        self.db.execute("insert into items (name) values ('by the helper')")
        cursor = connection.cursor()
        cursor.execute("select name from items")
        seen = cursor.fetchall()
        cursor.execute("insert into items (name) values ('by the code')")
        connection.commit()

        self.assertEqual([["by the helper"]], [list(row) for row in seen])
        self.assertEqual(2, self.db.count("items"))

    def test_a_helper_that_fails_leaves_the_lease_usable(self):
        with self.assertRaises(Exception) as raised:
            self.db.execute("insert into items (name, price) values ('a', -1)")

        self.assertEqual("23514", self.sqlstate(raised))
        self.db.execute("insert into items (name, price) values ('a', 1)")
        self.assertEqual(1, self.db.count("items"))

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

    def test_a_lease_cannot_be_assigned_to(self):
        with self.assertRaisesRegex(LeaseError, "cannot be assigned to"):
            self.db = None

    def test_a_lease_that_was_kept_refuses_everything_after_its_test(self):
        with type(self).environment.lease(
            Postgres(migrations=shop, name="kept", driver=self.driver)
        ) as lease:
            connection = lease.connection
            connection.cursor().execute("select 1")

        for use in (lambda: lease.execute("select 1"), lambda: lease.dsn, lambda: lease.connection):
            with self.assertRaisesRegex(LeaseError, "was released"):
                use()
        with self.assertRaisesRegex(Exception, "connection is closed"):
            connection.cursor().execute("select 1")


@on_every_provider_and_role
@also_with_psycopg
class PostgresConformanceTableNames:
    db = Postgres(migrations=shop)
    names = (
        "items",
        "ITEMS",
        "public.items",
        "order",
        '"order"',
        '"MixedCase"',
        '"with ""quotes"" and.dot"',
        "audit.log",
        "Audit.Log",
        '"Odd.Schema".user',
        '"Odd.Schema"."user"',
    )

    def test_every_name_exists_counts_and_empties(self):
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
        for name in ("nobody", "MixedCase", '"ITEMS"', "audit.items", "nowhere.items"):
            with self.subTest(name):
                self.assertFalse(self.db.exists(name))

    def test_a_view_exists_and_counts(self):
        self.assertTrue(self.db.exists("cheap"))
        self.assertEqual(0, self.db.count("cheap"))

    def test_counting_a_table_that_is_not_there_is_the_servers_error(self):
        with self.assertRaises(Exception) as raised:
            self.db.count("nobody")

        self.assertEqual("42P01", self.sqlstate(raised))


@on_every_provider_and_role
@also_with_psycopg
class PostgresConformanceTruncate:
    db = Postgres(migrations=shop)

    def test_tables_that_refer_to_it_are_emptied_too(self):
        self.db.execute("insert into items (name) values ('a')")
        self.db.execute("insert into orders select 1, id from items")
        self.db.execute("insert into audit.lines values (1, 1)")

        self.db.truncate("items")

        self.assertEqual([0, 0, 0], [self.db.count(n) for n in ("items", "orders", "audit.lines")])

    def test_tables_that_it_refers_to_keep_their_rows(self):
        self.db.execute("insert into items (name) values ('a')")
        self.db.execute("insert into orders select 1, id from items")

        self.db.truncate("orders")

        self.assertEqual([1, 0], [self.db.count(n) for n in ("items", "orders")])

    def test_a_table_that_refers_to_itself_is_emptied(self):
        self.db.execute("insert into nodes values (1, null), (2, 1), (3, 2)")

        self.db.truncate("nodes")

        self.assertEqual(0, self.db.count("nodes"))

    def test_tables_that_refer_to_each_other_are_emptied(self):
        self.db.execute("insert into chicken values (1, null)")
        self.db.execute("insert into egg values (1, 1)")
        self.db.execute("update chicken set hatched_from = 1")

        self.db.truncate("chicken")

        self.assertEqual([0, 0], [self.db.count(n) for n in ("chicken", "egg")])
