"""Declaring factories, and what is no declaration."""

import importlib.util
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.data.factories import Factory, lazy, trait
from harness.errors import FactoryError
from tests.data.factories.case import FactoryTest
from tests.data.factories.models import Order, User, UserFactory

MODELS = """
from dataclasses import dataclass
@dataclass
class Order:
    id: int
    total: int = 0
"""
FACTORY = """
from harness.data.factories import Factory
from sample_models import Order
class OrderFactory(Factory[Order]):
    total = {total}
"""


class DeclaringTest(FactoryTest):
    def assertRefused(self, parts, declare):
        with self.assertRaises(FactoryError) as caught:
            declare()
        self.refused(caught.exception, *parts)

    def test_a_function_is_no_value(self):
        def declare():
            class OrderFactory(Factory[Order]):
                def total(self):
                    return 3

        self.assertRefused(["OrderFactory.total is <function", "write @lazy above it"], declare)

    def test_a_class_inside_is_another_librarys_way(self):
        def declare():
            class OrderFactory(Factory[Order]):
                class Meta:
                    model = Order

        self.assertRefused(["OrderFactory.Meta is <class", "Factory[...], table='...'"], declare)

    def test_a_factory_is_not_called(self):
        self.assertRefused(
            ["UserFactory(...) was called", "db.make(UserFactory, ...)"],
            lambda: UserFactory(name="a"),
        )

    def test_a_factory_of_nothing(self):
        class EmptyFactory(Factory):
            pass

        self.assertRefused(
            ["EmptyFactory does not say which class"], lambda: self.make(EmptyFactory)
        )

    def test_a_base_of_several_factories(self):
        class CheapFactory(Factory):
            total = 1
            dear = trait(total=1000)

        class OrderFactory(CheapFactory, Factory[Order]):
            pass

        self.assertEqual(1, self.make(OrderFactory).total)
        self.assertEqual(1000, self.make(OrderFactory, "dear").total)

    def test_what_a_test_declares_for_itself_changes_no_other_test(self):
        class OrderFactory(Factory[Order]):
            total = 77

        self.assertEqual(77, self.make(OrderFactory).total)
        self.assertEqual(3, self.make(Order).total)

    def test_a_declared_name_that_means_nothing(self):
        class TypoFactory(Factory[Order]):
            totl = 77

        self.assertRefused(
            ["TypoFactory has no attribute 'totl'", "did you mean total"],
            lambda: self.make(TypoFactory),
        )

    def test_an_unknown_trait(self):
        self.assertRefused(
            ["User has no trait 'stuff'", "did you mean staff"], lambda: self.make(User, "stuff")
        )
        self.assertRefused(
            ["Order has no trait 'paid'", "declare paid = trait(...) in a factory of Order"],
            lambda: self.make(Order, "paid"),
        )

    def test_a_trait_is_named_not_set(self):
        self.assertRefused(
            ["User.staff is a trait", "db.make(User, 'staff')"], lambda: self.make(User, staff=True)
        )

    def test_an_unknown_attribute(self):
        self.assertRefused(
            ["User has no attribute 'emial'", "did you mean email"],
            lambda: self.make(User, emial="a"),
        )

    def test_an_attribute_that_a_function_reads_and_nobody_says(self):
        class OrderFactory(Factory[Order]):
            total = lazy(lambda order: order.totl)

        self.assertRefused(
            ["OrderFactory.totl was read", "did you mean total"], lambda: self.make(OrderFactory)
        )

    def test_a_class_without_fields(self):
        class Order:
            pass

        self.assertRefused(
            ["Order does not tell its fields", "write @dataclass above Order"],
            lambda: self.make(Order),
        )

    def test_a_builtin_class(self):
        self.assertRefused(["int does not tell its fields"], lambda: self.make(int))

    def test_a_class_without_a_table(self):
        @dataclass
        class SalesPerson:
            id: int

        self.assertRefused(
            [
                "no table for",
                "there is no sales_people and no sales_person",
                "class SalesPersonFactory(Factory[SalesPerson], table='...')",
            ],
            lambda: self.make(SalesPerson),
        )

    def test_a_table_that_is_not_there(self):
        class TypoFactory(Factory[Order], table="ordres"):
            pass

        self.assertRefused(
            ["no table for Order: there is no ordres\n", "Factory[Order], table='orders'"],
            lambda: self.make(TypoFactory),
        )

    def test_what_is_no_class(self):
        self.assertRefused(
            ["make(3): neither the name of a table nor a class"], lambda: self.make(3)
        )

    def test_a_class_that_names_its_table(self):
        @dataclass
        class Purchase:
            __tablename__ = "orders"
            id: int

        self.assertEqual(1, self.make(Purchase).id)

    def test_a_field_that_nothing_fills(self):
        @dataclass
        class Order:
            id: int
            color: str

        self.assertRefused(
            ["Order.color has no value", "columns={'color': 'its column'}"],
            lambda: self.make(Order),
        )


class SeveralFactoriesTest(FactoryTest):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.models = self.load("sample_models", "sample_models", MODELS)

    def load(self, name, file, text):
        """Import a file under a name; the same file may have several."""
        path = self.directory / f"{file}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        self.addCleanup(sys.modules.pop, name)
        spec.loader.exec_module(module)
        return module

    def test_two_that_speak_for_a_class_are_made_by_their_names(self):
        one = self.load("sample_one", "one", FACTORY.format(total=1))
        two = self.load("sample_two", "two", FACTORY.format(total=2))

        with self.assertRaises(FactoryError) as caught:
            self.make(self.models.Order)

        self.refused(caught.exception, "sample_one.OrderFactory and sample_two.OrderFactory")
        self.assertEqual(1, self.make(one.OrderFactory).total)
        self.assertEqual(2, self.make(two.OrderFactory).total)

    def test_one_that_was_imported_under_two_names_is_one(self):
        self.load("sample_factories", "factories", FACTORY.format(total=1))
        self.load("tests_sample_factories", "factories", FACTORY.format(total=1))

        self.assertEqual(1, self.make(self.models.Order).total)
