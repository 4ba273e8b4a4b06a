"""The structure of an SQLite database, and every change of it."""

import sqlite3
import unittest

from harness.data import sqlite_catalog

SCHEMA = """
create table kinds (name text primary key);
create table items (
    id integer primary key autoincrement, name varchar(40) not null default 'x' collate nocase,
    "odd, name" text, kind text references kinds on delete cascade,
    price integer constraint positive check (price >= 0), twice integer as (price * 2) stored,
    unique (name, kind), check (name <> ''), foreign key (name) references kinds (name)
);
create index by_kind on items (kind) where kind is not null;
create view cheap as select * from items where price < 10;
create trigger t after insert on items begin delete from kinds; end;
"""
CHANGES = (
    ("alter table items add column more text", "+ column items.more text"),
    ("alter table items rename column price to cost", "+ column items.cost integer"),
    ("drop index by_kind", "- index by_kind on items"),
    ("drop view cheap", "- view cheap"),
    ("drop trigger t", "- trigger t on items"),
    ("create table strange (a any, b) ", "+ table strange"),
    ("create unique index one on items (name)", "+ index one on items"),
)
REMADE = (
    ("varchar(40)", "varchar(50)", "+ column items.name varchar(50)"),
    ("default 'x'", "default 'y'", "default 'y'"),
    ("collate nocase", "", "- column items.name varchar(40) not null default 'x' collate nocase"),
    ("name varchar(40) not null", "name varchar(40)", "+ column items.name varchar(40) default"),
    ("price >= 0", "price > 0", "+ check positive on items price > 0"),
    ("(name <> '')", "(name <> 'y')", "- check name <> ''"),
    ("unique (name, kind)", "unique (kind, name)", "+ unique (kind, name) on items"),
    ("on delete cascade", "", "on delete no action"),
    ("cascade,", "cascade deferrable initially deferred,", "deferrable"),
    ("price * 2", "price * 3", "price * 3"),
    (" autoincrement", "", "- table items autoincrement"),
)


class CatalogTest(unittest.TestCase):
    def catalog(self, *scripts):
        connection = sqlite3.connect(":memory:")
        self.addCleanup(connection.close)
        for script in scripts:
            connection.executescript(script)
        return sqlite_catalog.read(lambda sql: connection.execute(sql).fetchall())

    def test_the_same_schema_twice_does_not_differ(self):
        self.assertEqual([], self.catalog(SCHEMA).difference(self.catalog(SCHEMA)))

    def test_every_change_is_seen(self):
        for change, expected in CHANGES:
            with self.subTest(change):
                lines = self.catalog(SCHEMA).difference(self.catalog(SCHEMA, change))
                self.assertTrue(any(line.startswith(expected) for line in lines), lines)

    def test_every_word_of_a_table_counts(self):
        for before, after, expected in REMADE:
            with self.subTest(before, after=after):
                self.assertIn(before, SCHEMA)
                remade = SCHEMA.replace(before, after, 1)
                lines = self.catalog(SCHEMA).difference(self.catalog(remade))
                self.assertTrue(any(expected in line for line in lines), lines)

    def test_what_was_taken_back_does_not_differ(self):
        for there, back in (
            ("alter table items add column more text", "alter table items drop column more"),
            ("alter table kinds rename to sorts", "alter table sorts rename to kinds"),
            ("alter table items rename price to cost", "alter table items rename cost to price"),
            ("create table a (id integer primary key autoincrement)", "drop table a"),
        ):
            with self.subTest(there):
                again = self.catalog(SCHEMA, there, back)
                self.assertEqual([], self.catalog(SCHEMA).difference(again))

    def test_columns_that_have_to_be_filled(self):
        connection = sqlite3.connect(":memory:")
        self.addCleanup(connection.close)
        connection.executescript(
            'create table "Odd" (id integer primary key, a text not null, b text not null '
            "default '', c text, d integer not null as (id) stored)"
        )

        found = sqlite_catalog.unfilled(lambda sql: connection.execute(sql).fetchall())

        self.assertEqual([('"Odd"', "a")], found)
