"""What `harness run --coverage` measures: each test apart, over all workers, dead or alive."""

import coverage

from tests.runner.suites import RunnerTest

SHOP = """
def price(count):
    if count > 9:
        return count * 9
    return count * 10


def stock():
    return 3


def unused():
    return None
"""
TESTS = """
import shop

class ATest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stock = shop.stock()

    def test_few(self):
        self.assertEqual(10, shop.price(1))

    def test_many(self):
        self.assertEqual(90, shop.price(10))

class BTest(unittest.TestCase):
    def test_many(self):
        self.assertEqual(180, shop.price(20))
"""
PRICE, MANY, FEW, STOCK, UNUSED = 3, 4, 5, 9, 13  # lines of the shop


class CoverageTest(RunnerTest):
    def setUp(self):
        super().setUp()
        (self.root / "shop.py").write_text(SHOP)
        self.configure("source = .")

    def configure(self, *run, report=""):
        lines = ["[run]", *run, "[report]", report]
        (self.root / ".coveragerc").write_text("\n".join(lines))

    def contexts(self):
        """Return which contexts have reached each line of the shop."""
        data = coverage.CoverageData(str(self.root / ".coverage"))
        data.read()
        found = data.contexts_by_lineno(str(self.root.resolve() / "shop.py"))
        return {line: sorted(names) for line, names in found.items()}

    def test_each_line_is_told_with_the_tests_that_reach_it(self):
        self.write(test_shop=TESTS)
        for workers in "1", "2":
            text = self.run_suite("--coverage", "-n", workers)
            self.assertRegex(text, r"\ncoverage:\nName .*\n-+\nshop\.py +8 +1 +88%\n")
            few, many = "test_shop.ATest.test_few", "test_shop.ATest.test_many"
            found = self.contexts()
            self.assertEqual([few], found[FEW])
            self.assertEqual([many, "test_shop.BTest.test_many"], found[MANY])
            self.assertEqual([few, many, "test_shop.BTest.test_many"], found[PRICE])
            self.assertEqual(["test_shop.ATest"], found[STOCK])
            self.assertNotIn(UNUSED, found)
            self.assertEqual([""], found[2])

    def test_a_worker_that_is_killed_loses_no_test_but_its_last(self):
        self.write(
            test_shop=f"""
            {TESTS.replace(chr(10), chr(10) + " " * 12)}
                def test_z(self):
                    os.kill(os.getpid(), signal.SIGKILL)
            """
        )
        text = self.run_suite("--coverage", code=1)
        self.assertIn("shop.py", text)
        self.assertIn("test_shop.BTest.test_many", self.contexts()[MANY])
        self.assertEqual(["test_shop.ATest.test_few"], self.contexts()[FEW])

    def test_the_projects_own_configuration_counts(self):
        self.write(test_shop=TESTS)
        self.configure("source = .", "branch = true", "data_file = made", report="fail_under = 99")
        text = self.run_suite("--coverage", code=4)
        self.assertRegex(text, r"shop\.py +8 +1 +2 +0 +90%")
        self.assertRegex(
            text, r"\nharness: coverage is 9\d\.\d\d %, and `fail_under` asks for 99 %\n"
        )
        self.assertTrue((self.root / "made").exists())
        self.assertFalse((self.root / ".coverage").exists())

    def test_a_failure_counts_more_than_what_is_not_reached(self):
        self.write(test_shop=TESTS.replace("180", "1"))
        self.configure("source = .", report="fail_under = 99")
        self.run_suite("--coverage", code=1)

    def test_what_was_measured_before_is_not_in_it(self):
        self.write(test_shop=TESTS)
        self.run_suite("--coverage")
        self.run_suite("--coverage", "-k", "test_few")
        self.assertEqual(["test_shop.ATest.test_few"], self.contexts()[PRICE])
        self.assertNotIn(MANY, self.contexts())

    def test_a_configuration_that_cannot_be_used_is_told_before_the_run(self):
        self.write(test_shop=TESTS)
        self.configure("branch = perhaps")
        text = self.run_suite("--coverage", code=2)
        self.assertIn("harness: the configuration of coverage.py cannot be used: ", text)

    def test_workers_on_other_machines_are_refused(self):
        text = self.run_suite("--coverage", "--cluster", "tcp://127.0.0.1:1", code=2)
        self.assertIn("harness: --coverage cannot be used with workers on other machines\n", text)
        self.assertIn("  next: write --cluster local, or measure the shards", text)

    def test_a_missing_library_is_told_before_the_run(self):
        (self.root / "coverage.py").write_text("raise ImportError\n")
        text = self.run_suite("--coverage", code=2)
        self.assertEqual(
            "harness: coverage.py is not installed\n"
            '  next: pip install "unittest-harness[coverage]"\n',
            text,
        )

    def test_a_data_file_that_cannot_be_written_is_no_pass(self):
        self.write(test_shop=TESTS)
        self.configure("source = .", "data_file = /proc/nowhere/data")
        text = self.run_suite("--coverage", code=3)
        self.assertIn("harness: there is no report on coverage: ", text)
        self.assertIn("3 passed, 0 failed", text)
