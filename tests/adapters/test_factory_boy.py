"""Factories of factory_boy over a database in memory."""

import random
import unittest
from unittest import mock

import factory
from factory import fuzzy
from sqlalchemy import Column, Integer, String, create_engine, select
from sqlalchemy.orm import Session, declarative_base

from harness.adapters.factory_boy import bound
from harness.errors import ConfigurationError, MissingExtraError
from tests.data.factories.case import FactoryTest
from tests.data.factories.models import Account, User

Base = declarative_base()


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    email = Column(String)


class RowFactory(factory.Factory):
    class Meta:
        abstract = True


class UserFactory(RowFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    name = factory.Faker("name")


class AccountFactory(RowFactory):
    class Meta:
        model = Account
        exclude = ("owner",)

    class Params:
        rich = factory.Trait(balance=1000)

    owner = factory.SubFactory(UserFactory)
    owner_id = factory.SelfAttribute("owner.id")
    email = None
    balance = fuzzy.FuzzyInteger(100)


class CustomerFactory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        model = Customer

    email = factory.Sequence(lambda n: f"customer{n}@example.com")


class DataclassTest(FactoryTest):
    def test_what_is_created_has_a_row(self):
        with bound(self.db, RowFactory):
            account = AccountFactory(rich=True)

        self.assertEqual(Account(1, 1, None, 1000), account)
        self.assertEqual(1, self.db.count("users"))

    def test_what_is_built_has_none(self):
        with bound(self.db, RowFactory):
            UserFactory.build(id=1)

        self.assertEqual(0, self.db.count("users"))

    def test_a_factory_that_is_not_bound_any_more_saves_nothing(self):
        with bound(self.db, RowFactory):
            pass

        self.assertEqual("Ada", UserFactory(id=1, name="Ada").name)
        self.assertEqual(0, self.db.count("users"))

    def test_the_last_lease_that_it_is_bound_to_is_its_own(self):
        other = self.database()

        with bound(self.db, RowFactory):
            with bound(other, UserFactory):
                UserFactory()
            AccountFactory()

        self.assertEqual((1, 1), (other.count("users"), self.db.count("users")))
        self.assertEqual(0, other.count("accounts"))

    def test_a_factory_that_saves_in_its_own_way_goes_on_doing_so(self):
        class OwnFactory(UserFactory):
            @classmethod
            def _create(cls, model_class, *args, **kwargs):
                return super()._create(model_class, *args, **{**kwargs, "admin": True})

        with bound(self.db, RowFactory):
            self.assertTrue(OwnFactory().admin)
        self.assertEqual(1, self.db.count("users"))

    def test_without_the_extra_the_error_names_it(self):
        with (
            mock.patch.dict("sys.modules", {"factory": None}),
            self.assertRaisesRegex(MissingExtraError, r'"unittest-harness\[factory-boy\]"'),
            bound(self.db, RowFactory),
        ):
            pass

    def test_no_factory_is_a_mistake(self):
        with self.assertRaisesRegex(ConfigurationError, "names no factory"), bound(self.db):
            pass


class SeedTest(FactoryTest):
    def made(self, seed):
        with bound(self.database(seed=seed), RowFactory):
            return [AccountFactory().balance, UserFactory().name, UserFactory().email]

    def test_the_same_seed_draws_the_same(self):
        self.assertEqual(self.made(seed=1), self.made(seed=1))
        self.assertNotEqual(self.made(seed=1)[:2], self.made(seed=2)[:2])

    def test_what_was_drawn_before_changes_nothing(self):
        first = self.made(seed=1)
        for _ in range(random.randrange(1, 9)):
            UserFactory.build(id=1)

        self.assertEqual(first, self.made(seed=1))

    def test_sequences_start_anew(self):
        self.assertEqual("user2@example.com", self.made(seed=1)[2])


class SessionTest(unittest.TestCase):
    def setUp(self):
        engine = create_engine("sqlite://")
        self.addCleanup(engine.dispose)
        Base.metadata.create_all(engine)
        self.session = self.enterContext(Session(engine))

    def test_a_session_that_is_given_is_used_as_it_is(self):
        with bound(Seeded(), CustomerFactory, session=self.session) as session:
            customer = CustomerFactory()

        self.assertIs(self.session, session)
        self.assertIn(customer, session.new)
        self.assertEqual("customer0@example.com", session.scalars(select(Customer)).one().email)

    def test_it_is_given_back(self):
        with bound(Seeded(), CustomerFactory, session=self.session):
            pass

        self.assertIsNone(CustomerFactory._meta.sqlalchemy_session)
        self.assertNotIn("_create", vars(CustomerFactory))


class Seeded:
    rng = random.Random(1)
    baseline = None
