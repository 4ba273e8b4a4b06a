"""Rows made in PostgreSQL."""

import datetime
import enum
import random
import uuid
from decimal import Decimal

from harness import Environment, Postgres, Store
from harness.errors import MakeError
from tests.data import schemas
from tests.integration.providers import (
    PROVIDERS,
    environment,
    on,
    on_every_provider,
    on_every_store,
    on_one_python,
)

TABLES = """
select relname from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname
"""


class Filled:
    """What fills the tables of one schema."""

    def tables(self):
        return self.db.table_names()

    def test_every_table_takes_a_row(self):
        for table in self.tables():
            with self.subTest(table):
                row = self.db.make(table)
                self.assertEqual(self.db.columns(table), row.columns)


@on_every_provider
class PostgresConformanceMakePagila(Filled):
    db = Postgres(migrations=schemas.pagila)

    def tables(self):
        return [name for (name,) in self.db.rows(TABLES)]

    def test_a_payment_falls_into_a_partition(self):
        payment = self.db.make("payment")
        april = self.db.make("payment_p2022_04")
        self.db.make("payment", payment_date="2022-03-09 00:00+00")

        self.assertEqual(2022, payment.payment_date.year)
        self.assertEqual(4, april.payment_date.month)
        self.assertEqual(1, self.db.count("payment_p2022_03") - (payment.payment_date.month == 3))

    def test_relatives_of_one_row_are_shared(self):
        rental = self.db.make("rental")

        self.assertEqual([1] * 3, [self.db.count(t) for t in ("customer", "inventory", "store")])
        self.assertEqual(rental.customer_id, self.db.value("select customer_id from customer"))

    def test_a_view_is_refused(self):
        with self.assertRaisesRegex(MakeError, "film_list is a view: rows are made in tables"):
            self.db.make("film_list")
        with self.assertRaisesRegex(MakeError, "rental_by_category is a materialized view"):
            self.db.make("rental_by_category")


@on_every_store
class StoreConformanceMakeChinook(Filled):
    db = Store(migrations=schemas.chinook)


@on_every_store
class StoreConformanceMakeNorthwind(Filled):
    db = Store(migrations=schemas.northwind)


@on_every_provider
class PostgresConformanceMakeAlerts(Filled):
    db = Postgres(migrations="samples/alerts/migrations")


class Many:
    """The same, fifty times, and with ten seeds: where it runs makes no difference."""

    services = tuple(
        Postgres(migrations=migrations, name="many")
        for migrations in (schemas.pagila, schemas.chinook, schemas.northwind)
    )

    def test_every_table_takes_many_rows(self):
        for service in self.services:
            with self.environment.lease(service) as db:
                for (table,) in db.rows(TABLES):
                    count = 20 if table.startswith("payment_") else 50
                    with self.subTest(table):
                        self.assertEqual(count, len(db.make_many(table, count)))

    def test_every_seed_succeeds_and_draws_the_same_again(self):
        for service in self.services:
            for seed in range(10):
                with self.subTest(service=service.label, seed=seed):
                    drawn = self.fill(service, seed)
                    self.assertEqual(drawn, self.fill(service, seed) if seed < 3 else drawn)

    def fill(self, service, seed):
        with self.environment.lease(service) as db:
            db.rng = random.Random(seed)
            rows = {table: db.make(table) for (table,) in db.rows(TABLES)}
            return {table: self.drawn(row) for table, row in rows.items()}

    def drawn(self, row):
        """Return the texts and numbers of a row: a sequence goes on, and so does the time."""
        return [value for value in row if isinstance(value, str | Decimal)]


on(on_one_python(Many), PROVIDERS[-1])


def edges(db):
    for statement in EDGES:
        db.execute(statement)


EDGES = (
    "create type mood as enum ('sad', 'ok', 'happy')",
    "create domain zip as text check (value ~ '^[0-9]{5}$')",
    "create domain short_zip as zip not null check (value < '5')",
    "create type point3 as (x int, y numeric(4, 1), label varchar(3))",
    "create table types (a int[] not null, b jsonb not null, c int4range not null, "
    " d uuid not null, e bytea not null, f inet not null, g interval not null, h time not null, "
    " i money not null, j bit(5) not null, k tsvector not null, l xml not null, m point not null, "
    " n char(3) not null primary key, o numeric not null, p float4 not null, q mood[] not null, "
    " r zip[] not null, s tstzrange not null, t nummultirange not null, u point3 not null, "
    " v boolean not null, w date not null, x varchar(3)[] not null, y short_zip, "
    " z timetz not null, aa cidr not null, ab macaddr not null, ac varbit not null, "
    " ad smallint not null, "
    ' ae json not null, af oid not null, ag "char" not null, ah name not null, ai circle not null, '
    " aj path not null, ak polygon not null, al box not null, am lseg not null, an line not null, "
    " ao pg_lsn not null, ap tsquery not null, aq jsonpath not null, at numeric(3, -2) not null)",
    "create table nodes (id int generated always as identity primary key, "
    " parent_id int not null references nodes)",
    "create table checks (id int generated always as identity primary key, "
    " a int not null check (a between 5 and 7), b text not null check (b in ('x', 'y')), "
    " c text not null check (char_length(c) = 3 and c = upper(c)), "
    " d text not null check (d like 'SKU-____'), e text not null check (e ~ '^[A-Z]{2}-[0-9]+$'), "
    " starts timestamptz not null, ends timestamptz not null, "
    " check (starts < ends and ends - starts <= interval '2 days'), "
    " f numeric(5, 4) not null check (f > 0 and f < 0.01), g int not null check (g % 7 = 0), "
    " h int[] not null check (cardinality(h) between 3 and 4), "
    " i boolean not null check (not i), kind text not null, j int, k int, "
    " check ((kind = 'j' and j is not null and k is null) or (kind = 'k' and k > 3 and j is null)),"
    " born date not null check (born <= current_date - interval '18 years'), "
    " l text[] not null check (l <@ array['red', 'blue']), "
    " status text not null default 'new' check (status <> ''), "
    " check (num_nonnulls(m, n) = 1), m int, n int, "
    " o jsonb not null check (jsonb_typeof(o) = 'array'), "
    " p timestamptz not null default now(), q timestamptz not null check (q > p), "
    " r int not null default 5 check (r > 10), "
    " s text not null check (s similar to '(ab|c_)%'), "
    " t int not null, u int not null, v int not null, check (t < u and u < v and v <= 12), "
    " w int4range not null check (lower(w) > 500 and not isempty(w)), "
    " x jsonb not null check (x ->> 'kind' = 'a' or not (x ? 'kind')), "
    " y text not null check (y ~* '^[a-z0-9._%+-]+@[a-z-]+[.][a-z]+$'), "
    " ref int references nodes, check (case when kind = 'j' then ref is not null else true end), "
    " aa int, bb int not null, check ((aa is null) = (bb is null)))",
    "create table uniques (a mood not null, b boolean not null, unique (a, b), "
    " c smallint not null default 1 unique, d varchar(2) not null)",
    "create unique index on uniques (lower(d))",
    "create table bookings (room int not null, during tstzrange not null, "
    " exclude using gist (during with &&))",
    "create table tenants (id int primary key, name text not null)",
    "create table members (tenant_id int not null references tenants, id int not null, "
    " name text not null, boss_id int, primary key (tenant_id, id), "
    " foreign key (tenant_id, boss_id) references members)",
    "create table notes (id serial primary key, tenant_id int not null references tenants, "
    " author_id int not null, reader_id int not null, "
    " foreign key (tenant_id, author_id) references members, "
    " foreign key (tenant_id, reader_id) references members, check (author_id <> reader_id))",
    "create table profiles (member_tenant int, member_id int, "
    " primary key (member_tenant, member_id), "
    " foreign key (member_tenant, member_id) references members (tenant_id, id))",
    "create table codes (code text unique, country text not null default 'CH')",
    "create table prices (code text not null references codes (code), amount numeric not null, "
    " gross numeric generated always as (amount * 2) stored, country text)",
    "create table base (id serial primary key, label text not null)",
    "create table derived (extra int not null check (extra > 3)) inherits (base)",
    "create table events (kind text not null, at timestamptz not null default now(), n int) "
    " partition by list (kind)",
    "create table events_a partition of events for values in ('a1', 'a2')",
    "create table events_b partition of events for values in ('b') partition by range (n)",
    "create table events_b1 partition of events_b for values from (10) to (20)",
    "create table hashed (id uuid not null, v int not null) partition by hash (id)",
    "create table hashed0 partition of hashed for values with (modulus 2, remainder 0)",
    "create table hashed1 partition of hashed for values with (modulus 2, remainder 1)",
    "create table empty (id int not null) partition by range (id)",
    'create schema "Odd"',
    'create table "Odd"."Order" ("Id" serial primary key, "select" text not null unique)',
    'create table "Odd".lines (order_id int not null references "Odd"."Order")',
    "create table chicken (id serial primary key, egg_id int not null)",
    "create table egg (id serial primary key, chicken_id int not null references chicken)",
    "alter table chicken add foreign key (egg_id) references egg",
    "create table ring_a (code char(4) primary key check (code ~ '^[A-Z]{4}$'), "
    " b_id uuid not null)",
    "create table ring_c (id bigserial primary key, a_code char(4) not null references ring_a)",
    "create table ring_b (id uuid primary key default gen_random_uuid(), "
    " c_id bigint not null references ring_c)",
    "alter table ring_a add foreign key (b_id) references ring_b",
    "create table knot_a (id int primary key, b_id int not null)",
    "create table knot_b (id int primary key references knot_a)",
    "alter table knot_a add foreign key (b_id) references knot_b",
    "create table ranks (id serial primary key, "
    " rank int not null check (rank < 40) unique deferrable initially immediate)",
    "create function mystery(text) returns boolean language sql immutable as "
    " $$ select $1 ~ 'q' $$",
    "create function impossible(text) returns boolean language sql immutable as $$ select false $$",
    "create table odd (a text not null check (mystery(a)))",
    "create table never (a text not null, b int not null, check (impossible(a)))",
    "create table narrow (a int not null check (a > 5 and a < 3))",
    "create table days (day text primary key check (day in ('mo', 'tu')))",
    "create table shifts (day text not null references days, staff text not null)",
    'create table sorted (a text not null collate "und-x-icu", '
    ' b text not null collate "und-x-icu", check (a < b))',
    "create table silent (a int)",
    "create function swallow() returns trigger language plpgsql as  $$ begin return null; end $$",
    "create trigger swallow before insert on silent for each row execute function swallow()",
)


@on_every_provider
class PostgresConformanceMake:
    db = Postgres(migrations=edges)

    def test_every_type_is_drawn(self):
        rows = self.db.make_many("types", 20)

        self.assertEqual(20, len({row.n for row in rows}))
        self.assertTrue(all(row.y < "5" for row in rows if row.y))

    def test_checks_are_met(self):
        for row in self.db.make_many("checks", 30):
            self.assertIn(row.kind, "jk")
            self.assertGreater(row.r, 10)
            self.assertEqual(0, row.g % 7)
            self.assertEqual("new", row.status)
            self.assertTrue(row.t < row.u < row.v <= 12)
            self.assertTrue(row.kind == "k" or row.ref is not None)

    def test_what_is_given_is_taken_and_the_rest_follows_it(self):
        noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
        row = self.db.make("checks", ends=noon, a=6, kind="k", c="ABC", h=[1, 2, 3], o=[{"x": 1}])

        self.assertEqual(
            (noon, 6, "k", "ABC", [1, 2, 3]), (row.ends, row.a, row.kind, row.c, row.h)
        )
        self.assertEqual([{"x": 1}], row.o)
        self.assertLess(row.starts, noon)
        self.assertIsNone(row.j)

    def test_given_values_of_every_kind_are_written(self):
        key = uuid.uuid4()
        row = self.db.make(
            "types", d=key, e=b"\x00\xff", g=datetime.timedelta(days=2, seconds=1), v=True,
            a=[[1, 2], [3, 4]], b={"a": [None]}, x=['a"b', None, "\\"], u=(1, Decimal("2.5"), 'a"'),
            c=(3, 9), t=[(1, 2), (5, 7)], p=0.5, k="word", w=datetime.date(2020, 2, 29), q=["ok"],
        )  # fmt: skip

        self.assertEqual((key, b"\x00\xff", True), (row.d, row.e, row.v))
        self.assertEqual(([[1, 2], [3, 4]], {"a": [None]}), (row.a, row.b))
        self.assertEqual((['a"b', None, "\\"], '(1,2.5,"a""")'), (row.x, row.u))
        self.assertEqual(datetime.timedelta(days=2, seconds=1), row.g)
        self.assertEqual((3, 9), (row.c.lower, row.c.upper))
        self.assertEqual([(1, 2), (5, 7)], [(span.lower, span.upper) for span in row.t])

    def test_unique_values_are_drawn_until_there_are_none_left(self):
        pairs = {(row.a, row.b) for row in self.db.make_many("uniques", 6)}

        self.assertEqual(6, len(pairs))
        with self.assertRaisesRegex(MakeError, "uniques has a row like every one of 100") as raised:
            self.db.make("uniques")
        self.assertIn('give it: make("uniques", a=..., b=...)', raised.exception.hint)
        self.assertIn("uniques_a_b_key", raised.exception.cause)

    def test_a_deferrable_unique_constraint_is_kept(self):
        self.assertEqual(30, len({row.rank for row in self.db.make_many("ranks", 30)}))

    def test_an_exclusion_constraint_is_kept(self):
        self.assertEqual(5, len(self.db.make_many("bookings", 5)))

    def test_a_row_or_its_key_stands_for_the_parent(self):
        tenant = self.db.make("tenants", id=7, name="acme")

        for given in ({"tenant_id": tenant}, {"tenant": 7}, {"tenants": tenant}, {"tenant_id": 7}):
            with self.subTest(given):
                self.assertEqual(7, self.db.make("members", **given).tenant_id)
        self.assertEqual(1, self.db.count("tenants"))

    def test_parents_of_several_columns_agree_with_each_other(self):
        note = self.db.make("notes")
        author = self.db.make("members")
        other = self.db.make("notes", author=author)

        self.assertEqual(
            1,
            self.db.value(
                "select count(distinct tenant_id) from members where tenant_id = %s",
                [note.tenant_id],
            ),
        )
        self.assertEqual((author.tenant_id, author.id), (other.tenant_id, other.author_id))
        self.assertNotEqual(other.author_id, other.reader_id)

    def test_a_reference_that_may_be_null_is_left_null(self):
        self.assertIsNone(self.db.make("members").boss_id)
        boss = self.db.make("members")
        worker = self.db.make("members", boss=boss)

        self.assertEqual((boss.tenant_id, boss.id), (worker.tenant_id, worker.boss_id))

    def test_one_to_one_gets_a_parent_of_its_own(self):
        rows = self.db.make_many("profiles", 3)

        self.assertEqual(3, len({(row.member_tenant, row.member_id) for row in rows}))

    def test_what_is_referred_to_is_drawn_though_it_may_be_null(self):
        price = self.db.make("prices", amount=3)

        self.assertEqual((price.code, "CH"), self.db.row("select * from codes"))
        self.assertEqual(6, price.gross)

    def test_inherited_tables(self):
        row = self.db.make("derived")

        self.assertGreater(row.extra, 3)
        self.assertEqual(1, self.db.count("base"))

    def test_partitions_of_every_kind(self):
        for row in self.db.make_many("events", 20):
            self.assertIn(row.kind, ("a1", "a2", "b"))
        for row in self.db.make_many("events", 5, kind="b"):
            self.assertTrue(10 <= row.n < 20)
        self.db.make_many("hashed", 5)
        with self.assertRaisesRegex(MakeError, "(?s)empty has no partition.*none was created"):
            self.db.make("empty")
        with self.assertRaisesRegex(MakeError, "(?s)events has no partition.*events_a: "):
            self.db.make("events", kind="nowhere")

    def test_names_that_have_to_be_quoted(self):
        order = self.db.make('"Odd"."Order"')
        line = self.db.make('"Odd".lines', order=order)

        self.assertEqual(order.Id, line.order_id)
        self.assertEqual("x", self.db.make('"Odd"."Order"', select="x")["select"])

    def test_a_condition_that_cannot_be_read_is_tried(self):
        self.assertIn("q", self.db.make("odd", a="q").a)
        with self.assertRaisesRegex(MakeError, "violates check constraint") as raised:
            self.db.make("never")
        self.assertIn("never_a_check: impossible(a)", str(raised.exception))
        self.assertIn("the condition cannot be read: impossible()", str(raised.exception))
        self.assertIn('give it: make("never", a=...)', str(raised.exception))

    def test_conditions_that_leave_nothing(self):
        with self.assertRaisesRegex(MakeError, "no value was found for narrow.a") as raised:
            self.db.make("narrow")
        self.assertIn("narrow_a_check: ((a > 5) AND (a < 3))", str(raised.exception))

    def test_given_values_that_break_a_condition(self):
        with self.assertRaisesRegex(MakeError, "violates check constraint") as raised:
            self.db.make("checks", a=9)
        self.assertIn("checks_a_check: ((a >= 5) AND (a <= 7))", str(raised.exception))
        self.assertIn("the values given break the condition", raised.exception.cause)

    def test_what_only_seems_to_break_a_condition_is_left_to_the_server(self):
        self.db.make("sorted", a="b", b="B")
        self.assertEqual(9, len(self.db.make_many("sorted", 9)))

    def test_an_enumeration_of_python_stands_for_its_value(self):
        kind = enum.Enum("Kind", {"LETTER": "y"})

        self.assertEqual("y", self.db.make("checks", b=kind.LETTER).b)

    def test_tables_that_need_each_other_first(self):
        chicken, egg = self.db.make("chicken"), self.db.row("select * from egg")

        self.assertEqual((egg.id, chicken.id), (chicken.egg_id, egg.chicken_id))
        self.assertEqual([1, 1], [self.db.count("chicken"), self.db.count("egg")])
        self.db.make("egg")
        self.assertEqual([2, 2], [self.db.count("chicken"), self.db.count("egg")])

    def test_longer_cycles_and_rows_that_need_themselves(self):
        first = self.db.make("ring_a")
        node = self.db.make("nodes")

        self.assertEqual([1, 1, 1], [self.db.count(f"ring_{name}") for name in "abc"])
        self.assertEqual(first.code, self.db.value("select a_code from ring_c"))
        self.assertEqual(node.id, node.parent_id)
        self.assertEqual(node.id, self.db.make("nodes").parent_id)

    def test_a_cycle_through_a_key_that_is_a_reference_itself(self):
        with self.assertRaisesRegex(MakeError, "knot_b -> knot_a -> knot_b: each") as raised:
            self.db.make("knot_b")
        self.assertIn('make("knot_a", b_id=...)', raised.exception.hint)

    def test_a_parent_that_cannot_be_made_is_taken_from_those_that_are_there(self):
        self.assertEqual(6, len(self.db.make_many("shifts", 6)))
        self.assertEqual(2, self.db.count("days"))

    def test_a_row_that_a_trigger_swallows(self):
        with self.assertRaisesRegex(MakeError, "the row for silent was not inserted"):
            self.db.make("silent")

    def test_mistyped_names(self):
        with self.assertRaisesRegex(MakeError, "(?s)there is no table check.*did you mean checks"):
            self.db.make("check")
        with self.assertRaisesRegex(MakeError, "(?s)prices has no column amuont.*mean amount"):
            self.db.make("prices", amuont=1)
        with self.assertRaisesRegex(MakeError, "computes the column gross"):
            self.db.make("prices", gross=1)
        with self.assertRaisesRegex(MakeError, "several foreign keys refer to members"):
            self.db.make("notes", members=self.db.make("members"))
        with self.assertRaisesRegex(MakeError, "tenant_id was given twice, with different values"):
            self.db.make("notes", tenant=-1, author=self.db.make("members"))
        with self.assertRaisesRegex(MakeError, "(?s)no row of members.*it has no tenant_id, id"):
            self.db.make("notes", author=self.db.make("ranks"))

    def test_what_the_server_refuses_is_explained(self):
        with self.assertRaisesRegex(MakeError, "(?s)foreign key.*key given belongs to no row"):
            self.db.make("members", tenant_id=99)
        with self.assertRaisesRegex(MakeError, "the server refused the row for tenants"):
            self.db.make("tenants", id="no number")
        self.db.make("tenants", id=1)
        with self.assertRaisesRegex(MakeError, "(?s)duplicate key.*in the table already"):
            self.db.make("tenants", id=1, name="again")

    def test_a_changed_structure_is_read_again(self):
        self.db.make("tenants")
        self.db.execute("alter table tenants add column plan text not null default 'a'")
        self.db.execute("alter table tenants add check (plan in ('a', 'b'))")
        self.db.execute("alter table tenants alter column plan drop default")

        self.assertIn(self.db.make("tenants").plan, "ab")
        self.db.execute("alter table tenants drop column name")
        self.assertEqual(("id", "plan"), self.db.make("tenants", plan="b").columns)

    def test_z_the_next_test_has_the_structure_as_it_was(self):
        self.assertNotIn("plan", self.db.make("tenants").columns)

    def test_identity_can_be_given(self):
        self.assertEqual(77, self.db.make("checks", id=77).id)

    def test_rows_follow_the_seed_of_the_test(self):
        first = self.db.make("tenants")
        self.db.rng = random.Random(3)
        drawn = self.db.make("tenants")
        self.db.truncate("tenants")
        self.db.rng = random.Random(3)

        self.assertEqual(drawn, self.db.make("tenants"))
        self.assertNotEqual(first, drawn)

    def test_what_the_code_rolls_back_leaves_what_was_made(self):
        connection = self.db.connection
        self.db.make("tenants")
        connection.cursor().execute("insert into tenants values (1, 'x')")
        connection.rollback()

        self.assertEqual(1, self.db.count("tenants"))

    def test_rows_are_a_part_of_the_transaction_that_the_code_has_open(self):
        connection = self.db.connection
        connection.cursor().execute("insert into tenants values (1, 'x')")
        self.db.make("members", tenant=1)
        self.assertEqual(3, len({row.rank for row in self.db.make_many("ranks", 3)}))
        self.assertEqual(25, len(self.db.make_many("ranks", 25)))
        connection.rollback()

        self.assertEqual([0, 0], [self.db.count("tenants"), self.db.count("ranks")])

    def test_a_refusal_in_a_transaction_that_the_code_has_open_is_told_all_the_same(self):
        connection = self.db.connection
        connection.cursor().execute("insert into tenants values (1, 'x')")
        with self.assertRaisesRegex(MakeError, "(?s)never_a_check.*cannot be read: impossible"):
            self.db.make("never")
        connection.rollback()

        self.assertEqual(0, self.db.count("tenants"))

    def test_types_of_extensions(self):
        self.requireCapability(self.db, "postgres.extension.citext", "postgres.extension.hstore")
        for name in ("citext", "hstore", "ltree", "cube"):
            self.db.execute(f"create extension {name}")
        self.db.execute(
            "create table extended (a citext not null unique check (a <> ''), "
            " b hstore not null, c ltree not null, d hstore[] not null)"
        )
        self.db.execute("create table cubes (a cube not null)")

        self.assertEqual("", self.db.make("extended").b)
        with self.assertRaisesRegex(MakeError, "(?s)cubes.a.*type cube are not known") as raised:
            self.db.make("cubes")
        self.assertIn('make("cubes", a=...)', raised.exception.hint)
        self.assertEqual("(1)", self.db.make("cubes", a="(1)").a)

    def test_a_table_of_this_test_alone(self):
        self.db.execute("create temporary table scratch (a varchar(4) not null)")

        self.assertEqual(4, len(self.db.make("scratch").a))


def seeded(db):
    """Make rows while the tables are not yet as they will be."""
    db.execute("create table logs (line text not null)")
    db.make_many("logs", 3)
    db.execute("alter table logs add column level text not null default 'info'")
    db.make("logs", level="seeded")


@on_every_store
class StoreConformanceMakeInMigrations:
    db = Store(migrations=seeded)

    def test_the_tables_are_read_as_they_became(self):
        self.assertEqual(4, len({row.line for row in self.db.rows("select * from logs")}))
        self.assertEqual("x", self.db.make("logs", level="x").level)


@on_every_provider
class PostgresConformanceMakeCommitted:
    db = Postgres(migrations=edges, isolation="commit")

    def test_rows_are_committed(self):
        self.db.make("members")
        cursor = self.db.connection.cursor()
        cursor.execute("select count(*) from members")

        self.assertEqual(1, cursor.fetchone()[0])


class SeedOfTheRun:
    def test_outside_a_test_the_runs_seed_decides(self):
        service, settings = Postgres(migrations=edges), environment(PROVIDERS[-1]).settings
        drawn = []
        for seed in (5, 5, 6):
            with Environment(settings, seed=str(seed)) as env, env.lease(service) as db:
                drawn.append(db.make("tenants"))

        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])


on(SeedOfTheRun, PROVIDERS[-1])
