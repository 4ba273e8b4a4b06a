"""Run the project's tests: `python -m tests [-k PATTERN] [-v]`, with a closing line to count by."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[1]


class CountingResult(unittest.TextTestResult):
    """A result that counts what passed: `testsRun` counts skipped tests in some Pythons only."""

    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.passed += 1

    @property
    def summary(self):
        """How many tests passed, failed and were skipped, as one line."""
        failed = len(self.failures) + len(self.errors) + len(self.unexpectedSuccesses)
        return f"{self.passed} passed, {failed} failed, {len(self.skipped)} skipped"


class CountingRunner(unittest.TextTestRunner):
    resultclass = CountingResult


def main():
    """Discover and run; exit with 1 when a test failed or none ran."""
    where = ["-s", str(ROOT / "tests"), "-t", str(ROOT)]
    program = unittest.main(
        module=None,
        argv=["python -m tests", "discover", *where, *sys.argv[1:]],
        testRunner=CountingRunner,
        exit=False,
        buffer=True,
        warnings="error" if "error" in sys.warnoptions else None,
    )
    print(program.result.summary)
    sys.exit(not program.result.wasSuccessful() or not program.result.testsRun)


if __name__ == "__main__":
    main()
