"""Rows made in SQLite."""

import random
import unittest

from harness.data.making.maker import RowMaker
from harness.data.making.sqlite import SqliteDialect
from harness.errors import MakeError
from tests.data import schemas
from tests.data.making.lite import Lite

TABLES = "select name from sqlite_master where type = 'table' order by name"


class SqliteTest(unittest.TestCase):
    def open(self, *statements, seed=1):
        db = Lite(statements)
        self.addCleanup(db.close)
        rng = random.Random(seed)
        maker = RowMaker(db, SqliteDialect(), lambda: rng)
        return db, lambda table, **columns: maker.make(table, columns)


class SchemasTest(SqliteTest):
    def test_every_table_of_every_schema_takes_a_hundred_rows(self):
        for name, count in (("pagila", 15), ("chinook", 11), ("northwind", 14)):
            db, make = self.open(*schemas.in_sqlite(name))
            self.assertEqual(count, len(db.rows(TABLES)))
            for (table,) in db.rows(TABLES):
                with self.subTest(f"{name}.{table}"):
                    before = db.value(f"select count(*) from {table}")
                    for _ in range(100):
                        make(table)
                    self.assertEqual(before + 100, db.value(f"select count(*) from {table}"))
            self.assertEqual([], db.rows("pragma foreign_key_check"))

    def test_the_same_seed_makes_the_same_rows(self):
        def fill(seed):
            db, make = self.open(*schemas.in_sqlite("pagila"), seed=seed)
            return [drawn(make(table)) for (table,) in db.rows(TABLES)]

        def drawn(row):
            """Return a row without what the database writes by its own clock."""
            return {name: row[name] for name in row.columns if name != "last_update"}

        self.assertEqual(fill(7), fill(7))
        self.assertNotEqual(fill(7), fill(8))


class TablesTest(SqliteTest):
    def test_conditions_in_the_statement_are_met(self):
        _, make = self.open(
            "create table items (Id integer primary key, [kind] text not null "
            " check (Kind in ('a', 'b')), n int not null, m int not null, "
            " code text not null check (code glob '[A-Z][0-9]*' and length(code) <= 6), "
            " share real not null check (share > 0 and share < 1), "
            ' flag boolean not null check (flag in (0, 1)), word text check (word <> "check ("), '
            " constraint ordered check (n < m and m <= 20)) -- a remark with check (0)"
        )
        rows = [make("ITEMS") for _ in range(50)]

        self.assertEqual({"a", "b"}, {row.kind for row in rows})
        self.assertTrue(all(row.n < row.m <= 20 and 0 < row.share < 1 for row in rows))
        self.assertEqual(list(range(1, 51)), [row.Id for row in rows])

    def test_types_are_written_as_sqlite_stores_them(self):
        _, make = self.open(
            "create table kinds (a date not null, b datetime not null, c decimal(6, 2) not null, "
            " d blob not null, e json not null, f varchar(3) not null unique, g boolean not null, "
            " h uuid not null, i time not null, j any_thing not null, k not null) "
        )
        row = make("kinds")

        self.assertRegex(row.a, r"^\d{4}-\d\d-\d\d$")
        self.assertRegex(row.b, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertIsInstance(row.c, (int, float))
        self.assertEqual((bytes, 3, "{}"), (type(row.d), len(row.f), row.e))

    def test_strict_tables_without_rowid_and_with_generated_columns(self):
        _, make = self.open(
            "create table strict (id integer primary key, a int not null, b real not null, "
            " c text not null, d blob not null, e any not null, f int as (a + 1) stored) "
            " strict, without rowid"
        )
        row = make("strict")

        self.assertEqual(row.a + 1, row.f)
        with self.assertRaisesRegex(MakeError, "the database computes the column f"):
            make("strict", f=1)

    def test_a_reference_to_a_primary_key_that_is_not_named(self):
        _, make = self.open(
            "create table Tenants (id text primary key)",
            "create table users (tenant text references tenants, id int, primary key (tenant, id))",
            "create table posts (tenant text not null, author int not null, "
            " foreign key (tenant, author) references users)",
        )
        tenant = make("tenants", id="acme")
        post = make("posts", tenant="acme")

        self.assertEqual(tenant.id, post.tenant)
        self.assertIsInstance(make("posts").author, int)

    def test_a_row_that_needs_one_of_its_own_table_refers_to_the_first_or_itself(self):
        _, make = self.open(
            "create table nodes (id integer primary key, parent int not null references nodes)",
            "create table words (word text primary key, root text not null references words)",
        )
        first, second, word = make("nodes"), make("nodes"), make("words")

        self.assertEqual([(1, 1), (2, 1)], [first, second])
        self.assertEqual(word.word, word.root)

    def test_tables_that_need_each_other_first(self):
        _, make = self.open(
            "create table chicken (id integer primary key, egg int not null references egg)",
            "create table egg (id integer primary key, layer int not null references chicken)",
        )
        with self.assertRaisesRegex(MakeError, "chicken -> egg -> chicken: each") as raised:
            make("chicken")

        self.assertIn('make("egg", layer=...)', raised.exception.hint)

    def test_a_table_that_is_known_costs_one_statement_for_each_row(self):
        db, make = self.open(
            "create table users (id integer primary key, name text not null unique)",
            "create table posts (id integer primary key, author int not null references users)",
        )
        make("posts")
        db.statements.clear()
        make("posts")

        self.assertEqual(
            ["insert into users", "insert into posts"], [s[:17] for s in db.statements]
        )

    def test_what_is_refused_is_explained(self):
        _, make = self.open(
            "create table odd (a text not null check (a || random() = 'x'), b int unique)",
            "create view seen as select * from odd",
        )
        with self.assertRaisesRegex(MakeError, "CHECK constraint failed") as raised:
            make("odd")
        self.assertIn("random", str(raised.exception))
        self.assertIn('make("odd", a=...)', str(raised.exception))
        with self.assertRaisesRegex(MakeError, "seen is a view"):
            make("seen")
        with self.assertRaisesRegex(MakeError, "(?s)no table od.*did you mean odd"):
            make("od")
