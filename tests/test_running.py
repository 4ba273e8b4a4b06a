"""How the project's own tests are run: what `python -m tests` adds to `harness run`."""

import re
from pathlib import Path

from tests.support.project import ProjectTest

MAIN = """
    from pathlib import Path

    from tests.support import running

    HERE = Path(__file__).parent

    if __name__ == "__main__":
        running.main(HERE, HERE.parent)
"""
SUITE = """
    import os
    import sys
    import unittest
    from pathlib import Path

    HERE = Path(__file__).parent

    class ATest(unittest.TestCase):
        def test_it(self):
            with open(HERE / "said", "a") as file:
                print(os.environ["HARNESS_STATE_DIR"], sys.flags.dev_mode, file=file)

    class BTest(ATest):
        pass

    class OtherTest(unittest.TestCase):
        def test_fails(self):
            self.fail("as told")

        def test_skips(self):
            self.skipTest("not today")
"""


class RunningTest(ProjectTest):
    def setUp(self):
        super().setUp()
        self.write("suite/__init__.py")
        self.write("suite/__main__.py", MAIN)
        self.write("suite/test_suite.py", SUITE)
        self.state = self.directory / "state"

    def run_suite(self, *arguments, code=0):
        """Run the suite; return the line that counts its tests."""
        done = self.python("-m", "suite", *arguments, HARNESS_STATE_DIR=str(self.state))
        output = done.stdout + done.stderr
        self.assertEqual(code, done.returncode, output)
        self.assertNotIn("ResourceWarning", output)  # of the runner's own
        return re.findall(r"^\d+ passed, .*", output, re.MULTILINE)[-1]

    def test_a_line_counts_what_passed_failed_and_was_skipped(self):
        self.assertRegex(self.run_suite(code=1), r"^2 passed, 1 failed, 1 skipped\b")
        self.assertRegex(self.run_suite("-k", "test_it"), r"^2 passed, 0 failed, 0 skipped\b")

    def test_each_worker_has_a_state_directory_of_its_own_that_goes_with_the_run(self):
        self.run_suite("-n", "2", "-k", "test_it")

        said = (self.directory / "suite/said").read_text().splitlines()
        self.assertEqual(2, len(said))
        for line in said:
            place, _, development = line.partition(" ")
            self.assertEqual(self.state, Path(place).parents[1])
            self.assertEqual("True", development)  # workers are as strict as who started them
        self.assertEqual([], [*self.state.iterdir()])
