"""Assertions on the rows of a real server, whatever the provider."""

import datetime
import uuid
from decimal import Decimal
from unittest import mock

import dirty_equals

from harness import Postgres
from harness.errors import ConfigurationError
from tests.integration.providers import (
    also_with_psycopg,
    on_every_provider,
    on_every_provider_and_role,
)

UTC = datetime.UTC
TOKEN = uuid.UUID("6b29fc40-ca47-1067-b31d-00dd010662da")
NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=UTC)


def bank(db):
    """Make a table of every kind of value, with three rows."""
    for statement in STATEMENTS:
        db.execute(statement)


STATEMENTS = (
    "create type colour as enum ('red', 'green')",
    "create type place as (street text, house integer)",
    "create table accounts (id integer primary key, owner text, balance numeric(12, 2) not null "
    "  default 0, rate double precision, small real, opened timestamptz, local timestamp, "
    "  active boolean, tags text[], settings jsonb, old json, photo bytea, token uuid, "
    "  colour colour, home place, code char(5), "
    "  twice numeric generated always as (balance * 2) stored)",
    "insert into accounts (id, owner, balance, rate, small, opened, local, active, tags, settings, "
    "  old, photo, token, colour, home, code) values (7, 'Ada', 750, 0.1, 0.1, "
    "  '2026-03-01 12:00+00', '2026-03-01 12:00', true, '{a,b}', '{\"theme\": \"dark\"}', "
    f"  '[1, null]', '\\x00ff', '{TOKEN}', 'red', '(\"Main St\",5)', 'ab')",
    "insert into accounts (id, owner, balance) values (8, 'Bob', 20), (9, null, 20.5)",
    'create table "Order" (id integer primary key, "select" text, "Mixed Case" integer, '
    '  "with ""quotes""" integer, "100%" integer, msg text)',
    "insert into \"Order\" values (1, 'x', 2, 3, 4, 'hello')",
    "create schema audit",
    "create table audit.log (line text)",
    "create table empty (id integer primary key, name text)",
    "create view rich as select id, owner from accounts where balance > 100",
)


@also_with_psycopg
@on_every_provider_and_role
class PostgresConformanceAssertRow:
    db = Postgres(migrations=bank)

    def test_a_row_that_is_as_expected_is_returned(self):
        row = self.assertRow(self.db, "accounts", {"id": 7}, owner="Ada", balance=750)

        self.assertEqual(TOKEN, row.token)

    def test_values_of_every_type_compare_as_python_compares_them(self):
        self.assertRow(
            self.db,
            "accounts",
            {"id": 7},
            balance=750.0,
            rate=0.1,
            small=0.1,
            opened=NOON.astimezone(datetime.timezone(datetime.timedelta(hours=5))),
            local=datetime.datetime(2026, 3, 1, 12),
            active=True,
            tags=["a", "b"],
            settings={"theme": "dark"},
            old=[1, None],
            photo=b"\x00\xff",
            token=TOKEN,
            colour="red",
            home='("Main St",5)',
            twice=Decimal(1500),
        )

    def test_a_condition_compares_values_of_every_type(self):
        for where in (
            {"balance": 750},
            {"balance": Decimal("750.00")},
            {"rate": 0.1},
            {"small": 0.1},
            {"opened": NOON},
            {"active": True},
            {"tags": ["a", "b"]},
            {"settings": {"theme": "dark"}},
            {"old": [1, None]},
            {"photo": b"\x00\xff"},
            {"token": TOKEN},
            {"colour": "red"},
            {"code": "ab"},
            {"twice": 1500},
            {"owner": "Ada", "active": True, "id": 7},
        ):
            with self.subTest(where):
                self.assertEqual(7, self.assertRow(self.db, "accounts", where).id)

    def test_none_stands_for_null(self):
        self.assertRow(self.db, "accounts", {"owner": None}, id=9, rate=None)
        self.assertRow(self.db, "accounts", {"id": 9}, owner=None)

    def test_a_condition_may_be_sql(self):
        self.assertRow(self.db, "accounts", "balance > 100", id=7)
        self.assertRow(self.db, "accounts", ("balance > %s and owner like 'A%%'", [100]), id=7)
        self.assertRow(self.db, "accounts", "owner like 'A%' or owner = 'x'", id=7)

    def test_whatever_compares_equal_matches(self):
        self.assertRow(self.db, "accounts", {"id": 7}, owner=mock.ANY, token=mock.ANY)
        self.assertRow(
            self.db,
            "accounts",
            {"owner": dirty_equals.IsStr(regex="A.*")},
            id=dirty_equals.IsPositiveInt,
            settings=dirty_equals.IsPartialDict(theme="dark"),
            token=dirty_equals.IsUUID,
            balance=dirty_equals.IsNumber(gt=700),
        )

    def test_names_that_have_to_be_quoted(self):
        columns = {"select": "x", "Mixed Case": 2, 'with "quotes"': 3, "100%": 4, "msg": "hello"}
        self.assertRow(self.db, '"Order"', columns)
        self.assertRow(self.db, '"Order"', {"msg": mock.ANY}, **{"select": "x", "Mixed Case": 2})
        self.db.execute("insert into audit.log values ('a')")
        self.assertRow(self.db, "audit.log", {"line": "a"})
        self.assertRow(self.db, "ACCOUNTS", {"id": 7})
        self.assertRow(self.db, "rich", None, owner="Ada")

    def test_a_passing_assertion_is_one_query(self):
        with mock.patch.object(self.db, "rows", wraps=self.db.rows) as rows:
            self.assertRow(self.db, "accounts", {"id": 7}, owner="Ada")
            self.assertNoRow(self.db, "accounts", {"id": 70})
            self.assertCount(self.db, "accounts", 3)
            self.assertRows(self.db, "accounts", [{"id": 7}, {"id": 8}, {"id": 9}], key="id")

        self.assertEqual(4, rows.call_count)

    def test_a_row_that_differs_is_shown_with_each_difference(self):
        text = self.failure(self.assertRow, "accounts", {"id": 8}, balance=750, owner="Bob")

        self.assertEqual(
            """\
the row of accounts where id=8 is not as expected
  - id=8, balance=20.00, owner='Bob', rate=None, small=None, opened=None,
    local=None, active=None, tags=None, settings=None, old=None, photo=None,
    token=None, colour=None, home=None, code=None, twice=40.00
      balance: 20.00, expected 750""",
            text,
        )

    def test_a_row_that_is_missing_shows_the_nearest(self):
        text = self.failure(self.assertRow, '"Order"', {"id": 2, "msg": "hello"}, select="x")

        self.assertEqual(
            """\
no row of "Order" where id=2, msg='hello'
  with select='x'
  1 row in all:
  - id=1, msg='hello', select='x', Mixed Case=2, with "quotes"=3, 100%=4
      id: 1, expected 2""",
            text,
        )

    def test_the_nearest_is_the_one_with_the_most_equal_columns_then_the_most_alike(self):
        self.db.execute("insert into empty values (1, 'Ada'), (2, 'Adam'), (3, 'Bob'), (5, 'Zoe')")

        text = self.failure(self.assertRow, "empty", {"id": 3, "name": "Adamo"})

        self.assertEqual(
            """\
no row of empty where id=3, name='Adamo'
  4 rows in all, the nearest:
  - id=3, name='Bob'
      name: 'Bob', expected 'Adamo'
  - id=2, name='Adam'
      id: 2, expected 3
      name: 'Adam', expected 'Adamo'
  - id=1, name='Ada'
      id: 1, expected 3
      name: 'Ada', expected 'Adamo'""",
            text,
        )

    def test_an_empty_table_is_said_to_be_empty(self):
        self.assertEqual(
            "no row of empty where id=1\n  the table is empty",
            self.failure(self.assertRow, "empty", {"id": 1}),
        )

    def test_several_rows_are_shown_and_one_can_be_chosen(self):
        text = self.failure(self.assertRow, "accounts", {"rate": None}, owner="Bob")

        self.assertIn("2 rows of accounts where rate=None, where one was expected\n", text)
        self.assertLess(text.index("id=8"), text.index("owner: None, expected 'Bob'"))
        self.assertIn('next: narrow `where`, or choose one, as by order_by="id desc"', text)
        self.assertRow(self.db, "accounts", {"rate": None}, order_by="id", owner="Bob")
        self.assertRow(self.db, "accounts", {"rate": None}, order_by="id desc", owner=None)
        self.assertRow(self.db, "accounts", {"tags": None}, order_by="id desc", id=9)

    def test_a_table_that_is_not_there(self):
        self.assertEqual(
            "there is no table acounts\n  next: did you mean accounts?",
            self.failure(self.assertRow, "acounts", {"id": 1}),
        )
        self.assertEqual(
            "there is no table audit.lo\n  next: did you mean audit.log?",
            self.failure(self.assertNoRow, "audit.lo"),
        )

    def test_a_column_that_is_not_there(self):
        expected = "accounts has no column balanc\n  next: did you mean balance?"
        for assertion, arguments, columns in (
            (self.assertRow, [{"balanc": 1}], {}),
            (self.assertRow, [{"balanc": mock.ANY}], {}),
            (self.assertRow, [{"id": 7}], {"balanc": 1}),
            (self.assertRow, [{"id": 70}], {"balanc": 1}),
            (self.assertNoRow, [{"balanc": 1}], {}),
            (self.assertNoRow, [{"id": 70, "balanc": mock.ANY}], {}),
            (self.assertCount, [1, {"balanc": 1}], {}),
            (self.assertRows, [[{"balanc": 1}]], {}),
        ):
            with self.subTest(arguments=arguments):
                self.assertEqual(
                    expected, self.failure(assertion, "accounts", *arguments, **columns)
                )

    def test_a_type_that_differs_is_pointed_out(self):
        text = self.failure(
            self.assertRow,
            "accounts",
            {"id": 7},
            token=str(TOKEN),
            local=NOON,
            code="ab",
            tags=("a", "b"),
        )

        self.assertIn("token: (differs in type: UUID, expected str)", text)
        self.assertIn("(one of them has no time zone)", text)
        self.assertIn("code: 'ab   ', expected 'ab' (differs in white space alone)", text)
        self.assertIn("tags: (differs in type: list, expected tuple)", text)

    def test_a_value_that_the_server_cannot_compare_is_the_servers_error(self):
        with self.assertRaises(Exception) as raised:
            self.assertRow(self.db, "accounts", {"id": "seven"})

        self.assertEqual("22P02", self.sqlstate(raised))

    def test_a_message_of_ones_own_is_added(self):
        text = self.failure(self.assertRow, "accounts", {"id": 1}, msg="no account of the shop")

        self.assertTrue(text.endswith(" : no account of the shop"), text)

    def test_what_connection_has_not_committed_is_seen_under_rollback(self):
        self.db.connection.cursor().execute("update accounts set balance = 1 where id = 7")

        self.assertRow(self.db, "accounts", {"id": 7}, balance=1)

    def test_a_failure_leaves_the_codes_transaction_as_it_is(self):
        cursor = self.db.connection.cursor()
        cursor.execute("update accounts set balance = 1 where id = 7")

        self.failure(self.assertRow, "accounts", {"id": 70, "owner": "Eve"}, balance="much")

        self.db.connection.commit()
        self.assertRow(self.db, "accounts", {"id": 7}, balance=1)


@also_with_psycopg
@on_every_provider
class PostgresConformanceAssertNoRow:
    db = Postgres(migrations=bank)

    def test_no_row(self):
        self.assertNoRow(self.db, "empty")
        self.assertNoRow(self.db, "accounts", {"owner": "Eve"})
        self.assertNoRow(self.db, "accounts", {"owner": dirty_equals.IsStr(regex="E.*")})
        self.assertNoRow(self.db, "accounts", ("balance < %s", [0]))

    def test_a_row_is_shown(self):
        self.db.execute("insert into empty select n, 'row' from generate_series(1, 5) n")

        self.assertEqual(
            """\
5 rows of empty, where none was expected
  - id=1, name='row'
  - id=2, name='row'
  - id=3, name='row'""",
            self.failure(self.assertNoRow, "empty"),
        )
        self.assertEqual(
            "1 row of empty where id=4, where none was expected\n  - id=4, name='row'",
            self.failure(self.assertNoRow, "empty", {"id": 4}),
        )

    def test_a_count(self):
        self.assertCount(self.db, "accounts", 3)
        self.assertCount(self.db, "accounts", 1, {"owner": None})
        self.assertCount(self.db, "accounts", 2, {"owner": dirty_equals.IsStr})
        self.assertCount(self.db, "accounts", dirty_equals.IsInt(gt=1), "balance < 100")

    def test_another_count_shows_the_rows(self):
        self.db.execute("insert into empty values (1, 'a'), (2, 'a'), (3, 'b'), (4, 'a'), (5, 'a')")

        self.assertEqual(
            """\
4 rows of empty where name='a', expected 2
  - name='a', id=1
  - name='a', id=2
  - name='a', id=4
  - ... and 1 more""",
            self.failure(self.assertCount, "empty", 2, {"name": "a"}),
        )
        self.assertEqual(
            """\
0 rows of empty where id=3, name='a', expected 1
  5 rows in all, the nearest:
  - id=2, name='a'
      id: 2, expected 3
  - id=4, name='a'
      id: 4, expected 3
  - id=1, name='a'
      id: 1, expected 3""",
            self.failure(self.assertCount, "empty", 1, {"id": 3, "name": "a"}),
        )


@also_with_psycopg
@on_every_provider
class PostgresConformanceAssertRows:
    db = Postgres(migrations=bank)
    expected = ({"id": 9, "owner": None}, {"id": 7, "owner": "Ada"}, {"id": 8, "owner": "Bob"})

    def test_rows_in_any_order_by_key_or_without(self):
        self.assertRows(self.db, "accounts", self.expected, key="id")
        self.assertRows(self.db, "accounts", self.expected, key=("id", "owner"))
        self.assertRows(self.db, "accounts", self.expected)
        self.assertRows(self.db, "empty", [])
        self.assertRows(self.db, "accounts", [{"id": 7}], where={"owner": "Ada"})

    def test_tuples(self):
        rows = [(8, "Bob"), (7, "Ada"), (9, None)]
        self.assertRows(self.db, "accounts", rows, columns=("id", "owner"), key="id")
        self.db.execute("insert into empty values (1, 'a'), (2, 'b')")
        found = self.assertRows(self.db, "empty", [(2, "b"), (1, "a")])
        self.assertEqual({1, 2}, {row.id for row in found})

    def test_matchers_find_their_rows(self):
        anything = {"id": mock.ANY, "owner": mock.ANY}
        self.assertRows(self.db, "accounts", [anything, anything, {"id": 7, "owner": "Ada"}])
        self.assertRows(self.db, "accounts", [{"owner": mock.ANY}] * 2 + [{"owner": "Bob"}])

    def test_missing_unexpected_and_different_rows_are_shown_with_and_without_a_key(self):
        self.db.execute("insert into empty values (1, 'a'), (2, 'b'), (3, 'c')")
        rows = [(1, "a"), (2, "B"), (4, "d")]
        said = """\
the rows of empty are not as expected
  1 missing:
  - id=4, name='d'
  1 unexpected:
  - id=3, name='c'
  1 different:
  - id=2, name='b'
      name: 'b', expected 'B'"""

        self.assertEqual(said, self.failure(self.assertRows, "empty", rows, key="id"))
        self.assertEqual(said, self.failure(self.assertRows, "empty", rows))  # the nearest

    def test_a_row_twice_is_unexpected(self):
        self.db.execute("insert into audit.log values ('a'), ('a')")

        text = self.failure(self.assertRows, "audit.log", [("a",)], key="line", columns=["line"])

        self.assertIn("1 unexpected:\n  - line='a'", text)

    def test_far_too_many_rows_are_counted_and_not_fetched(self):
        self.db.execute("insert into empty select n from generate_series(1, 10000) n")

        text = self.failure(self.assertRows, "empty", [{"id": 1}], key="id")

        self.assertIn("10000 rows of empty, expected 1\n", text)
        self.assertIn("  - ... and 9997 more", text)

    def test_arguments_that_cannot_be_used(self):
        for arguments, options, message in (
            ([(1,)], {}, r"\(1,\) is no row of the columns id, name"),
            (["ab"], {}, "'ab' is no row"),
            ([{"name": "a"}], {"key": "id"}, "has no 'id', its key"),
            ([{"id": 1}, {"id": 1}], {"key": "id"}, r"two .* have the key \(1,\)"),
            ([{"id": []}], {"key": "id"}, "cannot be looked up"),
        ):
            with self.subTest(arguments), self.assertRaisesRegex(ConfigurationError, message):
                self.assertRows(self.db, "empty", arguments, **options)


@also_with_psycopg
@on_every_provider
class PostgresConformanceLargeTables:
    db = Postgres(migrations=bank)

    def setUp(self):
        self.db.execute("insert into empty select n, 'name ' || n from generate_series(1, 10000) n")

    def test_the_nearest_of_many_rows_has_the_most_equal_columns(self):
        text = self.failure(self.assertRow, "empty", {"id": 7777, "name": "nobody"})

        self.assertIn("10000 rows in all, the nearest of 100 that were compared:\n", text)
        self.assertIn("  - id=7777, name='name 7777'\n", text)

    def test_what_the_server_cannot_compare_does_not_disturb_the_search(self):
        self.db.connection.cursor().execute("update empty set name = 'changed' where id = 7")

        for name in (5, mock.sentinel.name, True, b"name"):
            text = self.failure(self.assertRow, "empty", {"id": 7777}, name=name)
            self.assertIn("  - id=7777, name='name 7777'\n", text)
            text = self.failure(self.assertRow, "empty", ("id = %s", [0]), id=7777, name=name)
            self.assertIn("  - id=7777, name='name 7777'\n", text)

        self.db.connection.commit()
        self.assertRow(self.db, "empty", {"id": 7}, name="changed")

    def test_a_failure_is_the_same_every_time(self):
        texts = {self.failure(self.assertRow, "empty", {"name": "nobody"}) for _ in range(3)}

        self.assertEqual(1, len(texts))

    def test_a_matcher_alone_is_refused_where_too_many_rows_would_be_fetched(self):
        self.db.execute("insert into empty values (0)")

        with self.assertRaisesRegex(ConfigurationError, "more than 10000 rows of empty"):
            self.assertNoRow(self.db, "empty", {"name": dirty_equals.IsStr(regex="x")})
        self.assertRow(self.db, "empty", {"id": 5, "name": dirty_equals.IsStr(regex="name .")})

    def test_all_its_rows_are_compared_by_key_and_by_value(self):
        rows = [{"id": n, "name": f"name {n}"} for n in range(10000, 0, -1)]
        self.assertRows(self.db, "empty", rows, key="id")
        self.assertRows(self.db, "empty", rows)


@also_with_psycopg
@on_every_provider
class PostgresConformanceOtherIsolations:
    committed = Postgres(migrations=bank, isolation="commit")
    read = Postgres(migrations=bank, isolation="readonly")

    def test_rows_of_every_isolation(self):
        for lease in (self.committed, self.read):
            self.assertRow(lease, "accounts", {"id": 7}, owner="Ada")
            with self.assertRaisesRegex(AssertionError, "did you mean accounts"):
                self.assertNoRow(lease, "acounts")
