"""Objects that were made elsewhere, and stored."""

from dataclasses import dataclass

from harness.data.factories import Factory, children, related
from harness.data.factories.saving import save_object
from tests.data.factories.case import FactoryTest
from tests.data.factories.models import Order, OrderLine, User


class SavingTest(FactoryTest):
    def test_an_object_of_its_own_values(self):
        user = User(7, "a@example.com", "Bob", admin=True)

        self.assertEqual(user, save_object(self.db, user))
        self.assertEqual(1, self.db.count("users"))

    def test_what_it_has_not_yet_is_the_schemas(self):
        @dataclass
        class User:
            email: str
            id: int | None = None

        self.assertEqual(1, save_object(self.db, User("a@example.com")).id)

    def test_a_declared_factory_adds_no_values_of_its_own(self):
        @dataclass
        class Order:
            id: int
            total: int | None

        class OrderFactory(Factory[Order]):
            lines = children(OrderLine, 3)
            total = 99

        self.assertEqual(Order(1, None), save_object(self.db, Order(1, None)))
        self.assertEqual(0, self.db.count("order_lines"))

    def test_its_parent_is_stored_before_it(self):
        @dataclass
        class OwnedAccount:
            id: int
            balance: int

        @dataclass
        class Order:
            id: int
            account: OwnedAccount

        class AccountFactory(Factory[OwnedAccount], table="accounts"):
            owner = related(User)

        class OrderFactory(Factory[Order]):
            account = related(OwnedAccount)

        order = save_object(self.db, Order(3, OwnedAccount(5, 10)))

        self.assertEqual(Order(3, OwnedAccount(5, 10)), order)
        self.assertEqual(["users", "accounts", "orders"], [table for table, _ in self.db.made])

    def test_a_parent_that_is_stored_already_is_not_stored_again(self):
        @dataclass
        class Account:
            id: int
            owner: User

        class AccountFactory(Factory[Account]):
            owner = related(User)

        user = self.make(User)

        self.assertIs(user, save_object(self.db, Account(3, user)).owner)
        self.assertEqual(1, self.db.count("users"))

    def test_the_objects_in_its_lists_are_stored_after_it_as_its_own(self):
        order = save_object(
            self.db, Order(3, lines=[OrderLine(8, 99, 1, 5), OrderLine(9, 99, 2, 5)])
        )

        self.assertEqual([OrderLine(8, 3, 1, 5), OrderLine(9, 3, 2, 5)], order.lines)
        self.assertEqual(2, self.db.count("order_lines"))
