"""Which tiers of a suite `harness run` runs, and what it says of the others."""

import sys
import unittest
from unittest import mock

from harness import HarnessTestCase, Postgres
from harness.runner.ledger import Ledger, UnitAccount
from harness.runner.tiers import tier_of, tiers_of, wrong_tiers
from tests.runner.suites import RunnerTest

SUITE = """
from harness import HarnessTestCase, Postgres

class PlainTest(unittest.TestCase):
    def test_a(self):
        pass

class ShopTest(HarnessTestCase):
    db = Postgres()
    def test_b(self):
        pass
    def test_c(self):
        pass

class BrowserTest(unittest.TestCase):
    tier = "e2e"
    def test_d(self):
        self.skipTest("no browser")

class ButtonsTest(BrowserTest):
    def test_e(self):
        self.skipTest("no browser")
"""


class RunTest(RunnerTest):
    def test_tiers_are_chosen_by_the_command_line_and_the_others_are_counted(self):
        self.write(test_all=SUITE, test_broken="import nowhere\n")
        text = self.run_suite("-n", "2", "--tier", "unit,e2e", "--tier", "e2e", code=1)
        self.assertIn("harness: 2 tests of other tiers not chosen (tiers = unit,e2e)\n", text)
        self.assertEqual("1 passed, 1 failed, 3 skipped", self.last_line(text))
        self.assertIn("3 tests were skipped:\n    3: no browser\n", text)
        self.assertNotIn("ShopTest", text)

    def test_tiers_are_chosen_by_the_setting_unless_the_command_line_says_otherwise(self):
        self.write(test_all=SUITE)
        (self.root / "setup.cfg").write_text("[harness]\ntiers = unit\n")
        text = self.run_suite("-v")
        self.assertEqual("1 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertIn("5 tests of other tiers not chosen (tiers = unit)", text)
        text = self.run_suite("-v", "--tier", "integration")
        self.assertIn("test_all.ShopTest.test_b ... passed", text)
        self.assertEqual("2 passed, 0 failed, 0 skipped", self.last_line(text))

    def test_an_unknown_tier_is_refused_or_where_a_class_says_it_told(self):
        self.write(
            test_all="class ATest(unittest.TestCase):\n    tier = 'smok'\n    def test(self): pass"
        )
        self.assertEqual(
            "harness: unknown tier 'unti'\n  next: did you mean unit?\n",
            self.run_suite("--tier", "unti", code=2),
        )
        text = self.run_suite("-n", "2")
        known = "known are: e2e, integration, unit"
        line = f"harness: test_all.ATest: unknown tier 'smok', not used; {known}\n"
        self.assertEqual(1, text.count(line), text)


class Plain(unittest.TestCase):
    def example(self):
        pass


class Database(HarnessTestCase):
    db = Postgres()

    def example(self):
        pass


class Said(Plain):
    tier = "e2e"


class LedgerTest(unittest.TestCase):
    def test_the_account_has_the_tier_of_each_test(self):
        ledger = Ledger()
        ledger.expect(UnitAccount("one", ("a", "b"), {"tiers": "unit"}))
        ledger.expect(UnitAccount("two", ("c", "d"), {"tiers": ["unit", "e2e"]}))
        self.assertEqual(["unit", "unit", "unit", "e2e"], [entry.tier for entry in ledger.numbered])


class TierTest(unittest.TestCase):
    def test_every_test_has_one(self):
        found = [tier_of(case("example")) for case in (Plain, Database, Said)]
        self.assertEqual(["unit", "integration", "e2e"], found)
        self.assertEqual("unit", tier_of(unittest.FunctionTestCase(print)))

    def test_what_is_no_text_is_not_meant_to_be_one(self):
        other = type("Other", (Plain,), {"tier": 3})
        self.assertEqual(("unit", []), (tier_of(other("example")), wrong_tiers([other])))

    def test_a_wrong_one_is_told_once_of_the_class_that_says_it(self):
        wrong = type("Wrong", (Plain,), {"tier": "integartion"})
        heir = type("Heir", (wrong,), {})
        self.assertEqual(
            [f"{__name__}.Wrong: unknown tier 'integartion', not used; did you mean integration?"],
            wrong_tiers([heir, wrong, Said, Plain]),
        )

    def test_one_that_all_tests_of_a_unit_have_is_told_once(self):
        one, other = Plain("example"), Said("example")
        self.assertEqual("unit", tiers_of([one, one]))
        self.assertEqual(["unit", "e2e", "unit"], tiers_of([one, other, one]))

    def test_it_costs_no_import_where_no_service_is_loaded(self):
        with mock.patch.dict(sys.modules, {"harness.adapters.declared": None}):
            del sys.modules["harness.core.service"]
            self.assertEqual("unit", tier_of(Plain("example")))
