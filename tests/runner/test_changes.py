"""`harness run --changed-since`: which tests run, and what is said of it."""

import os
import subprocess
import sys
from unittest import mock

from harness.runner.options import Options
from tests.runner.changes.repositories import ENVIRONMENT, git, with_git
from tests.runner.suites import RunnerTest

MONEY = "def cents(euros):\n    return euros * 100\n"
SHOP = """
from money import cents
class ShopTest(unittest.TestCase):
    def test_shop(self):
        self.assertEqual(100, cents(1))
    def test_other(self):
        pass
"""
ALONE = """
class AloneTest(unittest.TestCase):
    def test_alone(self):
        pass

class QuickTest(unittest.TestCase):
    smoke = True
    def test_quick(self):
        pass
"""
WHY = "money.py changed: test_shop.py > money.py"


@with_git
class ChangesTest(RunnerTest):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.dict(os.environ, ENVIRONMENT))
        self.write(money=MONEY, test_shop=SHOP, test_alone=ALONE)
        git(self.root, "init", "-q", "-b", "main")
        self.commit()

    def commit(self):
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "-m", "a step")

    def test_what_a_change_reaches_runs_and_why_is_told(self):
        self.write(money=MONEY.replace("100", "10"))
        text = self.run_suite("-n", "2", "--changed-since", "main", "--why", code=1)
        told = [line for line in text.splitlines() if line.startswith(("harness: 3", "    test_"))]
        self.assertEqual(
            [
                "harness: 3 of 4 tests, for 1 file changed since main: 2 by imports, 1 smoke",
                "    test_alone.QuickTest.test_quick: smoke = True",
                f"    test_shop.ShopTest.test_other: {WHY}",
                f"    test_shop.ShopTest.test_shop: {WHY}",
            ],
            told,
        )
        self.assertEqual("2 passed, 1 failed, 0 skipped", self.last_line(text))

    def test_a_change_that_reaches_no_test_is_no_failure(self):
        self.write(test_alone="")
        self.commit()
        text = self.run_suite("--changed-since", "HEAD")
        self.assertIn("0 of 2 tests, for 0 files changed since HEAD: it reaches none\n", text)
        self.assertEqual("0 passed, 0 failed, 0 skipped", self.last_line(text))

    def test_a_suite_of_its_own_runs_as_a_whole_if_one_of_it_is_reached(self):
        self.write(
            test_suite="""
            from test_alone import AloneTest
            from test_shop import ShopTest

            class Suite(unittest.TestSuite):
                pass

            def load_tests(loader, tests, pattern):
                return Suite([ShopTest("test_shop"), AloneTest("test_alone")])
            """
        )
        self.commit()
        self.write(money=MONEY + "\n")
        text = self.run_suite("--changed-since", "main", "-p", "test_suite.py", "--why")
        self.assertIn("    test_shop.ShopTest.test_shop: money.py changed: test_suite.py > ", text)
        self.assertEqual("2 passed, 0 failed, 0 skipped", self.last_line(text))

    def test_a_test_that_has_run_the_change_runs_where_coverage_recorded_it(self):
        unseen = 'sys.modules["mon" + "ey"].cents(1)'  # which test_shop has imported
        self.write(test_alone=ALONE.replace("pass", unseen, 1))
        self.commit()
        self.run_suite("--coverage")
        self.write(money="def cents(euros):\n    return 100\n")
        text = self.run_suite("--changed-since", "HEAD", "--why")
        self.assertIn("4 of 4 tests, for 1 file changed since HEAD: 2 by imports, ", text)
        self.assertIn("AloneTest.test_alone: it ran money.py, which changed, when coverage", text)
        (self.root / ".coverage").write_text("garbage")
        text = self.run_suite("--changed-since", "HEAD")
        self.assertIn("harness: recorded coverage is not used, for it cannot be read: ", text)
        self.assertIn("3 of 4 tests", text)

    def test_tests_that_are_found_by_a_link_run_if_it_leads_elsewhere(self):
        for name in "old", "new":
            (self.root / name).mkdir()
            (self.root / name / "tests.py").write_text((self.root / "test_alone.py").read_text())
        link = self.root / "test_link.py"
        link.symlink_to("old/tests.py")
        self.commit()
        link.unlink()
        link.symlink_to("new/tests.py")
        text = self.run_suite("--changed-since", "HEAD", "--why")
        self.assertIn("test_link.AloneTest.test_alone: test_link.py changed\n", text)

    def test_what_git_cannot_tell_ends_the_run_before_it_begins(self):
        text = self.run_suite("--changed-since", "mian", code=2)
        self.assertEqual(
            "harness: --changed-since: there is no commit 'mian' in this clone\n"
            "  likely cause: it was mistyped, or not fetched\n"
            "  next: git fetch; did you mean main?\n",
            text,
        )

    def test_nothing_of_it_is_imported_by_a_run_without_it(self):
        self.assertIsNone(Options().reach)
        code = (
            "import sys; from harness.runner import main, choice; from harness.cli import run\n"
            "print([name for name in sys.modules if 'runner.changes' in name])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertEqual("[]\n", done.stdout, done.stderr)
