"""Rows that are hard to compare, to find or to show, whatever the provider."""

import datetime
import time
from decimal import Decimal

from harness import Postgres
from harness.errors import ConfigurationError, LeaseError
from tests.integration.providers import also_with_psycopg, on_every_provider

NAN = float("nan")
EAST = datetime.timezone(datetime.timedelta(hours=5, minutes=30))


def oddities(db):
    for statement in STATEMENTS:
        db.execute(statement)


STATEMENTS = (
    "create table numbers (id integer primary key, double double precision, "
    "  exact numeric, large bigint)",
    "insert into numbers values (1, 'NaN', 'NaN', 9223372036854775807), "
    "  (2, '-0', -0.0, -1), (3, 'Infinity', 1e50, 0), (4, 0.1, 0.1, 1)",
    "create table times (id integer primary key, zoned timestamptz, local timestamp, day date, "
    "  clock time, span interval)",
    "insert into times values (1, '2026-03-29 00:30+00', '2026-03-29 00:30', '2026-03-29', "
    "  '00:30', '1 day 02:00')",
    "create table endless (id integer primary key, zoned timestamptz, day date, span interval)",
    "insert into endless values (2, 'infinity', '-infinity', '1 month')",
    "create type place as (street text, house integer)",
    "create table mixed (id integer primary key, home place, homes place[], nested integer[][], "
    "  span int4range, address inet, bits bit(3), document json, "
    "  doubled integer generated always as (id * 2) stored)",
    "insert into mixed values (1, '(\"Main St\",5)', '{\"(a,1)\"}', '{{1,2},{3,4}}', '[1,5)', "
    "  '10.0.0.1', B'101', '\"a\"')",
    "create table nothing ()",
    'create table "from" ("select" integer, "where" text, "class" text, "ünï" text, "a.b" text, '
    '  "%s" text, "$1" text, "?" text)',
    "insert into \"from\" values (1, 'w', 'c', 'ü', 'ab', 'percent', 'dollar', 'question')",
    "create table parts (id integer, name text) partition by range (id)",
    "create table parts_low partition of parts for values from (0) to (10)",
    "create table parts_high partition of parts for values from (10) to (20)",
    "insert into parts values (1, 'low'), (11, 'high')",
    f"create table wide ({', '.join(f'column_{n} integer default {n}' for n in range(300))})",
    "insert into wide default values",
    "create table texts (id integer primary key, body text)",
    "create table twins (a integer, b text)",
    "insert into twins select 1, 'same' from generate_series(1, 5)",
)


class Broken:
    def __eq__(self, other):
        raise ZeroDivisionError


@also_with_psycopg
@on_every_provider
class PostgresConformanceOddRows:
    db = Postgres(migrations=oddities)

    def test_numbers_at_the_edges(self):
        self.assertRow(self.db, "numbers", {"double": NAN}, exact=NAN, large=2**63 - 1)
        self.assertRow(self.db, "numbers", {"exact": Decimal("NaN")}, double=NAN)
        self.assertRow(self.db, "numbers", {"double": 0.0}, exact=-0.0, id=2)
        self.assertRow(self.db, "numbers", {"double": float("inf")}, exact=10**50)
        self.assertRow(self.db, "numbers", {"large": 2**63 - 1}, id=1)
        self.assertRow(self.db, "numbers", {"exact": Decimal("0.1")}, double=0.1, exact=0.1)

    def test_the_nearest_number_is_found_beside_nan_and_infinity(self):
        text = self.failure(self.assertRow, "numbers", {"id": 9}, double=0.2, exact=10**400)

        self.assertIn("4 rows in all, the nearest:\n  - id=4, double=0.1, exact=0.1", text)

    def test_times_with_and_without_a_zone(self):
        zoned = datetime.datetime(2026, 3, 29, 6, 0, tzinfo=EAST)
        local = datetime.datetime(2026, 3, 29, 0, 30)
        for where in (
            {"zoned": zoned},
            {"local": local},
            {"day": local.date()},
            {"clock": local.time()},
            {"span": datetime.timedelta(days=1, hours=2)},
        ):
            with self.subTest(where):
                row = self.assertRow(self.db, "times", where, **where)
                self.assertEqual(1, row.id)

        text = self.failure(self.assertRow, "times", {"id": 1}, zoned=local, local=zoned)
        self.assertEqual(2, text.count("one of them has no time zone"))

    def test_composite_generated_and_other_values(self):
        row = self.db.row("select * from mixed")
        self.assertRow(self.db, "mixed", {"id": 1}, home='("Main St",5)', doubled=2)
        self.assertRow(self.db, "mixed", "doubled = 2 and home = row('Main St', 5)::place", id=1)
        for name in row.columns:
            with self.subTest(name):
                self.assertRow(self.db, "mixed", {"id": 1}, **{name: row[name]})
                self.assertIn(f"{name}=", self.failure(self.assertRow, "mixed", {name: Ellipsis}))
        self.assertRow(self.db, "mixed", {"nested": [[1, 2], [3, 4]]}, id=1)

    def test_the_nearest_of_many_rows_with_values_that_have_no_equality(self):
        self.db.execute(
            "insert into mixed (id, home, document) "
            "select n, row('street ' || n, n)::place, '\"b\"' from generate_series(2, 1000) n"
        )

        text = self.failure(
            self.assertRow, "mixed", {"id": 0}, home='("street 500",500)', document="b"
        )

        self.assertIn("id=500", text)

    def test_a_table_without_columns(self):
        self.assertCount(self.db, "nothing", 0)
        self.db.execute("insert into nothing default values")

        self.assertCount(self.db, "nothing", 1)
        self.assertIn(
            "nothing has no column id", self.failure(self.assertRow, "nothing", None, id=1)
        )
        self.db.execute("insert into nothing select from generate_series(1, 999)")
        self.assertIn("1000 rows", self.failure(self.assertCount, "nothing", 5))

    def test_names_that_mean_something_elsewhere(self):
        row = self.db.row('select * from "from"')
        values = {name: row[name] for name in row.columns}

        self.assertRow(self.db, '"from"', values)
        self.assertRow(self.db, "from", values, **{"class": "c", "%s": "percent", "$1": "dollar"})
        self.assertRows(self.db, "from", [values], key="?")
        wrong = {**values, "ünï": "u", "a.b": "x"}
        text = self.failure(self.assertRow, "public.from", wrong)
        self.assertIn("      a.b: 'ab', expected 'x'", text)

    def test_partitions_are_one_table(self):
        self.assertRows(self.db, "parts", [(1, "low"), (11, "high")])
        self.assertRow(self.db, "parts_high", None, id=11)

    def test_a_wide_row_is_shown_by_what_was_asked(self):
        text = self.failure(self.assertRow, "wide", {"column_250": 250}, column_299=0)

        lines = text.splitlines()
        self.assertEqual(5, len(lines))
        self.assertTrue(lines[1].startswith("  - column_250=250, column_299=299, "), lines)
        self.assertTrue(lines[3].endswith(" ..."), lines)
        self.assertLessEqual(max(map(len, lines)), 80)

    def test_long_texts_are_neither_slow_nor_long(self):
        self.db.execute(
            "insert into texts select n, repeat('line ' || n || chr(10), 50000) "
            "from generate_series(1, 20) n"
        )
        began = time.monotonic()

        text = self.failure(self.assertRow, "texts", {"id": 50, "body": "line 1\n" * 50000 + "end"})

        self.assertLess(time.monotonic() - began, 30)
        self.assertLess(len(text), 2000)
        self.assertIn("  - id=1, body='line 1", text)

    def test_many_rows_with_the_same_values(self):
        self.assertRows(self.db, "twins", [(1, "same")] * 5)
        self.assertIn("1 missing", self.failure(self.assertRows, "twins", [(1, "same")] * 6))
        self.assertIn("1 unexpected", self.failure(self.assertRows, "twins", [(1, "same")] * 4))
        self.assertIn("5 rows of twins", self.failure(self.assertRow, "twins", {"a": 1}))

    def test_a_matcher_that_cannot_be_compared_is_its_own_error(self):
        for assertion, arguments, columns in (
            (self.assertRow, [{"id": 1}], {"exact": Broken()}),
            (self.assertRow, [{"exact": Broken()}], {}),
            (self.assertNoRow, [{"exact": Broken()}], {}),
            (self.assertRows, [[{"exact": Broken()}]], {}),
        ):
            with self.subTest(arguments), self.assertRaises(ZeroDivisionError) as raised:
                assertion(self.db, "numbers", *arguments, **columns)
            self.assertIn("while column exact was compared", raised.exception.__notes__[0])

    def test_a_condition_that_ends_in_a_comment(self):
        self.assertRow(self.db, "numbers", "id = 1 or id = 9 -- the first")

    def test_a_query_of_ones_own_that_fails_is_the_servers_error(self):
        with self.assertRaisesRegex(Exception, "operator does not exist|syntax error"):
            self.assertRow(self.db, "numbers", "id = = 1")

    def test_a_failed_transaction_of_the_code_is_said_as_by_every_method_of_the_lease(self):
        connection = self.db.connection
        with self.assertRaises(Exception):  # noqa: B017 - the driver's
            connection.cursor().execute("select nothing")

        with self.assertRaisesRegex(LeaseError, "has failed and was not rolled back"):
            self.assertNoRow(self.db, "numbers")
        connection.rollback()

    def test_a_service_is_no_lease(self):
        with self.assertRaisesRegex(ConfigurationError, "pass a lease, such as self.db"):
            self.assertNoRow(type(self).db, "numbers")


@on_every_provider
class PostgresConformanceEndlessTimes:  # psycopg cannot read them
    db = Postgres(migrations=oddities)

    def test_times_that_python_does_not_have(self):
        text = self.failure(
            self.assertRow,
            "endless",
            {"id": 2},
            zoned=datetime.datetime(2026, 3, 29, tzinfo=EAST),
            day=datetime.date(2026, 3, 29),
        )

        self.assertIn("expected 2026-03-29 00:00:00+05:30", text)
        self.assertIn("expected 2026-03-29", text)
