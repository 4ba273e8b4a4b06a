"""Factories over a real lease: ours, factory_boy's and polyfactory's."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import factory
from polyfactory.factories import DataclassFactory
from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory
from sqlalchemy import Column, Integer, String, select
from sqlalchemy.orm import declarative_base

from harness import Environment, HarnessTestCase, Postgres
from harness.adapters import factory_boy, polyfactory
from harness.data.factories import Factory, children, drawn, related, sequence, trait
from harness.errors import FactoryError, HarnessError
from tests.integration.providers import on_every_provider

SCHEMA = (
    "create type mood as enum ('calm', 'cross')",
    "create table users (id serial primary key, email varchar(40) not null unique, "
    "  name text not null, mood mood not null)",
    "create schema billing",
    "create table billing.accounts (id integer generated always as identity primary key, "
    "  owner_id integer not null references users, "
    "  balance integer not null check (balance >= 0), status text not null default 'new')",
    "create table transfers (id serial primary key, "
    "  account_id integer not null references billing.accounts, amount numeric(8, 2) not null)",
)


def schema(db):
    for statement in SCHEMA:
        db.execute(statement)


@dataclass(frozen=True)
class User:
    id: int
    email: str
    name: str
    mood: str


@dataclass
class Account:
    id: int
    owner: User
    balance: int
    status: str
    transfers: list[Transfer]


@dataclass
class Transfer:
    id: int
    account_id: int


class UserFactory(Factory[User]):
    email = sequence("user{}@example.com")


class AccountFactory(Factory[Account], table="billing.accounts"):
    owner = related(User)
    balance = drawn(lambda rng: rng.randrange(1000))
    transfers = children(Transfer, 2)
    paid = trait(status="paid")


class BoyUserFactory(factory.Factory):
    class Meta:
        model = User

    name = factory.Faker("name")
    email = factory.Sequence(lambda n: f"boy{n}@example.com")


Base = declarative_base()


class MappedUser(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String(40), nullable=False)
    name = Column(String(40), nullable=False)
    mood = Column(String)


class MappedUserFactory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        model = MappedUser

    name = factory.Faker("name")
    email = factory.Sequence(lambda n: f"mapped{n}@example.com")


class PolyUserFactory(DataclassFactory[User]):
    mood = "calm"
    email = "poly@example.com"


class PolyMappedFactory(SQLAlchemyFactory[MappedUser]):
    __set_primary_key__ = False


MOODY = (
    "alter table users alter mood drop not null",
    "alter table users alter mood type text",
)


def plain_schema(db):
    """The same, with a mood that SQLAlchemy's text may be stored in."""
    schema(db)
    for statement in MOODY:
        db.execute(statement)


@on_every_provider
class PostgresConformanceFactories:
    db = Postgres(migrations=schema)

    def test_an_object_with_all_that_its_row_needs(self):
        account = self.db.make(Account, "paid", balance=1000)

        self.assertEqual((1000, "paid"), (account.balance, account.status))
        self.assertEqual("user1@example.com", account.owner.email)
        self.assertIn(account.owner.mood, ("calm", "cross"))
        self.assertEqual([account.id] * 2, [one.account_id for one in account.transfers])
        self.assertEqual(2, self.db.count("transfers"))

    def test_the_code_under_test_sees_it(self):
        account = self.db.make(Account)

        cursor = self.db.connection.cursor()
        cursor.execute("select balance from billing.accounts where id = %s", [account.id])
        self.assertEqual([account.balance], cursor.fetchone())

    def test_a_row_by_its_tables_name_is_a_row_as_ever(self):
        user = self.db.make(User)

        self.assertEqual(user.id, self.db.make("billing.accounts", owner_id=user.id).owner_id)

    def test_a_table_has_no_traits(self):
        with self.assertRaisesRegex(FactoryError, "'users' is a table, which has no traits"):
            self.db.make("users", "paid")

    def test_many_of_them(self):
        users = self.db.make_many(User, 3, name="Ada")

        self.assertEqual([f"user{n}@example.com" for n in (1, 2, 3)], [u.email for u in users])

    def test_threads_share_the_count(self):
        with ThreadPoolExecutor(4) as pool:
            accounts = pool.map(lambda _: self.db.make(Account), range(12))
            emails = {account.owner.email for account in accounts}

        self.assertEqual({f"user{n}@example.com" for n in range(1, 13)}, emails)

    def test_what_the_schema_refuses_is_told_with_what_was_made_for_what(self):
        with self.assertRaises(HarnessError) as caught:
            self.db.make(Account, balance=-1)

        self.assertEqual(["while making Account"], caught.exception.__notes__)
        self.assertEqual(0, self.db.count("transfers"))

    def test_an_unknown_attribute_names_the_nearest(self):
        with self.assertRaisesRegex(FactoryError, "did you mean balance"):
            self.db.make(Account, balanc=1)

    def test_a_table_that_is_not_there(self):
        @dataclass
        class Invoice:
            id: int

        with self.assertRaisesRegex(FactoryError, "there is no invoices and no invoice"):
            self.db.make(Invoice)

    def test_neither_order_nor_selection_changes_what_is_made(self):
        made = {}

        class Case(HarnessTestCase):
            db = Postgres(migrations=schema)

            def make(case):  # noqa: N805
                with factory_boy.bound(case.db, BoyUserFactory):
                    boy = BoyUserFactory()
                with polyfactory.bound(case.db, PolyUserFactory):
                    poly = PolyUserFactory.create_sync()
                account = case.db.make(Account)
                made[case.id()[-1]] = (
                    (account.balance, account.owner.email, account.owner.name),
                    (boy.email, boy.name, boy.mood),
                    (poly.id, poly.name),
                )

            test_a = test_b = make

        runs = []
        for names in (("test_a", "test_b"), ("test_b", "test_a"), ("test_b",)):
            self.assertEqual([], self.run_inner(Case, *names).raised)
            runs.append(dict(made))
            made.clear()
        forwards, backwards, alone = runs

        self.assertEqual(forwards, backwards)
        self.assertEqual({"b": forwards["b"]}, alone)
        self.assertNotEqual(forwards["a"], forwards["b"])

    def test_without_a_test_case(self):
        def balances(seed):
            with (
                Environment(self.environment.settings, seed=seed) as env,
                env.lease(Postgres(migrations=schema)) as db,
            ):
                return [account.balance for account in db.make_many(Account, 3)]

        self.assertEqual(balances("1"), balances("1"))
        self.assertNotEqual(balances("1"), balances("2"))

    def test_other_random_numbers_than_the_tests(self):
        self.db.rng = random.Random(7)
        first = self.db.make(User).name
        self.db.execute("delete from users")
        self.db.rng = random.Random(7)

        self.assertEqual(first, self.db.make(User).name)


@on_every_provider
class PostgresConformanceFactoriesUnderCommit:
    db = Postgres(migrations=schema, isolation="commit")

    def test_another_session_sees_what_is_made(self):
        account = self.db.make(Account)

        self.assertEqual(account.balance, self.db.value("select balance from billing.accounts"))

    def test_and_the_next_test_starts_anew(self):
        self.assertEqual("user1@example.com", self.db.make(User).email)


@on_every_provider
class PostgresConformanceFactoriesOfAClass:
    db = Postgres(migrations=schema, isolation="commit")

    @classmethod
    def setUpClass(cls):
        cls.owner = cls.hold(cls.db).make(User)

    def numbers_go_on_from_the_class(self):
        self.assertEqual("user1@example.com", self.owner.email)
        self.assertEqual("user2@example.com", self.db.make(User).email)
        self.assertEqual(self.owner, self.db.make(Account, owner=self.owner).owner)

    test_one = test_another = numbers_go_on_from_the_class


@on_every_provider
class PostgresConformanceFactoryBoy:
    db = Postgres(migrations=plain_schema)

    def setUp(self):
        factories = (BoyUserFactory, MappedUserFactory)
        self.session = self.enterContext(factory_boy.bound(self.db, *factories))

    def test_a_factory_of_dataclasses_fills_its_row_from_the_schema(self):
        user = BoyUserFactory()

        self.assertEqual("boy0@example.com", user.email)
        self.assertEqual(user.name, self.db.value("select name from users"))

    def test_what_a_session_makes_the_code_under_test_sees(self):
        user = MappedUserFactory()

        cursor = self.db.connection.cursor()
        cursor.execute("select name from users where id = %s", [user.id])
        self.assertEqual([user.name], cursor.fetchone())

    def test_what_the_code_under_test_undoes_is_only_its_own(self):
        MappedUserFactory()
        self.db.connection.cursor().execute("delete from users")
        self.db.connection.rollback()

        self.assertEqual(1, self.db.count("users"))

    def test_the_session_is_the_tests_own(self):
        user = MappedUserFactory()

        self.assertIs(user, self.session.scalars(select(MappedUser)).one())
        self.assertEqual("mapped0@example.com", user.email)


@on_every_provider
class PostgresConformancePolyfactory:
    db = Postgres(migrations=plain_schema)

    def setUp(self):
        factories = (PolyUserFactory, PolyMappedFactory)
        self.session = self.enterContext(polyfactory.bound(self.db, *factories))

    def test_a_factory_of_dataclasses(self):
        user = PolyUserFactory.create_sync(name="Ada")

        self.assertEqual("Ada", self.db.value("select name from users where id = %s", [user.id]))

    def test_a_factory_of_sqlalchemys(self):
        users = PolyMappedFactory.create_batch_sync(2)

        self.assertEqual(
            sorted(user.email for user in users),
            sorted(row.email for row in self.db.rows("select email from users")),
        )
