"""`isolation="commit"`: what a test has created is dropped; what was altered, replaced.

That everything is put back is shown by the kinds of statements; here it is told which way is taken.
"""

import psycopg

from harness import HarnessTestCase, Postgres
from harness.services.postgres.commit.repair import MOST_UNDONE
from tests.integration.inner import run_inner
from tests.integration.providers import environment, on_every_provider_and_role, on_one_python
from tests.integration.shop import shop

NUMBER = "select oid::int8 from pg_database where datname = current_database()"
LEFT = """
select (select count(*) from pg_class where relname ~ '^left_')
     + (select count(*) from pg_type where typname ~ '^left_')
     + (select count(*) from pg_proc where proname ~ '^left_')
     + (select count(*) from pg_namespace where nspname ~ '^left_')
"""
CREATED = (
    "create table left_over (id serial primary key, name text unique)",
    "create table left_over as select * from items",
    "create table left_child (item integer references items); insert into left_child values (null)",
    "create view left_view as select * from items",
    "create materialized view left_view as select * from items; create index on left_view (name)",
    "create sequence left_sequence; select nextval('left_sequence')",
    "create type left_kind as enum ('a', 'b'); create type left_pair as (a left_kind, b int)",
    "create domain left_price as numeric check (value > 0)",
    "create function left_one() returns int language sql as 'select 1'",
    "create procedure left_two() language sql as 'select 1'",
    "create schema left_schema; create table left_schema.left_table (id integer)",
    "create table left_all (id int) partition by range (id); "
    "create table left_some partition of left_all for values from (1) to (9)",
    "create function left_f() returns trigger language plpgsql as 'begin return new; end'; "
    "create trigger left_trigger after insert on items for each row execute function left_f()",
    "create table left_over (id int); insert into items (name) values ('a'); drop table left_over",
)
ALTERED = (
    "alter table items add column colour text",
    "create index left_index on items (price)",
    "create table left_over (id int); drop table items cascade",
    "create view left_view as select * from items; create or replace view cheap as "
    "select i.* from items i join left_view using (id)",
)


class Changing:
    """Runs changes, each in a test of its own."""

    needed = Postgres(migrations=shop, isolation="commit")

    def numbers_after(self, *changes):
        """Return the number of the database before each change, and after the last."""
        numbers = []
        outer = self

        class Case(HarnessTestCase):
            environment = outer.environment
            db = type(outer).needed

            def setUp(self):
                outer.assertEqual(0, self.db.value(LEFT))
                outer.assertEqual(0, self.db.count("items"))
                outer.assertEqual(0, self.db.value("select count(*) from cheap"))
                numbers.append(self.db.value(NUMBER))

            def test_z(self):
                pass

        for at, change in enumerate(changes):
            setattr(Case, f"test_{at:04}", lambda case, change=change: self.change(case, change))
        self.assertEqual([], run_inner(Case).raised)
        return numbers

    def change(self, case, change):
        with psycopg.connect(case.db.dsn, autocommit=True) as connection:
            connection.execute(change)


@on_every_provider_and_role
class PostgresConformanceCreated(Changing):
    def test_what_was_created_is_dropped_from_the_same_database(self):
        self.assertEqual(1, len(set(self.numbers_after(*CREATED))))

    def test_what_was_altered_takes_a_new_database(self):
        numbers = self.numbers_after(*ALTERED)

        self.assertEqual(len(ALTERED) + 1, len(set(numbers)))


@on_one_python
class OftenTest(Changing, HarnessTestCase):
    environment = environment("embedded")

    def test_a_new_database_is_taken_before_the_catalogs_are_full_of_dead_rows(self):
        creations = ["create table left_over (id integer)"] * (MOST_UNDONE + 2)
        _, *numbers = self.numbers_after("alter table items add column colour text", *creations)

        self.assertEqual(2, len(set(numbers)))
        self.assertEqual(numbers[0], numbers[MOST_UNDONE])
