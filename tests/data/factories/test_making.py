"""Objects of dataclasses, with and without a declared factory."""

import datetime
import random
from dataclasses import dataclass, field

from harness.data.factories import Factory, drawn, lazy, related, sequence, trait
from harness.errors import FactoryError, MakeError
from tests.data.factories.case import FactoryTest
from tests.data.factories.models import (
    Account,
    Order,
    OrderLine,
    OwnedAccount,
    Status,
    User,
    UserFactory,
)

NOON = datetime.datetime(2024, 2, 29, 12)


class AccountFactory(Factory[Account]):
    email = sequence(lambda n: f"account{n}@example.com")
    balance = 0
    owner = related(User)
    paid = trait(status=Status.PAID, paid_at=NOON.isoformat(" "))
    rich = trait(balance=1000)
    poor = trait(balance=1)


class UndeclaredTest(FactoryTest):
    def test_an_object_of_its_row(self):
        @dataclass
        class User:
            id: int
            name: str

        self.assertEqual(User(1, "somebody"), self.make(User))
        self.assertEqual(1, self.db.count("users"))

    def test_the_classes_own_defaults_hold(self):
        order = self.make(Order)

        self.assertEqual(Order(1, 3), order)
        self.assertEqual([("orders", {"total": 3})], self.db.made)

    def test_overrides_are_stored(self):
        self.assertEqual(Order(1, 5), self.make(Order, total=5))
        self.assertEqual(5, self.db.connection.execute("select total from orders").fetchone()[0])

    def test_a_field_without_a_column_keeps_what_is_said(self):
        @dataclass
        class Order:
            id: int
            note: str = "by phone"

        self.assertEqual(Order(1), self.make(Order))
        self.assertEqual(Order(2, "a"), self.make(Order, note="a"))

    def test_a_column_without_a_field_can_be_given(self):
        @dataclass
        class Order:
            id: int

        self.make(Order, total=9)

        self.assertEqual({"total": 9}, self.db.made[0][1])

    def test_the_defaults_of_a_mutable_field_are_made_for_each(self):
        first, second = self.make_many(Order, 2)

        self.assertIsNot(first.lines, second.lines)

    def test_a_field_of_a_class_is_a_parent_made_for_it(self):
        class OwnedFactory(Factory[OwnedAccount], table="accounts"):
            pass

        account = self.make(OwnedFactory, owner__name="Bob")

        self.assertEqual(User(1, "user1@example.com", "Bob"), account.owner)

    def test_init_false_fields_are_the_classes_own(self):
        @dataclass
        class Order:
            id: int
            label: str = field(init=False)

            def __post_init__(self):
                self.label = f"order {self.id}"

        self.assertEqual("order 1", self.make(Order).label)


class DeclaredTest(FactoryTest):
    def test_values_sequences_and_a_parent(self):
        account = self.make(Account)

        self.assertEqual(Account(1, 1, "account1@example.com", 0), account)
        self.assertEqual(1, self.db.count("users"))

    def test_an_override_wins(self):
        self.assertEqual(1000, self.make(Account, balance=1000).balance)

    def test_a_trait(self):
        account = self.make(Account, "paid")

        self.assertEqual(Status.PAID, account.status)
        self.assertEqual(NOON, account.paid_at)

    def test_the_last_trait_wins_and_an_override_over_all(self):
        self.assertEqual(1, self.make(Account, "rich", "poor").balance)
        self.assertEqual(1000, self.make(Account, "poor", "rich").balance)
        self.assertEqual(5, self.make(Account, "poor", "rich", balance=5).balance)

    def test_many(self):
        accounts = self.make_many(Account, 3, "rich")

        self.assertEqual([1000] * 3, [account.balance for account in accounts])
        self.assertEqual(3, len({account.email for account in accounts}))
        self.assertEqual(3, self.db.count("accounts"))

    def test_no_object_at_all(self):
        self.assertEqual([], self.make_many(Account, 0))

    def test_a_declaration_may_be_an_override(self):
        accounts = self.make_many(Account, 2, balance=sequence(lambda n: n * 10))

        self.assertEqual([10, 20], [account.balance for account in accounts])

    def test_what_the_database_refuses_names_what_was_made(self):
        self.make(User, email="a@example.com")

        with self.assertRaises(MakeError) as caught:
            self.make(Account, owner__email="a@example.com")

        self.assertEqual(["while making User, for Account.owner"], caught.exception.__notes__)

    def test_a_list_is_not_shared_between_objects(self):
        class OrderFactory(Factory[Order], default=False):
            notes = ["a"]

        first, second = self.make_many(OrderFactory, 2)
        first.notes.append("b")

        self.assertEqual(["a"], second.notes)


class NumberTest(FactoryTest):
    def emails(self, db, count):
        self.db = db
        return [user.email for user in self.make_many(User, count)]

    def test_numbers_start_anew_with_each_lease(self):
        expected = ["user1@example.com", "user2@example.com"]

        self.assertEqual(expected, self.emails(self.database(), 2))
        self.assertEqual(expected, self.emails(self.database(), 2))

    def test_other_random_numbers_do_not_change_the_count(self):
        balance = drawn(lambda rng: rng.randrange(10**9))
        self.make_many(User, 2)
        balances = []
        for _ in range(2):
            self.db.rng = random.Random(2)
            balances.append(self.make(Account, balance=balance, owner=None, owner_id=1).balance)

        self.assertNotEqual(*balances)
        self.assertEqual("user3@example.com", self.make(User).email)

    def test_numbers_go_on_from_what_the_class_holds(self):
        held = self.database()
        self.emails(held, 2)

        for _ in range(2):
            lease = self.database()
            lease.baseline = held
            self.assertEqual(["user3@example.com"], self.emails(lease, 1))

    def test_further_factories_of_a_class_go_on_counting(self):
        class AdminFactory(UserFactory):
            admin = True

        self.make(User)

        self.assertEqual("user2@example.com", self.make(AdminFactory).email)


class RandomTest(FactoryTest):
    def drawn(self, seed, **overrides):
        self.db = self.database(seed=seed)
        balance = drawn(lambda rng: rng.randrange(10**9))
        accounts = self.make_many(Account, 2, balance=balance, **overrides)
        return [account.balance for account in accounts]

    def test_the_same_seed_draws_the_same(self):
        self.assertEqual(self.drawn(seed=1), self.drawn(seed=1))
        self.assertNotEqual(self.drawn(seed=1), self.drawn(seed=2))

    def test_each_object_draws_its_own(self):
        first, second = self.drawn(seed=1)

        self.assertNotEqual(first, second)

    def test_what_another_attribute_draws_changes_nothing(self):
        email = drawn(lambda rng: str(rng.random()))

        self.assertEqual(self.drawn(seed=1), self.drawn(seed=1, email=email))


class LazyTest(FactoryTest):
    def test_an_attribute_that_depends_on_others(self):
        class NamedFactory(UserFactory):
            name = "Ada"
            email = lazy(lambda user: f"{user.name.lower()}@example.com")

        self.assertEqual("ada@example.com", self.make(NamedFactory).email)
        self.assertEqual("bob@example.com", self.make(NamedFactory, name="Bob").email)

    def test_it_is_a_decorator_too(self):
        class NamedFactory(UserFactory):
            @lazy
            def email(user):  # noqa: N805
                return f"{user.name}@example.com"

        self.assertEqual("Ada@example.com", self.make(NamedFactory).email)

    def test_it_reads_a_parent_and_its_key(self):
        class OwnedFactory(AccountFactory):
            email = lazy(lambda account: f"{account.owner.name}{account.owner_id}@example.com")

        self.assertEqual("Ada1@example.com", self.make(OwnedFactory).email)

    def test_a_circle_is_shown(self):
        class CircularFactory(UserFactory):
            email = lazy(lambda user: user.name)
            name = lazy(lambda user: user.email)

        with self.assertRaises(FactoryError) as caught:
            self.make(CircularFactory)

        self.refused(caught.exception, "CircularFactory", "email -> name -> email")

    def test_what_only_the_schema_decides_is_not_known_yet(self):
        class EarlyFactory(UserFactory):
            name = lazy(lambda user: f"user {user.id}")

        with self.assertRaises(FactoryError) as caught:
            self.make(EarlyFactory)

        self.refused(caught.exception, "EarlyFactory.id was read", "before the row is inserted")


class FurtherFactoryTest(FactoryTest):
    def test_it_has_what_its_base_says_and_more(self):
        class AdminFactory(UserFactory):
            admin = True
            unnamed = trait(name="")

        self.assertEqual(User(1, "user1@example.com", "Ada", True), self.make(AdminFactory))
        self.assertEqual("", self.make(AdminFactory, "unnamed").name)
        self.assertIsNone(self.make(User).admin)

    def test_attributes_of_other_names_than_their_columns(self):
        @dataclass
        class Deposit:
            id: int
            kind: str
            owner: int

        class DepositFactory(
            Factory[Deposit], table="accounts", columns={"kind": "type", "owner": "owner_id"}
        ):
            kind = "savings"

        user = self.make(User)

        self.assertEqual(Deposit(1, "savings", 1), self.make(Deposit, owner=user.id))
        self.assertEqual("fixed", self.make(Deposit, owner=1, type="fixed").kind)


class LinesTest(FactoryTest):
    def test_a_name_of_two_words(self):
        order = self.make(Order)

        self.assertEqual(OrderLine(1, order.id, None, 1), self.make(OrderLine, order_id=order.id))
