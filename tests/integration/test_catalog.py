"""What a catalog tells of a database: every kind of object, and each change of one."""

from harness import Postgres
from harness.data.catalog import Catalog
from harness.data.statements import split
from tests.integration.migrated import on_one_provider
from tests.integration.providers import on_every_provider

OBJECTS = (
    ("schema", "create schema other"),
    ("schema", "grant usage on schema s to public"),
    ("table", "create table s.t (a int, b text)"),
    ("column", "alter table s.t add c numeric(5, 2) default 1.5 not null"),
    ("column", "alter table s.t alter c drop not null"),
    ("column", "alter table s.t alter c set default 2"),
    ("column", "alter table s.t alter c type numeric(6, 2)"),
    ("column", "alter table s.t add g int generated always as (a + 1) stored"),
    ("column", "alter table s.t add i int generated always as identity"),
    ("column", 'alter table s.t alter b type text collate "C"'),
    ("column", "grant select (a) on s.t to public"),
    ("comment on column", "comment on column s.t.a is 'first'"),
    ("table", "comment on table s.t is 'a table'"),
    ("table", "alter table s.t set (fillfactor = 70)"),
    ("table", "alter table s.t enable row level security"),
    ("table", "alter table s.t replica identity full"),
    ("table", "grant select on s.t to public"),
    ("constraint", "alter table s.t add primary key (a)"),
    ("constraint", "alter table s.t add constraint positive check (a > 0) not valid"),
    ("constraint", "alter table s.t validate constraint positive"),
    ("index", "create unique index on s.t (b) where a > 1"),
    ("sequence", "create sequence s.q increment 5"),
    ("sequence", "alter sequence s.q maxvalue 100 cycle"),
    ("view", "create view s.v as select a from s.t"),
    ("view", "create or replace view s.v as select a, b from s.t"),
    ("materialized view", "create materialized view s.m as select b from s.t"),
    ("function", "create function s.f() returns int language sql as 'select 1'"),
    ("function", "create or replace function s.f() returns int language sql as 'select 2'"),
    ("function", "revoke execute on function s.f() from public"),
    ("procedure", "create procedure s.p() language sql as 'select 1'"),
    ("aggregate", "create aggregate s.agg(int) (sfunc = int4pl, stype = int)"),
    (
        "function",
        "create function s.tr() returns trigger language plpgsql as 'begin return new; end'",
    ),
    ("trigger", "create trigger tr before insert on s.t for each row execute function s.tr()"),
    ("trigger", "alter table s.t disable trigger tr"),
    ("rule", "create rule r as on insert to s.v do instead nothing"),
    ("policy", "create policy p on s.t for select using (a > 1)"),
    ("policy", "alter policy p on s.t using (a > 2)"),
    ("type", "create type s.mood as enum ('a', 'b')"),
    ("type", "alter type s.mood rename value 'a' to 'z'"),
    ("type", "create type s.pair as (x int, y int)"),
    ("column", "alter type s.pair add attribute z int"),
    ("type", "create domain s.positive as int check (value > 0)"),
    ("type", "alter domain s.positive set default 1"),
    ("type", "create type s.span as range (subtype = int)"),
    ("statistics", "create statistics s.st on a, b from s.t"),
    ("operator", "create operator s.=== (leftarg = int, rightarg = int, function = int4pl)"),
    ("table", "create table s.parted (a int) partition by range (a)"),
    ("table", "create table s.part partition of s.parted for values from (0) to (9)"),
    ("table", "create table s.child () inherits (s.t)"),
    ("table", "create unlogged table s.u ()"),
    ("default privileges", "alter default privileges in schema s grant select on tables to public"),
)

# What only a superuser may make.
PRIVILEGED = (
    ("type", "create type s.pair as (x int, y int)"),
    ("cast", "create cast (s.pair as text) with inout"),
    (
        "function",
        "create function s.e() returns event_trigger language plpgsql as 'begin end'",
    ),
    ("event trigger", "create event trigger e on ddl_command_end execute function s.e()"),
    ("table", "create table s.t (a int)"),
    ("publication", "create publication p for table s.t"),
    ("foreign server", "create foreign data wrapper w; create server x foreign data wrapper w"),
    ("foreign table", "create foreign table s.f (a int) server x"),
)


class Changes:
    def catalog(self):
        self.db.execute("set search_path to ''")
        return Catalog.read(self.db.rows)

    def check(self, objects):
        """Check that each statement changes the catalog, in what it is about."""
        self.db.execute("create schema s")
        before = self.catalog()
        for kind, sql in objects:
            with self.subTest(sql):
                for part in split(sql):
                    self.db.execute(part.text)
                after = self.catalog()
                changed = {line[2:] for line in before.difference(after)}
                self.assertTrue(any(line.startswith(f"{kind} ") for line in changed), changed)
                before = after


@on_one_provider
class PostgresCatalog(Changes):
    db = Postgres()

    def test_what_only_a_superuser_may_make_is_told_too(self):
        self.requireCapability(self.db, "postgres.superuser")

        self.check(PRIVILEGED)


@on_every_provider
class PostgresConformanceCatalog(Changes):
    db = Postgres()

    def test_every_kind_of_object_and_of_change_is_told(self):
        self.check(OBJECTS)

    def test_what_is_made_and_removed_leaves_nothing(self):
        before = self.catalog()
        for sql in ("create schema s", *(sql for _, sql in OBJECTS)):
            self.db.execute(sql)
        self.assertGreater(len(before.difference(self.catalog())), 50)

        self.db.execute("drop schema s, other cascade")

        self.assertEqual([], before.difference(self.catalog()))

    def test_rights_that_were_given_and_taken_leave_nothing(self):
        self.db.execute("create schema s")
        self.db.execute("create table s.t (a int)")
        before = self.catalog()
        self.db.execute("grant select on s.t to public")
        self.db.execute("revoke select on s.t from public")

        self.assertEqual([], before.difference(self.catalog()))
