"""Run the project's tests: `python -m tests`, with the names and options of `harness run`.

They run in an order that follows from the seed, on services that no other run has. A line at the
end counts them: `N passed, N failed, N skipped`.
"""

from pathlib import Path

from tests.support import running

TESTS = Path(__file__).parent

if __name__ == "__main__":
    running.main(TESTS, TESTS.parent)
