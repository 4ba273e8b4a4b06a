"""The printed command really repeats the one test, with the numbers that it drew."""

import os
import re
from unittest import mock

from harness.adapters import repeat
from tests.support.project import HOME, ProjectTest

SUITE = """
    import random
    import unittest

    from harness import HarnessTestCase

    class DiceTest(HarnessTestCase):
        def test_roll(self):
            self.fail(f"drew {self.rng.random()} and {random.random()}")

        def test_roll_again(self):
            self.fail(f"drew {self.rng.random()} and {random.random()}")
"""
MAIN = """
    if __name__ == "__main__":
        unittest.main()
"""


def drawn(output, test="test_roll"):
    """Return what a test of the suite drew, by the output of its run."""
    return re.search(rf"FAIL: {test} .*?(drew \d\S+ and \d\S+)", output, re.DOTALL)[1]


def command(output, test="test_roll"):
    """Return the command that the output gives for repeating a test."""
    return re.search(rf"harness: repeat with: (.*DiceTest\.{test}\b'?)$", output, re.MULTILINE)[1]


class RepeatTest(ProjectTest):
    def assertRepeats(self, finished, expected, within=".", **variables):
        """Check that the command for `test_roll` is as expected, and repeats it alone."""
        found = command(finished.stderr)

        self.assertRegex(found, rf"^TEST_SEED=\d+ python {re.escape(expected)}$")
        again = self.shell(found, within, **variables)
        self.assertIn("Ran 1 test ", again.stderr)
        self.assertEqual(drawn(finished.stderr), drawn(again.stderr))

    def test_a_package_found_by_discovery(self):
        self.write("shop/__init__.py")
        self.write("shop/test_dice.py", SUITE)

        finished = self.python("-m", "unittest")

        self.assertRepeats(finished, "-m unittest shop.test_dice.DiceTest.test_roll")

    def test_a_module_named_on_the_command_line(self):
        self.write("dice.py", SUITE)

        finished = self.python("-m", "unittest", "dice")

        self.assertRepeats(finished, "-m unittest dice.DiceTest.test_roll")

    def test_a_directory_to_start_in(self):
        self.write("checks/test_dice.py", SUITE)

        finished = self.python("-m", "unittest", "discover", "-s", "checks")

        self.assertRepeats(
            finished, "-m unittest discover -s checks -k '*test_dice.DiceTest.test_roll'"
        )

    def test_a_package_below_a_directory_to_start_in(self):
        self.write("my checks/shop/__init__.py")
        self.write("my checks/shop/test_dice.py", SUITE)

        finished = self.python("-m", "unittest", "discover", "-s", "my checks")

        self.assertRepeats(
            finished, "-m unittest discover -s 'my checks' -k '*shop.test_dice.DiceTest.test_roll'"
        )

    def test_a_top_level_directory_apart_from_the_one_to_start_in(self):
        self.write("checks/__init__.py")
        self.write("checks/test_dice.py", SUITE)

        finished = self.python("-m", "unittest", "discover", "-s", "checks", "-t", ".")

        self.assertRepeats(finished, "-m unittest checks.test_dice.DiceTest.test_roll")

    def test_a_directory_on_the_users_own_path(self):
        self.write("checks/test_dice.py", SUITE)
        path = os.pathsep.join(["checks", str(HOME)])

        finished = self.python("-m", "unittest", "test_dice", PYTHONPATH=path)

        self.assertRepeats(finished, "-m unittest test_dice.DiceTest.test_roll", PYTHONPATH=path)

    def test_a_pattern_of_file_names(self):
        self.write("checks/dice_checks.py", SUITE)

        finished = self.python("-m", "unittest", "discover", "-s", "checks", "-p", "*_checks.py")

        self.assertRepeats(
            finished,
            "-m unittest discover -s checks -p dice_checks.py -k '*dice_checks.DiceTest.test_roll'",
        )

    def test_a_file_that_is_run(self):
        self.write("checks/test_dice.py", SUITE + MAIN)

        finished = self.python("checks/test_dice.py")

        self.assertRepeats(finished, "checks/test_dice.py DiceTest.test_roll")

    def test_a_module_that_is_run(self):
        self.write("checks/__init__.py")
        self.write("checks/test_dice.py", SUITE + MAIN)

        finished = self.python("-m", "checks.test_dice")

        self.assertRepeats(finished, "-m checks.test_dice DiceTest.test_roll")

    def test_the_command_is_for_the_directory_of_the_run(self):
        self.write("setup.cfg", "[harness]\n")
        self.write("checks/test_dice.py", SUITE)

        finished = self.python("-m", "unittest", within="checks")

        self.assertRepeats(finished, "-m unittest test_dice.DiceTest.test_roll", within="checks")

    def test_a_test_without_a_file_of_its_own_is_named_all_the_same(self):
        with mock.patch("inspect.getfile", side_effect=OSError):
            self.assertIn("tests.adapters.test_repeat.RepeatTest", repeat.repeat_command(self, 7))


class SeedTest(ProjectTest):
    def setUp(self):
        super().setUp()
        self.write("setup.cfg", "[harness]\nseed = 42\n")
        self.write("checks/__init__.py")
        self.write("checks/test_dice.py", SUITE)

    def test_a_test_draws_the_same_from_any_directory_and_in_any_selection(self):
        whole = self.python("-m", "unittest")
        below = self.python("-m", "unittest", within="checks")
        alone = self.python("-m", "unittest", "discover", "-s", "checks", "-k", "again")

        for finished in (below, alone):
            self.assertEqual(
                drawn(whole.stderr, "test_roll_again"), drawn(finished.stderr, "test_roll_again")
            )

    def test_the_variable_wins_over_the_settings_file(self):
        self.assertNotEqual(
            drawn(self.python("-m", "unittest").stderr),
            drawn(self.python("-m", "unittest", TEST_SEED="43").stderr),
        )

    def test_the_seed_of_a_buffered_run_is_printed_once(self):
        finished = self.python("-m", "unittest", "--buffer", TEST_SEED="43")

        self.assertEqual(1, finished.stderr.count("harness: seed 43 (TEST_SEED=43 repeats"))

    def test_without_a_seed_each_run_draws_anew(self):
        self.write("setup.cfg", "[harness]\n")

        one, other = self.python("-m", "unittest"), self.python("-m", "unittest")

        self.assertNotEqual(drawn(one.stderr), drawn(other.stderr))


class SelectionTest(ProjectTest):
    def test_a_selected_test_and_module_cleanups_and_a_buffered_run_work_as_in_plain_unittest(self):
        self.write(
            "test_shop.py",
            """
            import sys
            import unittest
            from harness import HarnessTestCase
            from tests.support.fakes import Fake, Journal, environment

            journal = Journal()

            def setUpModule():
                unittest.addModuleCleanup(lambda: print(*journal.entries, file=sys.__stdout__))

            class ShopTest(HarnessTestCase):
                environment = environment()
                db = Fake(journal)

                def test_opening(self):
                    self.db.use()

                def test_closing(self):
                    self.fail("not selected")
            """,
        )

        finished = self.python("-m", "unittest", "--buffer", "-k", "opening")

        self.assertEqual(0, finished.returncode, finished.stderr)
        self.assertEqual("db start db acquire db use db release\n", finished.stdout)
        self.assertEqual(
            1, finished.stderr.count("harness: fake on external (FAKE_URL=fake://127.0.0.1)\n")
        )

    def test_failfast_stops_the_run(self):
        self.write("test_dice.py", SUITE)

        finished = self.python("-m", "unittest", "-f")

        self.assertIn("Ran 1 test ", finished.stderr)

    def test_a_wrong_setting_fails_every_test_with_the_nearest_name(self):
        self.write("test_dice.py", SUITE)

        finished = self.python("-m", "unittest", HARNESS_PROVIDERS="dokcer")

        self.assertIn("FAILED (errors=2)", finished.stderr)
        self.assertIn("did you mean docker?", finished.stderr)
