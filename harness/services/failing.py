"""A lease whose holder may have statements fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.lease import Lease
from harness.errors import FaultError, HarnessError, ServiceDiedError
from harness.faults.faults import explained

if TYPE_CHECKING:
    from harness.faults.failing.armed import Armed
    from harness.faults.failing.asking import Asked

MESSAGES = "toxiproxy.messages"  # the capability of a fault proxy that reads what is said


class FailingLease(Lease):
    """A lease whose holder may have statements fail."""

    _armed: tuple[Armed, ...] = ()

    @explained
    def fail_next(
        self,
        error: str,
        *,
        on: str | None = None,
        times: int | None = 1,
        after: int = 0,
        lost: str | None = None,
        message: str | None = None,
    ) -> Armed:
        """Have the next statement of the code under test fail, or the next that is meant.

        It is armed until it has happened, or its `with` block or the test ends. If it has not
        happened then, that is an error: a test in which nothing failed shows nothing.

        Args:
            error: PostgreSQL's name of the error, such as `serialization_failure`, or its SQLSTATE;
                Redis' name, such as `READONLY`, or the whole text; or `connection_lost`.
            on: Begin of the statement, or command: a regular expression, whatever the case and the
                white space. Without it, anything but what begins or undoes a transaction, or sets
                something up.
            times: How many statements fail; None for all that come in the block or the test.
            after: How many that match are left alone before.
            lost: With `connection_lost`: `response`, after the server has carried it out, or
                `request`, before it gets there.
            message: The text of the error.

        Returns:
            A context manager that disarms it; it need not be entered. `happened` counts.

        Raises:
            FaultError: There is no such error, an argument cannot be, or this service, or its fault
                proxy, cannot do it.

        Example:
            ::

                self.db.fail_next("serialization_failure", on="update accounts")
                transfer(self.db.connection, 250)  # tries again
        """
        from harness.faults.failing.asking import Asked

        self._check_held()
        asked = Asked(error, on, times, after, lost, message)
        asked.check()
        armed = self._arm(asked)
        self._armed += (armed,)
        return armed

    def _arm(self, asked: Asked) -> Armed:
        """Have a failure.

        Raises:
            FaultError: It cannot be.
        """
        raise unable(getattr(self._of, "label", self._of))

    def _end_failures(self) -> list[Exception]:
        """Disarm what is armed, and return the errors for what did not happen."""
        failures: list[Exception] = []
        for armed in self._armed:
            try:
                armed.finish()
            except ServiceDiedError:
                pass  # told by who ends the faults
            except HarnessError as error:
                failures.append(error)
        return failures


def unable(of: object) -> FaultError:
    """Return the error for a service whose statements nobody can read."""
    return FaultError(
        f"{of} cannot have a statement fail",
        cause="fail_next() is for what speaks the protocol of PostgreSQL or of Redis",
        hint="cut its connections with proxied=True and .toxics, "
        "or declare Postgres(...) or Redis(proxied=True)",
    )


def unread(label: object, cause: str) -> FaultError:
    """Return the error for a fault proxy that reads no statements."""
    return FaultError(
        f"{label} cannot have a statement fail: its fault proxy lacks {MESSAGES}",
        cause=cause,
        hint="set HARNESS_FAULT_PROXY=own, for the fault proxy that comes with harness",
    )
