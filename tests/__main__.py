"""Run the project's tests: `python -m tests [-k PATTERN] [-v]`, with a closing line to count by."""

import atexit
import os
import shutil
import signal
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATE = "HARNESS_STATE_DIR"


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


def share_with_nobody():
    """Give this run, and all that it starts, services of its own: no other run's die with it.

    Below the directory that the variable names, or the temporary one. Call it before a test is
    imported: what is registered last is closed first, and the directory is away when all is closed.
    """
    parent = os.environ.get(STATE) or None
    if parent is not None:
        os.makedirs(parent, exist_ok=True)
    os.environ[STATE] = tempfile.mkdtemp(prefix="harness-tests-", dir=parent)
    atexit.register(shutil.rmtree, os.environ[STATE])


def hear_signals():
    """Undo what `nohup` or a shell's `&` ignores: programs inherit that, and tests send signals."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in {"SIGHUP", "SIGQUIT"} & set(dir(signal)):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def main():
    """Discover and run; exit with 1 when a test failed or none ran."""
    share_with_nobody()
    hear_signals()
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
