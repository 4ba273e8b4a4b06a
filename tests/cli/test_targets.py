"""What `harness up` is told to start: kinds of service, and what a project declares."""

import dataclasses
import sys
from unittest import mock

from harness import Postgres
from harness.cli import targets
from harness.cli.targets import targets_of
from harness.errors import ConfigurationError
from tests.cli.test_main import CommandTest

SHOP = """
from harness import HarnessTestCase, Postgres
from tests.support.fakes import Fake, Journal

class Base:
    db = Postgres(migrations="migrations")

class ShopTest(Base, HarnessTestCase):
    reports = Postgres(name="reports")
    same = Base.db

class Plain:
    db = Postgres(version="15")

class Nothing:
    number = 3

alone = Postgres(name="alone")
"""


class TargetsTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.object(sys, "path", [*sys.path]))
        self.enterContext(mock.patch.dict(sys.modules))

    def targets(self, *words):
        self.write("shop.py", SHOP)
        return targets_of(words)

    def refusal(self, word):
        with self.assertRaises(ConfigurationError) as raised:
            self.targets(word)
        return str(raised.exception)

    def services(self, *words):
        return {target.name: target.service for target in self.targets(*words)}

    def test_a_kind_is_the_service_with_its_default_options(self):
        self.assertEqual({"postgres": Postgres()}, self.services("postgres"))

    def test_kinds_are_declared_together(self):
        @dataclasses.dataclass(frozen=True, repr=False)
        class Other(Postgres):
            kind = "other"

        with mock.patch.object(targets, "SERVICES", (Postgres(), Other())):
            first, second = self.targets("postgres", "other")

        self.assertIs(first.group, second.group)
        self.assertEqual([Postgres(), Other()], first.group.services)

    def test_a_class_is_all_that_it_declares_and_inherits_each_once(self):
        self.assertEqual(
            {"db": Postgres(migrations="migrations"), "reports": Postgres(name="reports")},
            self.services("shop:ShopTest"),
        )

    def test_a_class_that_is_no_test_case_is_as_good(self):
        self.assertEqual({"db": Postgres(version="15")}, self.services("shop:Plain"))

    def test_an_attribute_is_one_service_with_the_group_of_its_class(self):
        [target] = self.targets("shop:ShopTest.db")

        self.assertEqual("db", target.name)
        self.assertEqual(2, len(target.group.services))

    def test_a_service_of_a_module_is_alone(self):
        [target] = self.targets("shop:alone")

        self.assertEqual([Postgres(name="alone")], target.group.services)

    def test_what_is_named_twice_is_started_once(self):
        self.assertEqual(1, len(self.targets("postgres", "postgres")))
        self.assertEqual(2, len(self.targets("shop:ShopTest", "shop:ShopTest.db")))

    def test_modules_are_found_in_the_current_directory(self):
        self.assertNotIn(str(self.directory), sys.path)

        self.assertEqual(1, len(self.targets("shop:alone")))

    def test_a_kind_that_does_not_exist_names_the_nearest(self):
        self.assertEqual(
            "unknown service 'postgers'\n  next: did you mean postgres?", self.refusal("postgers")
        )

    def test_a_word_that_is_no_kind_says_how_a_service_is_named(self):
        ours = ", ".join(targets.kinds())

        self.assertEqual(
            f"unknown service 'shop'\n  next: name one of ours ({ours}), or what a class of yours "
            "declares: tests.test_shop:ShopTest, or tests.test_shop:ShopTest.db",
            self.refusal("shop"),
        )

    def test_half_a_path_says_how_a_service_is_named(self):
        for word in (":", "shop:", ":ShopTest"):
            self.assertIn(f"{word!r} names no service\n  next: name one of", self.refusal(word))

    def test_a_module_that_is_not_there_says_where_it_was_looked_for(self):
        for word, missing in (("shops:X", "shops"), ("shops.sub:X", "shops")):
            text = self.refusal(word)
            self.assertIn(f"{word}: there is no module {missing!r}\n", text)
            self.assertIn(f"are looked for in {self.directory}, as python -m does", text)

    def test_a_module_that_fails_shows_the_end_of_its_traceback(self):
        for name, source, words in (
            ("broken", "raise ValueError('no luck')", "ValueError: no luck"),
            ("lacking", "import nosuchmodule", "No module named 'nosuchmodule'"),
            ("unread", "x = (", "SyntaxError: '(' was never closed"),
        ):
            with self.subTest(name):
                self.write(f"{name}.py", source)
                text = self.refusal(f"{name}:X")
                self.assertIn(f"{name}:X: the module '{name}' cannot be imported\n", text)
                self.assertIn(words, text)
                self.assertIn(f"next: mend it: python -c 'import {name}'", text)
                self.assertNotIn("frozen", text)

    def test_an_attribute_that_is_not_there_names_the_nearest(self):
        self.assertEqual(
            "shop:ShopTest.dbs: ShopTest has no attribute 'dbs'\n  next: did you mean db?",
            self.refusal("shop:ShopTest.dbs"),
        )
        self.assertIn("next: did you mean ShopTest?", self.refusal("shop:Shop"))
        self.assertIn("known are: db, reports, same", self.refusal("shop:ShopTest.x"))
        self.assertIn("next: name one of ours", self.refusal("shop:Nothing.x"))

    def test_what_is_no_service_says_what_it_is(self):
        self.assertIn(
            "shop:Nothing.number is neither a service nor a class, but of type int\n",
            self.refusal("shop:Nothing.number"),
        )

    def test_a_class_without_a_service_says_so(self):
        self.assertIn("shop:Nothing: the class declares no service\n", self.refusal("shop:Nothing"))
