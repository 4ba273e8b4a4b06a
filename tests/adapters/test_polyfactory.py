"""Factories of polyfactory over a database in memory."""

import unittest
from dataclasses import dataclass, field
from unittest import mock

from polyfactory import Use
from polyfactory.factories import DataclassFactory
from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from harness.adapters.polyfactory import bound
from harness.errors import ConfigurationError, MissingExtraError
from tests.adapters.test_factory_boy import Base, Customer, Seeded
from tests.data.factories.case import FactoryTest
from tests.data.factories.models import User


@dataclass
class Line:
    id: int
    order_id: int
    price: int


@dataclass
class Order:
    id: int
    total: int
    lines: list[Line] = field(default_factory=list)


class UserFactory(DataclassFactory[User]):
    name = Use(lambda: "Ada")


class LineFactory(DataclassFactory[Line]):
    pass


class OrderFactory(DataclassFactory[Order]):
    lines = Use(LineFactory.batch, size=2)


class FixedFactory(DataclassFactory[User]):
    __random_seed__ = 7


class CustomerFactory(SQLAlchemyFactory[Customer]):
    pass


class DataclassTest(FactoryTest):
    def database(self, **options):
        db = super().database(**options)
        db.connection.executescript("alter table order_lines rename to lines")
        return db

    def test_what_is_created_has_a_row(self):
        with bound(self.db, UserFactory):
            user = UserFactory.create_sync(email="a@example.com")

        self.assertEqual(User(user.id, "a@example.com", "Ada", user.admin), user)
        self.assertEqual(1, self.db.count("users"))

    def test_a_batch(self):
        with bound(self.db, UserFactory):
            users = UserFactory.create_batch_sync(3)

        self.assertEqual(3, len(users))
        self.assertEqual(3, self.db.count("users"))

    def test_the_objects_that_it_holds_have_rows_too(self):
        with bound(self.db, OrderFactory):
            order = OrderFactory.create_sync()

        self.assertEqual([order.id] * 2, [line.order_id for line in order.lines])
        self.assertEqual(2, self.db.count("lines"))

    def test_a_factory_that_is_not_bound_any_more_has_no_handler(self):
        with bound(self.db, UserFactory):
            pass

        self.assertIsNone(UserFactory.__sync_persistence__)

    def test_without_the_extra_the_error_names_it(self):
        with (
            mock.patch.dict("sys.modules", {"polyfactory.factories.base": None}),
            self.assertRaisesRegex(MissingExtraError, r'"unittest-harness\[polyfactory\]"'),
            bound(self.db, UserFactory),
        ):
            pass

    def test_no_factory_is_a_mistake(self):
        with self.assertRaisesRegex(ConfigurationError, "names no factory"), bound(self.db):
            pass


class SeedTest(FactoryTest):
    def made(self, seed, *factories):
        with bound(self.database(seed=seed), UserFactory):
            return [one.build() for one in factories or (UserFactory, FixedFactory, OrderFactory)]

    def test_the_same_seed_draws_the_same(self):
        self.assertEqual(self.made(seed=1), self.made(seed=1))
        for one, other in zip(self.made(seed=1), self.made(seed=2), strict=True):
            self.assertNotEqual(one, other)

    def test_what_was_drawn_before_changes_nothing(self):
        first = self.made(seed=1)
        UserFactory.batch(5)
        FixedFactory.build()

        self.assertEqual(first, self.made(seed=1))


class SessionTest(unittest.TestCase):
    def test_a_session(self):
        engine = create_engine("sqlite://")
        self.addCleanup(engine.dispose)
        Base.metadata.create_all(engine)
        with (
            Session(engine) as session,
            bound(Seeded(), CustomerFactory, session=session) as used,
        ):
            CustomerFactory.create_sync(email="a@example.com")

            self.assertIs(session, used)
            self.assertEqual("a@example.com", session.scalars(select(Customer)).one().email)
        self.assertIsNone(CustomerFactory.__session__)
