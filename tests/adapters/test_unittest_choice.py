"""Where no provider fits, each test is skipped with the reasons, or fails where it is required."""

import unittest

from harness import Environment, HarnessTestCase
from harness.errors import CapabilityError, ConfigurationError, RequiredError
from tests.support.fakes import empty_environment, environment
from tests.support.inner import InnerTest


class NoProviderTest(InnerTest):
    def setUp(self):
        super().setUp()
        note = self.journal.note

        class Case(HarnessTestCase):
            db = self.db

            def setUp(self):
                note("setUp")

            def test_one(self):
                self.db.use()

            def test_two(self):
                pass

        self.Case = Case

    def test_each_test_is_skipped_before_its_setup(self):
        self.use(empty_environment())

        result = self.run_inner(self.Case)

        self.assertJournal("skip", "skip")
        self.assertEqual(2, result.testsRun)

    def test_the_skip_names_the_reason_of_every_provider(self):
        self.use(empty_environment())

        result = self.run_inner(self.Case)

        self.assertEqual(
            "no provider can run Fake(name='db')\n"
            "    external: FAKE_URL is not set\n"
            "    docker: a fake does not run on docker\n"
            "    embedded: a fake does not run on embedded\n"
            "  next: run `harness doctor` to see what to install",
            result.reasons[0],
        )

    def test_debug_skips_too(self):
        self.use(empty_environment())

        with self.assertRaisesRegex(unittest.SkipTest, "FAKE_URL is not set"):
            self.one(self.Case, "test_one").debug()

    def test_a_required_service_is_an_error(self):
        self.use(empty_environment(HARNESS_REQUIRE="fake"))

        result = self.run_inner(self.Case)

        self.assertJournal("error", "error")
        self.assertIn(
            "no provider can run Fake(name='db'), and it is required", result.errors[0][1]
        )

    def test_a_required_pair_is_an_error_though_another_provider_would_do(self):
        self.use(empty_environment(HARNESS_REQUIRE="fake@external"))

        result = self.run_inner(self.Case)

        self.assertJournal("error", "error")
        self.assertIn(
            "RequiredError: fake@external is required and cannot run here\n"
            "  likely cause: FAKE_URL is not set\n"
            "  next: run `harness doctor`, or take it out of HARNESS_REQUIRE\n",
            result.errors[0][1],
        )

    def test_debug_raises_that_a_service_is_required(self):
        self.use(empty_environment(HARNESS_REQUIRE="all"))

        with self.assertRaises(RequiredError):
            self.one(self.Case, "test_one").debug()

    def test_a_test_that_is_skipped_anyway_does_not_miss_a_required_service(self):
        self.use(empty_environment(HARNESS_REQUIRE="fake"))

        class Case(HarnessTestCase):
            db = self.db

            @unittest.skip("not on Sundays")
            def test(self):
                pass

        result = self.run_inner(Case)

        self.assertEqual(["not on Sundays"], result.reasons)
        self.assertJournal("skip")

    def test_a_class_without_services_runs_anywhere(self):
        self.use(empty_environment(HARNESS_REQUIRE="all"))

        class Case(HarnessTestCase):
            def test(self):
                pass

        self.run_inner(Case)

        self.assertJournal("success")


class BrokenSettingsTest(InnerTest):
    def test_a_wrong_setting_is_an_error_of_each_test_and_the_suite_goes_on(self):
        class Case(HarnessTestCase):
            def test_one(self):
                pass

            def test_two(self):
                pass

        class Broken(Environment):
            @property
            def settings(self):
                return environment(HARNESS_PROVIDERS="dokcer").settings

        self.use(Broken())
        result = self.run_inner(Case)

        self.assertJournal("error", "error")
        self.assertIn("did you mean docker?", result.errors[0][1])

    def test_debug_raises_that_a_setting_is_wrong(self):
        class Case(HarnessTestCase):
            def test(self):
                pass

        class Broken(Environment):
            @property
            def settings(self):
                raise ConfigurationError("the list of providers is empty")

        self.use(Broken())
        with self.assertRaises(ConfigurationError):
            self.one(Case).debug()

    def test_a_provider_that_breaks_is_an_error_of_each_test_and_the_suite_goes_on(self):
        class Broken(type(self.db)):
            def recipe(self, provider):
                raise RuntimeError("a bug")

        class Case(HarnessTestCase):
            db = Broken(self.journal)

            def test_one(self):
                pass

            def test_two(self):
                pass

        self.run_inner(Case)

        self.assertJournal("error", "error")


class NoticeTest(InnerTest):
    def test_the_choice_is_printed_once_with_its_reason(self):
        self.use(environment(HARNESS_PROVIDERS="docker,external"))

        class Case(HarnessTestCase):
            db = self.db

            def test_one(self):
                pass

            def test_two(self):
                self.db.use()

        self.run_inner(Case)

        self.assertEqual(
            [
                "harness: fake on external (FAKE_URL=fake://127.0.0.1); "
                "not docker: a fake does not run on docker"
            ],
            [line for line in self.printed.splitlines() if "seed" not in line],
        )


class CapabilityTest(InnerTest):
    def setUp(self):
        super().setUp()

        class Case(HarnessTestCase):
            db = self.db

            def test(self):
                self.requireCapability(self.db, "fake.flying")

        self.Case = Case

    def test_a_test_that_needs_a_missing_capability_is_skipped_with_the_reason(self):
        result = self.run_inner(self.Case)

        self.assertOutcomes("skip")
        self.assertIn("fake on external cannot do: fake.flying", result.reasons[0])

    def test_a_missing_capability_is_an_error_where_the_service_is_required(self):
        self.use(environment(HARNESS_REQUIRE="fake"))

        result = self.run_inner(self.Case)

        self.assertOutcomes("error")
        self.assertIsInstance(result.raised[0], CapabilityError)
