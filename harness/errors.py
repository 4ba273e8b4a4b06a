"""Every exception that harness raises, in one tree.

::

    HarnessError
    ├── ConfigurationError            a setting, a file or an option is wrong
    │   ├── UnknownSettingError       no setting of that name
    │   ├── UnknownProviderError      no provider of that name
    │   └── ServiceDefinitionError    a service was declared with a bad option
    ├── MissingExtraError             an optional client is not installed (also an ImportError)
    ├── NotALeaseError                a service was used like a lease (also an AttributeError)
    ├── UnavailableError              no provider can run the service here
    │   └── RequiredError             ... and HARNESS_REQUIRE says that one must
    ├── CapabilityError               the instance lacks what the test needs
    ├── ImageError                    an image cannot be fetched, or its digest be found
    ├── ClusterError                  a cluster does not answer, or nobody there can run tests
    ├── RegistryError                 the directory by which processes share cannot be used
    ├── StartError                    a chosen provider failed to start the service
    │   └── StartTimeoutError         ... it never became ready
    ├── ServiceDiedError              an instance ended while a test was using it
    ├── WaitTimeoutError              what was retried never succeeded (also a TimeoutError)
    ├── CommandError                  a command that was run inside a container failed
    ├── FaultError                    a fault cannot be, or its proxy did not do what it was told
    │   └── UnknownFaultError         no fault of that name (also an AttributeError)
    ├── MigrationError                a migration or seed file failed
    ├── FactoryError                  a factory was declared or used in a way that makes no sense
    ├── MakeError                     no row could be made that its table accepts
    ├── HistoryError                  a history of runs cannot be read, written or merged
    ├── SnapshotError                 a snapshot cannot be saved, read or restored
    ├── ClockError                    a clock was used wrongly, or after its test
    │   └── ClockStalledError         ... everybody sleeps on it, and nobody moves it
    ├── LeaseError                    a lease was used outside its test, or assigned to
    ├── IsolationError                a test broke the isolation that its lease promises
    │   ├── OuterTransactionLostError the transaction that undoes the test is gone
    │   ├── DeferredConstraintError   a deferred constraint does not hold at the end
    │   └── LeakError                 a connection, a transaction or a commit was left behind
    └── CleanupError                  clean-ups failed; every one was tried (also an ExceptionGroup)
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

__all__ = [
    "CapabilityError",
    "CleanupError",
    "ClockError",
    "ClockStalledError",
    "ClusterError",
    "CommandError",
    "ConfigurationError",
    "DeferredConstraintError",
    "FactoryError",
    "FaultError",
    "HarnessError",
    "HistoryError",
    "ImageError",
    "IsolationError",
    "LeakError",
    "LeaseError",
    "MakeError",
    "MigrationError",
    "MissingExtraError",
    "NotALeaseError",
    "OuterTransactionLostError",
    "RegistryError",
    "RequiredError",
    "ServiceDefinitionError",
    "ServiceDiedError",
    "SnapshotError",
    "StartError",
    "StartTimeoutError",
    "UnavailableError",
    "UnknownFaultError",
    "UnknownProviderError",
    "UnknownSettingError",
    "WaitTimeoutError",
]


class HarnessError(Exception):
    """Base of every error of harness: what happened, why, and what to do next.

    Args:
        what: What happened, with the offending value.
        cause: The likely cause.
        hint: The next step, a command where there is one.
        detail: Lines to look at, such as the end of a log.

    Example:
        >>> print(HarnessError("port 5432 is taken", cause="another server", hint="stop it"))
        port 5432 is taken
          likely cause: another server
          next: stop it
    """

    def __init__(
        self,
        what: str,
        *,
        cause: str | None = None,
        hint: str | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.cause = cause
        self.hint = hint
        self.detail = detail

    def __str__(self) -> str:
        return render(self.what, self.cause, self.hint, self.detail)


def render(what: str, cause: str | None, hint: str | None, detail: str | None) -> str:
    """Lay out one error message: the fact first, then evidence, cause and next step."""
    lines = [what]
    if detail:
        lines += [f"    {line}" for line in detail.rstrip().splitlines()]
    if cause:
        lines.append(f"  likely cause: {cause}")
    if hint:
        lines.append(f"  next: {hint}")
    return "\n".join(lines)


def again(error: Exception) -> Exception:
    """Return a copy of an error that was kept, to raise once more.

    One exception object raised for many tests would collect the traceback and notes of them all.
    """
    try:
        twin = copy.copy(error)
    except Exception:  # not every class can be made again from its arguments
        return error
    twin.__dict__.pop("__notes__", None)
    twin.__cause__ = error.__cause__
    if not isinstance(error, HarnessError):  # where it was raised is all that there is to read
        twin.__traceback__ = error.__traceback__
    return twin


class ConfigurationError(HarnessError):
    """A setting, a settings file or an option has a value that cannot be used."""


class UnknownSettingError(ConfigurationError):
    """A settings file or an option names a setting that does not exist."""


class UnknownProviderError(ConfigurationError):
    """A setting names a provider that does not exist."""


class ServiceDefinitionError(ConfigurationError):
    """A service was declared with an option that cannot be used."""


class MissingExtraError(HarnessError, ImportError):
    """A client library is needed and not installed; the message names the extra."""


class NotALeaseError(HarnessError, AttributeError):
    """A service, which only declares, was used like a lease, which holds."""


class UnavailableError(HarnessError):
    """No provider can run the service here; the adapters turn this into a skip."""


class RequiredError(UnavailableError):
    """A service or a provider that `HARNESS_REQUIRE` demands is not there."""


class CapabilityError(HarnessError):
    """The chosen provider lacks a capability that the test needs."""


class ClusterError(HarnessError):
    """A Dask cluster does not answer, or has nobody who can run tests."""


class RegistryError(HarnessError):
    """The directory by which processes find each other's instances cannot be used."""


class StartError(HarnessError):
    """A chosen provider failed to start the service."""


class StartTimeoutError(StartError):
    """The service was started and did not become ready in time."""


class ServiceDiedError(HarnessError):
    """An instance ended while somebody was using it."""


class WaitTimeoutError(HarnessError, TimeoutError):
    """What was tried again and again did not succeed in time; raised from its last failure."""


class CommandError(HarnessError):
    """A command that was run inside a container failed; with its exit code and its output."""


class ImageError(HarnessError):
    """An image cannot be fetched, or it cannot be found out which digest its tag means now."""


class FaultError(HarnessError):
    """A fault was asked for that cannot be, or the fault proxy did not do what it was told."""


class UnknownFaultError(FaultError, AttributeError):
    """No fault has that name."""


class MigrationError(HarnessError):
    """A migration or a seed file failed; the database it was for is removed."""


class FactoryError(HarnessError):
    """A factory was declared, or asked for an object, in a way that makes no sense."""


class MakeError(HarnessError):
    """No row could be made that its table accepts; with the column to give."""


class HistoryError(HarnessError):
    """A history of runs cannot be read, written or merged; the file is as it was."""

    @property
    def line(self) -> str:
        """What happened and why, in one line."""
        return f"{self.what} ({self.cause})" if self.cause else self.what


class SnapshotError(HarnessError):
    """A snapshot cannot be saved, read or restored; nothing is left half done."""


class ClockError(HarnessError):
    """A clock was used in a way that makes no sense, or after its test."""


class ClockStalledError(ClockError):
    """Somebody sleeps on a clock that nobody moves; names all who sleep."""


class LeaseError(HarnessError):
    """A lease was used outside its test, after its release, or assigned to."""


class IsolationError(HarnessError):
    """A test broke the isolation that its lease promises to its neighbours."""


class OuterTransactionLostError(IsolationError):
    """The outer transaction of a `rollback` lease was ended by the test."""


class DeferredConstraintError(IsolationError):
    """A deferred constraint does not hold at the end of the test."""


class LeakError(IsolationError):
    """The test left a connection, an open transaction or a commit behind."""


class CleanupError(HarnessError, ExceptionGroup[Exception]):
    """One or more clean-ups failed; all of them were tried.

    Args:
        what: What was being cleaned up.
        failures: Every failure, in the order in which the clean-ups ran.
    """

    def __new__(cls, what: str, failures: Sequence[Exception]) -> CleanupError:
        """Make the group; it holds the failures from the start."""
        return super().__new__(cls, what, failures)

    def __init__(self, what: str, failures: Sequence[Exception]) -> None:
        HarnessError.__init__(self, what)
        self.args = (what, failures)  # what pickle rebuilds it from

    def __str__(self) -> str:
        listed = "\n".join(f"- {failure}" for failure in self.exceptions)
        return render(self.what, None, None, listed)

    def derive(self, excs: Sequence[Exception]) -> CleanupError:  # type: ignore[override]
        """Make the same group with a part of its failures, as `split` needs."""
        return CleanupError(self.what, excs)
