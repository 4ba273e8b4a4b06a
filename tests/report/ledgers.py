"""Accounts of runs that were never made."""

from harness.runner.ledger import Attempt, Ledger, Outcome, Times, UnitAccount


def ledger_of(tests, **fixtures):
    """Return a ledger: what is said of each test is an attempt, or a list of attempts.

    Args:
        tests: By unit, and then by test: such as `{"m.ATest": {"test_a": failed("why")}}`.
        fixtures: How long the fixtures of units took, as `m_ATest=2.5`.
    """
    ledger = Ledger()
    for unit, said in tests.items():
        seconds = fixtures.get(unit.replace(".", "_"), 0.0)
        names = tuple(f"{unit}.{name}" for name in said)
        ledger.expect(UnitAccount(unit, names, fixtures=[seconds] if seconds else []))
        for name, attempts in said.items():
            entry = ledger.entries[f"{unit}.{name}"]
            entry.attempts = list(attempts) if isinstance(attempts, (list, tuple)) else [attempts]
            entry.due = 1
    return ledger


def attempt(kind="passed", text="", *, part="", times=Times(0.1, 0.2, 0.3), **facts):  # noqa: B008
    """Return an attempt that ended in one outcome."""
    facts = {"worker": 1, "began": 1_700_000_000.25, **facts}
    return Attempt(times=times, outcomes=[Outcome(kind, text, part)], **facts)


def failed(why="AssertionError: 1 != 2", line=7, file="/repo/m.py", **facts):
    """Return an attempt that failed in a line of a file."""
    text = (
        f'Traceback (most recent call last):\n  File "{file}", line {line}, in f\n    f()\n{why}\n'
    )
    return attempt("failed", text, **facts)


def rerun(attempts):
    """Return attempts as those of one test that was run once more each time."""
    for number, each in enumerate(attempts):
        each.rerun = number
    return attempts


def nothing():
    """Return no attempt: a test that was not run."""
    return []
