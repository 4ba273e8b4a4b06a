"""Run the project's tests, in N processes at once: `python -m tests [-j N] [-k PATTERN] [-v] [-f]`.

The last line counts them: `N passed, N failed, N skipped`. It exits with 1 when one failed or none
ran.
"""

from pathlib import Path

from tests.support import running

TESTS = Path(__file__).parent

if __name__ == "__main__":
    running.main(TESTS, TESTS.parent)
