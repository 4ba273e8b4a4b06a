"""Run the project's tests: `python -m tests [-k PATTERN] [-v]`, with a closing line to count by."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[1]


def summary(result):
    """Return how many tests passed, failed and were skipped, as one line."""
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    passed = result.testsRun - failed - skipped
    return f"{max(passed, 0)} passed, {failed} failed, {skipped} skipped"


def main():
    """Discover and run; exit with 1 when a test failed or none ran."""
    program = unittest.main(
        module=None,
        argv=[
            "python -m tests",
            "discover",
            "-s",
            str(ROOT / "tests"),
            "-t",
            str(ROOT),
            *sys.argv[1:],
        ],
        exit=False,
        buffer=True,
        warnings="error" if "error" in sys.warnoptions else None,
    )
    print(summary(program.result))
    sys.exit(not program.result.wasSuccessful() or not program.result.testsRun)


if __name__ == "__main__":
    main()
