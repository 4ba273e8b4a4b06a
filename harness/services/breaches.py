"""What a test has broken of the isolation that its database promises, whichever that is."""

from __future__ import annotations

from harness.errors import DeferredConstraintError, LeakError, OuterTransactionLostError


def lost_transaction(statement: str, hint: str) -> OuterTransactionLostError:
    """Return the error for a test that ended its outer transaction.

    Args:
        statement: By which it was ended.
        hint: How to do without.
    """
    return OuterTransactionLostError(
        "the test ended the transaction that would have undone its writes",
        cause=f"it was ended by: {statement.strip()}",
        hint=hint,
    )


def broken_constraint(said: str) -> DeferredConstraintError:
    """Return the error for a deferred constraint that does not hold at the end of a test."""
    return DeferredConstraintError(
        f"a deferred constraint does not hold at the end of the test: {said}",
        cause="a real commit would have failed here",
        hint="mend the code under test, or complete the rows that the test makes",
    )


def never_committed() -> LeakError:
    """Return the error for writes in `connection` that nobody committed."""
    return LeakError(
        "the test ended with writes in `connection` that were never committed",
        cause="the code under test forgot connection.commit()",
        hint="commit, or roll back what is not meant to stay",
    )
