"""Tiers of test classes: which they are, and what becomes of those that are not chosen."""

import shutil
import unittest
from pathlib import Path

import click

from harness import HarnessTestCase
from harness.adapters.tiers import tier_of_class
from harness.errors import ConfigurationError
from tests.support.fakes import environment
from tests.support.inner import InnerTest
from tests.support.project import HOME, ProjectTest

REASON = "tier e2e is not chosen (tiers = unit,integration, set by HARNESS_TIERS)"


class TierTest(InnerTest):
    def test_a_class_with_services_is_of_integration_and_one_without_of_unit(self):
        class Without(HarnessTestCase):
            pass

        class With(HarnessTestCase):
            db = self.db

        class Plain(unittest.TestCase):
            pass

        found = [tier_of_class(case) for case in (Without, With, Plain)]
        self.assertEqual(["unit", "integration", "unit"], found)

    def test_what_a_class_says_counts_and_is_inherited(self):
        class Slow:
            tier = "e2e"

        class Case(Slow, HarnessTestCase):
            db = self.db

        class Heir(Case):
            pass

        class Other(Case):
            tier = "unit"

        found = [tier_of_class(case) for case in (Case, Heir, Other)]
        self.assertEqual(["e2e", "e2e", "unit"], found)

    def test_a_wrong_one_is_an_error_when_the_class_is_made_which_names_the_nearest(self):
        with self.assertRaises(ConfigurationError) as caught:

            class Case(HarnessTestCase):
                tier = "integraton"

        name = "test_a_wrong_one_is_an_error_when_the_class_is_made_which_names_the_nearest"
        self.assertEqual(
            f"TierTest.{name}.<locals>.Case.tier: unknown tier 'integraton'\n"
            "  next: did you mean integration?",
            str(caught.exception),
        )

    def test_a_wrong_one_that_comes_by_another_way_is_an_error_of_each_test(self):
        class Mixin:
            tier = 3

        class Case(Mixin, HarnessTestCase):
            def test(self):
                pass

        self.run_inner(Case)
        self.assertJournal("error")
        self.assertIn("unknown tier 3", self.result.errors[0][1])


class NotChosenTest(InnerTest):
    def setUp(self):
        super().setUp()
        note = self.journal.note

        class Case(HarnessTestCase):
            tier = "e2e"
            db = self.db

            @classmethod
            def setUpClass(cls):
                note("setUpClass")

            @classmethod
            def tearDownClass(cls):
                note("tearDownClass")

            def test_one(self):
                note("one")

            @unittest.skip("not on Sundays")
            def test_two(self):
                pass

        self.Case = Case

    def test_each_test_is_skipped_with_the_reason_and_nothing_of_the_class_runs(self):
        self.use(environment(HARNESS_TIERS="unit,integration"))
        self.run_inner(self.Case)
        self.assertJournal("skip", "skip")
        self.assertEqual([REASON, REASON], self.result.reasons)
        self.assertEqual([REASON, REASON], self.skipped)

    def test_debug_skips_too(self):
        self.use(environment(HARNESS_TIERS="unit,integration"))
        with self.printing(), self.assertRaisesRegex(unittest.SkipTest, "tier e2e is not chosen"):
            self.one(self.Case, "test_one").debug()

    def test_a_class_of_a_tier_that_is_chosen_runs(self):
        self.use(environment(HARNESS_TIERS="unit,e2e"))
        self.run_inner(self.Case)
        self.assertJournal("setUpClass", "one", "success", "skip", "tearDownClass")
        self.assertEqual(["not on Sundays"], self.result.reasons)
        self.assertEqual([], self.skipped)

    def test_a_class_that_is_skipped_anyway_keeps_its_reason(self):
        self.use(environment(HARNESS_TIERS="unit"))
        self.run_inner(unittest.skip("never")(self.Case))
        self.assertEqual(["never", "never"], self.result.reasons)
        self.assertEqual([], self.skipped)

    def test_a_wrong_setting_is_an_error_of_each_test(self):
        self.Case._harness_environment = classmethod(
            lambda cls: environment(HARNESS_TIERS="integartion")
        )
        self.run_inner(self.Case)
        self.assertJournal("setUpClass", "error", "skip", "tearDownClass")
        self.assertIn("unknown tier 'integartion'", self.result.errors[0][1])


class BareMachineTest(ProjectTest):
    """A machine with nothing but Python and this package."""

    def discover(self):
        return self.bare("-m", "unittest", "discover")

    def bare(self, *arguments):
        nothing = {
            **dict.fromkeys(("PATH", "HOME", "KAFKA_HOME"), "/nowhere"),
            **dict.fromkeys(("KAFKA_BOOTSTRAP_SERVERS", "TOXIPROXY_URL"), ""),
            "DOCKER_HOST": "unix:///nowhere",
        }
        return self.python("-S", *arguments, **nothing)

    def write_suite(self):
        self.write(
            "test_shop.py",
            """
            import unittest
            from harness import AsyncHarnessTestCase, HarnessTestCase
            from harness import Container, Kafka, Postgres, Redis

            class PriceTest(unittest.TestCase):
                def test_price(self):
                    pass

            class ShopTest(HarnessTestCase):
                db = Postgres()
                def test_one(self):
                    self.db.execute("select 1")
                def test_two(self):
                    self.db.execute("select 1")

            class HeldTest(HarnessTestCase):
                db = Postgres(isolation="commit")
                @classmethod
                def setUpClass(cls):
                    cls.hold(cls.db)
                def test_three(self):
                    pass

            class OtherTest(AsyncHarnessTestCase):
                cache = Redis()
                async def test_four(self):
                    self.cache.client

            class EventsTest(HarnessTestCase):
                tier = "e2e"
                events, web = Kafka(), Container("redis")
                def test_five(self):
                    self.events.topic("a")
            """,
        )

    def test_a_suite_passes_and_says_how_many_were_skipped_and_why(self):
        self.write_suite()
        done = self.discover()
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("Ran 5 tests", done.stderr)
        self.assertIn("OK (skipped=5)", done.stderr)
        told = done.stderr.partition("OK (skipped=5)\n")[2].splitlines()
        self.assertEqual("harness: 5 tests were skipped:", told[0])
        self.assertRegex(
            told[1],
            r"^    3: no provider can run Postgres \(external: DATABASE_URL is not set; docker: "
            r"the package pg8000 is not installed: "
            r'pip install "unittest-harness\[postgres\]"; embedded: ',
        )
        self.assertEqual(
            ["Kafka", "Redis"], sorted(line.split("run ")[1].split()[0] for line in told[2:])
        )

    def test_it_passes_in_several_processes_too_with_the_command_line_alone(self):
        self.write_suite()
        (self.directory / "click").symlink_to(Path(click.__file__).parent)
        done = self.bare("-m", "harness", "run", "-n", "2")
        self.assertEqual(0, done.returncode, done.stderr)
        told = done.stderr.partition("1 passed, 0 failed, 5 skipped in ")[2].splitlines()
        self.assertEqual("5 tests were skipped:", told[1])
        self.assertRegex(told[2], r"^    3: no provider can run Postgres \(external: DATABASE_URL")
        self.assertEqual(5, len(told))

    def test_so_does_a_sample(self):
        shutil.copytree(HOME / "samples/alerts", self.directory, dirs_exist_ok=True)
        done = self.bare("-m", "unittest")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("OK (skipped=8)\nharness: 8 tests were skipped:\n    8: no ", done.stderr)

    def test_tests_of_a_tier_that_is_not_chosen_are_told_as_such(self):
        self.write_suite()
        self.write("setup.cfg", "[harness]\ntiers = unit\n")
        done = self.discover()
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("OK (skipped=5)", done.stderr)  # Python 3.12.1 does not say that these ran
        path = self.directory / "setup.cfg"
        self.assertEqual(
            "harness: 5 tests were skipped:\n"
            f"    4: tier integration is not chosen (tiers = unit, set by {path})\n"
            f"    1: tier e2e is not chosen (tiers = unit, set by {path})\n",
            done.stderr.partition("OK (skipped=5)\n")[2],
        )
