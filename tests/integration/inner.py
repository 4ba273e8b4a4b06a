"""Running a test case inside a test, to look at what became of it."""

import functools
import gc
import sys
import unittest
import warnings


class Result(unittest.TestResult):
    """A result that keeps the exceptions themselves."""

    def __init__(self):
        super().__init__()
        self.raised = []

    def addError(self, test, err):
        super().addError(test, err)
        self.raised.append(err[1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.raised.append(err[1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.raised.append(err[1])

    @property
    def failed(self):
        """The names of the methods that failed, in order."""
        return [test.id().rpartition(".")[2] for test, _ in [*self.failures, *self.errors]]

    @property
    def text(self):
        """All that was reported."""
        return "\n".join(trace for _, trace in [*self.failures, *self.errors, *self.skipped])


def run_inner(case, *methods):
    """Run the methods of a test case in the order they are given, or all of them by name."""
    names = methods or unittest.TestLoader().getTestCaseNames(case)  # without the run's own -k
    result = Result()
    spare_modules(len(sys.modules))
    unittest.TestSuite(map(case, names)).run(result)
    collect()
    return result


@functools.cache
def spare_modules(_):
    """Look no more through what modules have made when their number has changed: it stays."""
    collect()
    gc.freeze()


def collect():
    """Close what inner tests leaked on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
