"""What one test holds of an instance."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from harness.core.cleanup import Cleanups
from harness.errors import LeaseError

if TYPE_CHECKING:
    from harness.core.instance import Instance
    from harness.core.service import Service

Self = TypeVar("Self", bound="Lease")


class Lease:
    """What one test holds of an instance, isolated from every other holder.

    A lease is a context manager; leaving it releases it. Subclasses do their work in `_release`.

    Attributes:
        baseline: The lease that the test's class holds, if it does: this one goes on from there.
        attribute: Under which name the test's class declares it; empty for none.
    """

    instance: Any = None  # what it is a lease of; each kind of lease says which

    def __init__(self, of: object) -> None:
        self._of = of
        self._released = False
        self.baseline: Lease | None = None
        self.attribute = ""
        self.outages: list[Exception] = []  # raised to the holder because the instance died
        self._stream: Callable[[], random.Random] | None = None
        self._seed: Callable[[], int] = int  # no holder: a template is built, the same every time

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    @property
    def rng(self) -> random.Random:
        """What is drawn here is drawn from it: the test's own `rng`; elsewhere of the run's seed.

        Assign another one, such as `random.Random(7)`, to draw from that.
        """
        if self._stream is None:
            self.rng = random.Random(self._seed())
        assert self._stream is not None
        return self._stream()

    @rng.setter
    def rng(self, rng: random.Random) -> None:
        self.draw_from(lambda: rng)

    def seed_from(self, seed: Callable[[], int]) -> None:
        """Draw from random numbers of the seed that this returns, asked at the first draw."""
        self._seed = seed

    @property
    def seed(self) -> int:
        """The seed of its holder alone: of the test; elsewhere one that follows from the run's."""
        return self._seed()

    def draw_from(self, stream: Callable[[], random.Random]) -> None:
        """Draw from what this returns, asked at each draw."""
        self._stream = stream

    def release(self) -> None:
        """Check what was promised, clean up, and end the lease. Safe to call twice.

        Raises:
            IsolationError: The holder broke the isolation; everything is cleaned all the same.
            ServiceDiedError: An exclusive instance has ended by itself.
        """
        if not self._released:
            self._released = True
            try:
                crash = None if self.instance is None else self.instance.revive()
            finally:  # also where it does not come up again
                self._release()
            if crash is not None and not self.outages:  # else the holder has been told
                raise crash

    def test_lease(self) -> Lease:
        """Return a lease for one test, on what the whole class holds by this one."""
        raise NotImplementedError

    def failure_notes(self) -> list[str]:
        """Return what a reader of a failure of the holder should know of this lease."""
        return []

    def _release(self) -> None:
        raise NotImplementedError

    def _check_held(self) -> None:
        if self._released:
            raise LeaseError(
                f"this lease of {self._of} was released",
                cause="it was kept, by a thread or a variable, longer than its test",
                hint="read it anew from the test case, and join threads before the test ends",
            )


class Holder:
    """The leases of one holder: each taken at first use, all given back together.

    Failures are remembered: a service that failed once fails the same way at every touch.

    Args:
        acquire: Takes a lease for a service.
    """

    def __init__(self, acquire: Callable[[Service[Any]], Lease]) -> None:
        self._acquire = acquire
        self._lock = threading.RLock()
        self._leases: dict[Service[Any], Lease] = {}
        self.failures: dict[Service[Any], Exception] = {}
        self._closed = False
        self._reported: dict[int, BaseException] = {}  # kept alive, so that an id stays theirs

    def get(self, service: Service[Any]) -> Lease:
        """Return the lease for `service`, taken now if this is its first use.

        Raises:
            LeaseError: The holder's time is over.
            HarnessError: The service could not be started or leased.
        """
        lease = self._leases.get(service)
        return lease if lease is not None else self._take(service)

    def _take(self, service: Service[Any]) -> Lease:
        with self._lock:
            if self._closed:
                raise outside(service.label)
            if self.failures and service in self.failures:
                raise self.failures[service]
            lease = self._leases.get(service)
            if lease is None:
                try:
                    lease = self._leases[service] = self._acquire(service)
                except Exception as error:
                    self.failures[service] = error
                    raise
            return lease

    def instances(self) -> dict[Lease, Instance[Any]]:
        """Return the instance of each lease that is held of one."""
        leases = list(self._leases.values())  # a thread of the test may take one meanwhile
        return {lease: lease.instance for lease in leases if lease.instance is not None}

    def note_reported(self, error: BaseException) -> None:
        """Note that an error was reported, with all that it was raised from or groups."""
        pending = [error]
        while pending:
            error = pending.pop()
            if id(error) in self._reported:
                continue
            self._reported[id(error)] = error
            pending += [cause for cause in (error.__cause__, error.__context__) if cause]
            pending += error.exceptions if isinstance(error, BaseExceptionGroup) else ()

    def has_reported(self, error: BaseException) -> bool:
        """Tell whether an error is an outage that a report has named already."""
        return any(
            self._named(outages) and any(error is outage for outage in outages)
            for outages in self._outages()
        )

    def unreported(self) -> list[Exception]:
        """Return the first outage of each service that no report has named yet.

        An outage must not pass for an expected failure, nor be swallowed by an `except`.
        """
        return [outages[0] for outages in self._outages() if not self._named(outages)]

    def _outages(self) -> list[list[Exception]]:
        """Return the outages of each service that had one."""
        lost = [lease.outages for lease in self._leases.values() if lease.outages]
        return [*([failure] for failure in self.failures.values()), *lost]

    def _named(self, outages: list[Exception]) -> bool:
        return any(id(outage) in self._reported for outage in outages)

    def failure_notes(self) -> list[str]:
        """Return what a reader of the test's failure should know of its leases."""
        return [note for lease in self._leases.values() for note in lease.failure_notes()]

    def release(self) -> None:
        """Give back all leases, the last one first; the holder may take new ones.

        Raises:
            IsolationError, CleanupError: As the leases said; all of them were released.
        """
        with self._lock:
            cleanups = Cleanups("the leases of a test")
            for lease in self._leases.values():
                cleanups.push(lease.release)
            self._leases = {}
            cleanups.close()

    def close(self) -> None:
        """Give back all leases, and take none any more."""
        with self._lock:
            self._closed = True
            self.release()


def outside(label: str) -> LeaseError:
    """Return the error for a lease that is touched when no test is running."""
    return LeaseError(
        f"{label} was touched outside a running test",
        cause="a lease lives from the start of setUp to the last clean-up of one test",
        hint="touch it in setUp, in the test or in a clean-up; "
        "elsewhere use Environment().lease(...)",
    )
