"""What can become of a test."""

PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"
EXPECTED, UNEXPECTED = "expected failure", "unexpected success"
CRASHED, BLOCKED, MISSING = "crashed", "blocked", "not run"
FLAKY = "flaky"  # it failed, and passed when it was run once more

GREEN = (PASSED, SKIPPED, EXPECTED)
RED = (FAILED, ERROR, UNEXPECTED, CRASHED, BLOCKED, FLAKY)
WORST = (CRASHED, ERROR, FAILED, UNEXPECTED, BLOCKED, FLAKY, SKIPPED, EXPECTED, PASSED)
AGAIN = (FAILED, ERROR, UNEXPECTED)  # what `--rerun-failed` runs once more
