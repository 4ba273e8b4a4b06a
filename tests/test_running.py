"""How the project's own tests are run: what `python -m tests` prints and exits with."""

import re

from tests.support.project import ProjectTest

MAIN = """
    from pathlib import Path

    from tests.support import running

    HERE = Path(__file__).parent

    if __name__ == "__main__":
        running.main(HERE, HERE.parent)
"""
PASSING = """
    import unittest

    class PassingTest(unittest.TestCase):
        def test_one(self): pass
        def test_two(self): pass
        def test_three(self): self.skipTest("not today")
"""
FAILING = """
    import unittest

    class FailingTest(unittest.TestCase):
        def test_it(self): self.fail("as told")
"""
DYING = """
    import os
    import unittest

    class DyingTest(unittest.TestCase):
        def test_it(self): os._exit(3)
"""
NOTING = """
    import os
    import unittest
    from pathlib import Path

    class NotingTest(unittest.TestCase):
        def test_it(self):
            with open(Path(__file__).parent / "processes", "a") as file:
                print(os.getpid(), file=file)
"""
# Both are begun before one ends, or neither ever does: only processes at once can pass.
MEETING = """
    import os
    import time
    import unittest
    from pathlib import Path

    HERE = Path(__file__).parent

    class MeetingTest(unittest.TestCase):
        def test_it(self):
            (HERE / f"{{__name__}}.here").touch()
            deadline = time.monotonic() + 30
            while not (HERE / "suite.{other}.here").exists():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            print(os.environ["HARNESS_STATE_DIR"], file=open(HERE / f"{{__name__}}.place", "w"))
"""


class RunningTest(ProjectTest):
    def suite(self, **modules):
        """Write a suite with the modules `test_NAME`."""
        self.write("suite/__init__.py")
        self.write("suite/__main__.py", MAIN)
        for name, text in modules.items():
            self.write(f"suite/test_{name}.py", text)

    def assertRuns(self, expected, *arguments, code=0):
        """Check the closing line and the exit code; return what was printed."""
        state = str(self.directory / "state")  # a worker that dies leaves its directory
        finished = self.python("-m", "suite", *arguments, HARNESS_STATE_DIR=state)
        output = finished.stdout + finished.stderr

        self.assertRegex(finished.stdout.splitlines()[-1], f"^{expected}$", output)
        self.assertEqual(code, finished.returncode, output)
        return output

    def test_one_process_counts_what_passed_failed_and_was_skipped(self):
        self.suite(passing=PASSING, failing=FAILING)

        self.assertRuns("2 passed, 1 failed, 1 skipped", code=1)

    def test_several_processes_count_the_same(self):
        self.suite(passing=PASSING, other=PASSING, failing=FAILING)

        output = self.assertRuns("4 passed, 1 failed, 2 skipped", "-j", "2", code=1)

        self.assertIn("AssertionError: as told", output)

    def test_what_passes_in_several_processes_is_green(self):
        self.suite(passing=PASSING, other=PASSING)

        self.assertRuns("4 passed, 0 failed, 2 skipped", "-j", "3")

    def test_a_run_of_nothing_is_red(self):
        self.suite(passing=PASSING)

        self.assertRuns("0 passed, 0 failed, 0 skipped", "-j", "2", "-k", "nothing", code=1)

    def test_they_run_at_once_and_each_in_a_state_directory_of_its_own(self):
        names = ("one", "other")
        one, other = (MEETING.format(other=f"test_{name}") for name in reversed(names))
        self.suite(one=one, other=other)

        self.assertRuns("2 passed, 0 failed, 0 skipped", "-j", "2")

        places = {(self.directory / f"suite/suite.test_{n}.place").read_text() for n in names}
        self.assertEqual(2, len(places))

    def test_what_starts_the_same_slow_servers_runs_in_one_process(self):
        self.suite(kafka_one=NOTING, kafka_other=NOTING, kafka_third=NOTING, passing=PASSING)

        self.assertRuns("5 passed, 0 failed, 1 skipped", "-j", "3")

        self.assertEqual(1, len({*(self.directory / "suite/processes").read_text().split()}))

    def test_what_was_kept_for_a_worker_that_dies_is_named_and_red(self):
        later = "".join(f"        def test_later_{n}(self): pass\n" for n in range(3))
        self.suite(kafka_first=DYING + later, kafka_b=PASSING, kafka_c=PASSING)

        output = self.assertRuns("0 passed, 3 failed, 0 skipped", "-j", "2", code=1)

        for name in "bc":
            self.assertIn(f"suite.test_kafka_{name} was not run", output)

    def test_what_a_module_prints_stands_together_under_its_name(self):
        self.suite(passing=PASSING, other=PASSING)

        output = self.assertRuns("4 passed, 0 failed, 2 skipped", "-j", "2", "-v")

        for name in ("passing", "other"):
            part = re.search(rf"== suite\.test_{name}, .*?\nOK", output, re.DOTALL)[0]
            self.assertEqual(1, part.count("\n== ") + 1)
            for test in ("one", "two", "three"):
                self.assertIn(f"suite.test_{name}.PassingTest.test_{test}", part)

    def test_a_pattern_chooses_tests(self):
        self.suite(passing=PASSING, failing=FAILING)

        output = self.assertRuns("1 passed, 0 failed, 0 skipped", "-j", "2", "-k", "test_one")

        self.assertNotIn("test_failing", output)

    def test_the_first_failure_ends_the_run_if_asked_to(self):
        self.suite(**{f"failing_{number}": FAILING for number in range(9)})

        output = self.assertRuns("0 passed, [12] failed, 0 skipped", "-j", "2", "-f", code=1)

        self.assertIn("was not run", output)

    def test_a_worker_that_dies_is_a_failure_and_the_others_go_on(self):
        self.suite(passing=PASSING, dying=DYING, other=PASSING)

        output = self.assertRuns("4 passed, 1 failed, 2 skipped", "-j", "2", code=1)

        self.assertIn("a worker ended with exit code 3 in suite.test_dying", output)

    def test_what_no_worker_is_left_for_is_named_and_red(self):
        self.suite(dying=DYING, dying_too=DYING, dying_last=DYING)

        output = self.assertRuns("0 passed, 3 failed, 0 skipped", "-j", "2", code=1)

        self.assertIn(" was not run", output)

    def test_a_module_that_cannot_be_imported_is_a_failure(self):
        self.suite(passing=PASSING, broken="import nothing_of_that_name")

        output = self.assertRuns("2 passed, 1 failed, 1 skipped", "-j", "2", code=1)

        self.assertIn("No module named 'nothing_of_that_name'", output)
