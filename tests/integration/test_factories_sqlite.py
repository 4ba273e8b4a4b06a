"""Factories over a lease on SQLite: ours, factory_boy's and polyfactory's."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import factory
from polyfactory.factories import DataclassFactory
from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

from harness import HarnessTestCase, SQLite
from harness.adapters import factory_boy, polyfactory
from harness.data.factories import Factory, drawn, related, sequence, trait

SCHEMA = (
    "create table users (id integer primary key, email text not null unique, name text not null)",
    "create table accounts (id integer primary key, owner_id integer not null references users, "
    "  balance integer not null check (balance >= 0), opened_at timestamp not null)",
)


def schema(db):
    for statement in SCHEMA:
        db.execute(statement)


@dataclass
class User:
    id: int
    email: str
    name: str


@dataclass
class Account:
    id: int
    owner: User
    balance: int
    opened_at: datetime.datetime


class UserFactory(Factory[User]):
    email = sequence("user{}@example.com")


class AccountFactory(Factory[Account]):
    owner = related(User)
    rich = trait(balance=drawn(lambda rng: rng.randrange(1000, 2000)))


Base = declarative_base()


class MappedUser(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String, nullable=False)
    name = Column(String, nullable=False)


class MappedUserFactory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        model = MappedUser

    email = factory.Sequence(lambda n: f"mapped{n}@example.com")
    name = factory.Faker("name")


class PolyMappedFactory(SQLAlchemyFactory[MappedUser]):
    __set_primary_key__ = False


class PolyUserFactory(DataclassFactory[User]):
    pass


class Factories:
    def fetched(self, sql):
        """Return what the code under test reads."""
        return [tuple(row) for row in self.db.connection.execute(sql).fetchall()]

    def test_an_object_with_all_that_its_row_needs(self):
        account = self.db.make(Account, "rich", owner__name="Ada")

        self.assertEqual(
            [("user1@example.com", "Ada")], self.fetched("select email, name from users")
        )
        self.assertEqual([(account.balance,)], self.fetched("select balance from accounts"))
        self.assertIs(datetime.datetime, type(account.opened_at))

    def test_a_factory_of_factory_boys(self):
        with factory_boy.bound(self.db, MappedUserFactory):
            user = MappedUserFactory()

            self.assertEqual(
                [("mapped0@example.com", user.name)], self.fetched("select email, name from users")
            )

    def test_factories_of_polyfactorys(self):
        with polyfactory.bound(self.db, PolyMappedFactory, PolyUserFactory):
            PolyMappedFactory.create_batch_sync(2)
            PolyUserFactory.create_sync()

        self.assertEqual(3, self.db.count("users"))


class FactoriesUnderRollbackTest(Factories, HarnessTestCase):
    db = SQLite(migrations=schema)


class FactoriesUnderCommitTest(Factories, HarnessTestCase):
    db = SQLite(migrations=schema, isolation="commit")
