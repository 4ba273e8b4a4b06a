"""Snapshots: what is saved of a database, how it is masked, and what is restored of it."""

import hmac
import re
import tempfile
import zipfile
from pathlib import Path

from harness import Postgres
from harness.data.snapshots.archive import opened
from harness.data.snapshots.databases import read_url
from harness.data.snapshots.save import save
from harness.data.snapshots.wishes import Wishes
from harness.errors import SnapshotError
from tests.integration.migrated import Projects, on_one_provider
from tests.integration.providers import on_every_provider_and_role, on_one_python

ODD = 'shop."Odd Names"'
TABLES = ("users", "shop.orders", ODD, "events", "events_old", "visits", "parents", "children")
KEY = b"a key of these tests"


def shop(db):
    """Make the schema, with rows that a migration brings."""
    db.execute("create schema shop")
    db.execute("create type mood as enum ('good', 'bad')")
    db.execute("create domain short as varchar(8) not null")
    db.execute(
        """
        create table users (
            id serial primary key, email varchar(40) not null unique, name text, token uuid,
            balance numeric default 7, mood mood, boss int references users,
            shouted text generated always as (upper(name)) stored, favourite bigint
        )
        """
    )
    db.execute(
        """
        create table shop.orders (
            id bigint generated always as identity (start 100) primary key,
            buyer int not null references users deferrable initially deferred,
            buyer_email varchar(40) references users (email), moment timestamptz, code short
        )
        """
    )
    db.execute("comment on constraint orders_buyer_fkey on shop.orders is 'who pays'")
    db.execute("alter table users add foreign key (favourite) references shop.orders")
    db.execute('create table shop."Odd Names" ("The ""Key""" int, "a.b" bytea, spans int4range[])')
    db.execute("create table events (at date primary key, note text) partition by range (at)")
    db.execute(
        "create table events_old partition of events "
        "for values from ('2000-01-01') to ('2020-01-01')"
    )
    db.execute("create table events_new partition of events default")
    db.execute("create table visits (at date references events, id int)")
    db.execute("alter table visits add unique (id) deferrable initially deferred")
    db.execute("create sequence lone increment -2")
    db.execute("create table parents (id int, secret text)")
    db.execute("create table children (more int) inherits (parents)")
    db.execute("create table empty ()")
    db.execute("create materialized view totals as select count(*) as n from shop.orders")
    db.execute(
        "create function stamp() returns trigger language plpgsql as $$ begin raise 'fired'; end $$"
    )
    db.execute(
        "create trigger stamped before insert on shop.orders for each row execute function stamp()"
    )
    db.execute(
        "create trigger always before delete on shop.orders for each row execute function stamp()"
    )
    db.execute("alter table shop.orders disable trigger stamped")
    db.execute("alter table shop.orders enable always trigger always")
    db.execute("insert into users (email) values ('of@migrations')")


def filled(db):
    """Make the schema, with the rows of somebody's business."""
    shop(db)
    db.execute("delete from users")
    db.execute(
        r"""
        insert into users (id, email, name, token, mood, boss) values
        (3, 'ada@real.example', E'Ada\t\\N\n', '11111111-2222-3333-4444-555555555555', 'good', 5),
        (5, 'bob@real.example', null, null, null, 3)
        """
    )
    db.execute("select setval('users_id_seq', 40)")
    db.execute(
        "insert into shop.orders (buyer, buyer_email, moment, code) values "
        "(3, 'ada@real.example', '2024-02-29 12:00:00.123456+02', 'x'), (5, null, 'infinity', 'y')"
    )
    db.execute("update users set favourite = 101 where id = 3")
    db.execute("""insert into shop."Odd Names" values (1, '\\x00ff', '{"[1,2)",NULL}')""")
    db.execute("insert into events values ('2001-01-01', 'old'), ('2024-01-01', 'new')")
    db.execute("insert into visits values ('2024-01-01', 1), ('2001-01-01', 2)")
    db.execute("select nextval('lone')")
    db.execute("insert into parents values (1, 'p-secret')")
    db.execute("insert into children values (2, 'c-secret', 3)")
    db.execute("insert into empty default values")
    db.execute("refresh materialized view totals")


class Snapshots(Projects):
    def setUp(self):
        super().setUp()
        self.said = []

    def save(self, content=filled, path=None, **wishes):
        """Save a database that a function fills; return the file."""
        path = path or self.project() / "shop.dump"
        wanted = Wishes(**wishes)
        with type(self).environment.lease(self.declared(content)) as db:
            save(read_url(db.dsn), path, wanted, KEY, self.said.append, "0")
        return path

    def usual(self):
        """Return the whole, saved once for each provider: its templates are shared, too."""
        kind = type(self)
        if "saved" not in vars(kind):
            holder = tempfile.TemporaryDirectory()
            kind.addClassCleanup(holder.cleanup)
            kind.saved = self.save(path=Path(holder.name).resolve() / "shop.dump")
        return kind.saved

    def declared(self, content):
        return Postgres(migrations=content, isolation="commit")

    def restored(self, *, migrations=None, **wishes):
        """Return a lease on what was saved."""
        return self.lease(snapshot=self.save(**wishes), migrations=migrations)

    def refused(self, what, *arguments, **options):
        with self.assertRaises(SnapshotError) as raised:
            what(*arguments, **options)
        return str(raised.exception)

    def manifest(self, path):
        with opened(path) as archive:
            return archive.manifest

    def rows(self, db, table):
        return sorted(map(repr, map(tuple, db.rows(f"select * from {table}"))))


@on_every_provider_and_role
class PostgresConformanceSnapshots(Snapshots):
    def test_all_rows_come_back_with_and_without_migrations(self):
        with type(self).environment.lease(self.declared(filled)) as db:
            expected = {table: self.rows(db, table) for table in (*TABLES, "totals")}
        path = self.usual()
        for migrations in (None, shop):
            with self.subTest(migrations=migrations):
                db = self.lease(snapshot=path, migrations=migrations)
                for table, rows in expected.items():
                    self.assertEqual(rows, self.rows(db, table), table)
                self.assertEqual(1, db.count("empty"))

    def test_sequences_and_identity_go_on_where_they_were(self):
        path = self.usual()
        for migrations in (None, shop):
            with self.subTest(migrations=migrations):
                db = self.lease(snapshot=path, migrations=migrations)

                self.assertEqual(
                    41, db.value("insert into users (email) values ('new') returning id")
                )
                self.assertEqual(
                    102,
                    db.value("insert into shop.orders (buyer, code) values (3, '') returning id"),
                )
                self.assertEqual(-3, db.value("select nextval('lone')"))

    def test_what_was_paused_for_loading_is_as_the_migrations_made_it(self):
        look = """
            select pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint'), convalidated
            from pg_constraint where contype = 'f' order by 1
        """
        triggers = "select tgname, tgenabled from pg_trigger where not tgisinternal order by 1"
        plain = self.lease(migrations=shop)

        db = self.lease(snapshot=self.usual(), migrations=shop)

        for sql in (look, triggers):
            self.assertEqual(plain.rows(sql), db.rows(sql))

    def test_equal_values_are_equal_hashes_so_that_references_hold(self):
        db = self.restored(
            migrations=shop,
            masks={"users.email": "hash", "shop.orders.buyer_email": "hash", "users.token": "hash"},
        )

        self.assertEqual(
            [(3,)],
            db.rows("select u.id from users u join shop.orders o on o.buyer_email = u.email"),
        )
        self.assertEqual(0, db.value("select count(*) from users where email like '%@%'"))
        expected = hmac.new(KEY, b"ada@real.example", "sha256").hexdigest()[:40]
        self.assertEqual(expected, db.value("select email from users where id = 3"))
        self.assertNotIn("1111", str(db.value("select token from users where id = 3")))
        self.assertIsNone(db.value("select token from users where id = 5"))

    def test_seeds_come_after_the_snapshot(self):
        seed = self.project() / "users.csv"
        seed.write_text("email\ncsv\n")

        db = self.lease(snapshot=self.usual(), migrations=shop, seeds=(seed,))

        self.assertEqual(41, db.value("select id from users where email = 'csv'"))


@on_one_provider
@on_one_python
class PostgresMasks(Snapshots):
    def test_no_real_value_reaches_the_file(self):
        path = self.save(
            masks={
                "*.email": "hash",
                "orders.buyer_email": "hash",
                "users.name": "fake:name",
                "events.note": "constant:said",
            },
            left_out=("parents.secret",),
        )

        with zipfile.ZipFile(path) as file:
            content = b"".join(map(file.read, file.namelist()))
        for real in (b"real.example", b"Ada", b"p-secret", b"c-secret", b"\told", b"\tnew"):
            with self.subTest(real.decode()):
                self.assertFalse(real in content)  # whose bytes are too many to be shown
        self.assertTrue(b"2001-01-01\tsaid" in content)

    def test_a_fake_is_the_same_for_the_same_value_and_key(self):
        names = []
        for key in ("same", "same", "other"):
            masks = {"orders.buyer_email": "fake:email", "users.email": "fake:email"}
            wanted = Wishes(masks={**masks, "users.name": "fake:name"})
            path = self.project() / "shop.dump"
            with type(self).environment.lease(self.declared(filled)) as db:
                save(read_url(db.dsn), path, wanted, key.encode(), self.said.append, "0")
            db = self.lease(snapshot=path)
            names.append(
                [tuple(row) for row in db.rows("select name, email from users order by id")]
            )

        self.assertEqual(names[0], names[1])
        self.assertNotEqual(names[0], names[2])
        self.assertIsNone(names[0][1][0])
        self.assertRegex(names[0][0][1], r"^[0-9a-f]{10}\..+@example")

    def test_null_constant_and_what_is_left_out(self):
        db = self.restored(
            masks={"users.name": "null", "shop.orders.code": "constant:it's"},
            left_out=("users.balance", "users.mood"),
        )

        self.assertEqual(
            [(None, None, 7, None)] * 2,
            [tuple(r) for r in db.rows("select name, shouted, balance, mood from users")],
        )
        self.assertEqual([("it's",)] * 2, db.rows("select code from shop.orders"))

    def test_tables_of_which_no_row_is_saved(self):
        path = self.save(
            without_rows=("shop.*", "events"), tables=("users", "events", "shop.orders")
        )

        self.assertEqual(
            {
                "public.children": "not named by --table",
                "public.empty": "not named by --table",
                "public.events_new": "left out by --exclude-table-data",
                "public.events_old": "left out by --exclude-table-data",
                "public.parents": "not named by --table",
                "public.visits": "not named by --table",
                'shop."Odd Names"': "left out by --exclude-table-data",
                "shop.orders": "left out by --exclude-table-data",
            },
            self.manifest(path).without_rows,
        )

    def test_rows_that_are_referred_to_and_were_left_out_are_an_error_that_says_so(self):
        path = self.save(tables=("shop.orders",))

        for migrations in (None, shop):
            with self.subTest(migrations=migrations):
                said = self.refused(self.lease, snapshot=path, migrations=migrations)
                self.assertIn(f"the snapshot {path} does not fit the database: insert or", said)
                self.assertIn("rows that are referred to were left out, or keys masked", said)

    def test_a_mask_that_cannot_be_is_told_before_anything_is_written(self):
        for masks, words in (
            ({"users.email": "null"}, "--mask public.users.email=null: the column is NOT NULL"),
            ({"users.balance": "hash"}, "a hash cannot be stored as numeric"),
            ({"users.id": "fake:email"}, "what Faker makes is a text, the column is integer"),
            ({"users.name": "fake:nonsense"}, "Faker makes no 'nonsense'"),
            ({"users.name": "md5"}, "no such way of masking\n  next: write one of null, hash"),
            ({"users.emial": "hash"}, "has no column 'emial' to store"),
            ({"user.email": "hash"}, "there is no table 'user'\n  next: did you mean users?"),
            ({"users.mood": "constant:ugly"}, 'invalid input value for enum public.mood: "ugly"'),
        ):
            with self.subTest(masks):
                path = self.project() / "shop.dump"
                self.assertIn(words, self.refused(self.save, path=path, masks=masks))
                self.assertEqual([], list(path.parent.iterdir()))

    def test_a_key_and_what_refers_to_it_have_to_be_masked_alike(self):
        self.save(masks={"users.email": "hash", "orders.buyer_email": "null"})
        for masks in ({"users.email": "hash"}, {"orders.buyer_email": "constant:x"}):
            self.assertEqual(
                "shop.orders.buyer_email refers to public.users.email, and they are not masked "
                "alike\n  likely cause: where a key is masked, what refers to it has to get the "
                "same values\n  next: write --mask shop.orders.buyer_email=hash --mask "
                "public.users.email=hash",
                self.refused(self.save, masks=masks),
            )

    def test_what_is_left_out_must_have_a_default(self):
        self.assertIn(
            "--leave-out public.users.email: the column is NOT NULL and has no default\n"
            "  next: write --mask public.users.email=hash, or constant:VALUE",
            self.refused(self.save, left_out=("users.email",)),
        )

    def test_columns_that_look_personal_are_told(self):
        self.save(masks={"users.name": "hash"})

        self.assertEqual(
            [
                "these look personal, and are saved as they are: public.children.secret, "
                "public.parents.secret, public.users.email, public.users.token, "
                "shop.orders.buyer_email"
            ],
            self.said,
        )

    def test_a_column_that_has_to_be_masked_and_is_not_is_refused(self):
        said = self.refused(self.save, masks={"users.token": "hash"}, require="EMAIL|token")

        self.assertEqual(
            "columns that --require-mask EMAIL|token finds are not masked\n"
            "    public.users.email\n    shop.orders.buyer_email\n"
            "  next: add --mask public.users.email=hash, or --leave-out public.users.email",
            said,
        )
        self.save(masks={"*.email": "hash", "orders.buyer_email": "hash"}, require="email")


@on_one_provider
@on_one_python
class PostgresSnapshots(Snapshots):
    def test_a_schema_that_the_migrations_do_not_make_is_refused_with_the_difference(self):
        def later(db):
            shop(db)
            db.execute("alter table users add column age int")
            db.execute("alter table users alter name set default 'x'")
            db.execute("drop table empty")

        path = self.usual()
        said = self.refused(self.lease, snapshot=path, migrations=later)

        self.assertIn(f"the schema of the snapshot {path} is not what the migrations make\n", said)
        for line in (
            "    - column public.users.age integer\n",
            "    - column public.users.name text default 'x'::text\n",
            "    + column public.users.name text\n",
            "    + table public.empty\n",
            "next: save it anew from a database that is migrated as far: harness snapshot save URL",
        ):
            self.assertIn(line, said)

    def test_rights_and_the_account_of_a_tool_may_differ(self):
        def production(db):
            filled(db)
            db.execute("grant select on users to public")
            db.execute("create table schema_migrations (version bigint primary key, dirty bool)")
            db.execute("insert into schema_migrations values (7, false)")

        db = self.restored(content=production, migrations=shop)

        self.assertEqual(2, db.count("users"))

    def test_forced_row_security_is_paused_and_forced_again(self):
        def guarded(db):
            shop(db)
            db.execute("create table secrets (id int, owner text)")
            db.execute("alter table secrets enable row level security")
            db.execute("alter table secrets force row level security")

        def known(db):
            guarded(db)
            db.execute("insert into secrets values (1, 'x')")

        db = self.lease(snapshot=self.save(known), migrations=guarded)

        self.assertEqual(1, db.count("secrets"))
        self.assertTrue(
            db.value("select relforcerowsecurity from pg_class where relname = 'secrets'")
        )

    def test_large_objects_are_counted_and_not_saved(self):
        def photos(db):
            filled(db)
            db.execute("select lo_from_bytea(0, 'a photo')")

        path = self.save(photos)

        self.assertIn("1 large objects are not in it", self.manifest(path).lines())

    def test_a_database_with_an_extension_that_the_server_lacks_says_what_to_do(self):
        path = self.save()
        rewrite(path, "before.sql", rb"^", b"create extension no_such_extension;\n")

        said = self.refused(self.lease, snapshot=path)

        self.assertIn('does not fit the database: extension "no_such_extension" is not', said)
        self.assertIn("likely cause: the server lacks what the schema needs\n  next: install", said)

    def test_another_content_is_another_template(self):
        def more(db):
            filled(db)
            db.execute("insert into parents values (9)")

        path = self.save()
        self.assertEqual(2, self.lease(snapshot=path, migrations=shop).count("parents"))
        self.save(path=path, content=more)
        db = self.lease(snapshot=path, migrations=shop, name="again")
        self.assertEqual(2, self.lease(snapshot=path, migrations=shop).count("parents"))
        self.assertEqual(3, db.count("parents"))

    def test_a_snapshot_of_a_newer_server_is_refused_with_both_versions(self):
        path = self.save()
        rewrite(path, "manifest.json", rb'"server_version": \d+', b'"server_version": 990001')
        rewrite(path, "manifest.json", rb'"server": "[^"]+"', b'"server": "99.1"')

        said = self.refused(self.lease, snapshot=path)

        self.assertRegex(
            said, r"shop.dump is of PostgreSQL 99.1, newer than this server, PostgreSQL \d+\.\d+"
        )
        self.assertIn('next: run it on a server as new: Postgres(version="99")', said)

    def test_a_file_that_is_cut_off_damaged_or_something_else_is_refused(self):
        whole = self.usual().read_bytes()
        at = whole.index(b"data/7.copy") + 34
        for content, words in (
            (whole[:-100], "is not a whole snapshot\n  likely cause: it was cut off"),
            (whole[:at] + bytes(9) + whole[at + 9 :], "shop.dump is damaged: "),
            (
                b"PGDMP\x01\x0e",
                "is not a whole snapshot\n  likely cause: it is what pg_dump writes",
            ),
            (b"", "is not a whole snapshot\n  next: make it anew with `harness snapshot save`"),
        ):
            with self.subTest(words):
                path = self.project() / "shop.dump"
                path.write_bytes(content)
                self.assertIn(words, self.refused(self.lease, snapshot=path, migrations=shop))

    def test_a_file_that_is_not_there_names_the_nearest(self):
        path = self.usual()

        said = self.refused(self.lease, snapshot=path.with_name("shpo.dump"))

        self.assertIn("shpo.dump cannot be read: No such file or directory", said)
        self.assertIn("next: did you mean shop.dump?", said)


def rewrite(path, member, pattern, new):
    """Change a part of a snapshot, as if it had been made so."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts[member] = re.sub(pattern, new, parts[member])
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
