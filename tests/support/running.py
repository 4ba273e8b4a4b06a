"""Running tests in this process, or in several, with a closing line to count by."""

import argparse
import atexit
import os
import shutil
import signal
import sys
import tempfile
import unittest

from tests.support import workers

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
    def counts(self):
        """How many tests passed, failed and were skipped."""
        failed = len(self.failures) + len(self.errors) + len(self.unexpectedSuccesses)
        return {"passed": self.passed, "failed": failed, "skipped": len(self.skipped)}


class CountingRunner(unittest.TextTestRunner):
    resultclass = CountingResult


def main(tests, root):
    """Run the tests of a directory, as `sys.argv` says, and exit.

    Args:
        tests: The directory to discover them in.
        root: The directory that their modules are imported from.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("--worker", type=int)
    options, others = parser.parse_known_args()
    where = ["discover", "-s", str(tests), "-t", str(root), *others]
    hear_signals()
    if options.worker is not None:
        share_with_nobody()
        workers.serve(options.worker, lambda module: run([module, *others]))
    elif options.jobs > 1:
        finish(workers.run(options.jobs, where, others))
    else:
        share_with_nobody()
        finish(run(where))


def run(arguments):
    """Run tests as `unittest` is told to; return how many passed, failed and were skipped."""
    program = unittest.main(
        module=None,
        argv=["python -m tests", *arguments],
        testRunner=CountingRunner,
        exit=False,
        buffer=True,
        warnings="error" if "error" in sys.warnoptions else None,
    )
    return program.result.counts


def finish(counts):
    """Print the closing line and exit."""
    print(", ".join(f"{number} {what}" for what, number in counts.items()))
    sys.exit(bool(counts["failed"]) or not any(counts.values()))


def share_with_nobody():
    """Give this process, and all that it starts, services of its own: no other run's die with it.

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
