"""A test while it runs: its leases, its logs, and what it draws from."""

from __future__ import annotations

import unittest
from typing import TYPE_CHECKING, TypeVar

from harness.adapters.declared import attributes_of, group_of
from harness.adapters.holding import held_by, own
from harness.adapters.repeat import repeat_command, test_identity
from harness.core import realtime as time
from harness.core.environment import Environment
from harness.core.lease import Holder, Lease
from harness.core.printing import announce_seed, say
from harness.core.seed import derive, run_seed
from harness.core.service import Service
from harness.testing.logs import LogRecorder

if TYPE_CHECKING:
    from harness.adapters.unittest import HarnessMixin

L = TypeVar("L", bound=Lease)

__unittest = True  # frames of this module are left out of a failure's traceback


class RunningTest:
    """A test from before its set-up to the end of its clean-ups, the last of which is ours.

    Args:
        case: The test.

    Attributes:
        holder: Its leases.
        logs: What its instances log meanwhile.
    """

    def __init__(self, case: HarnessMixin) -> None:
        self._case = case
        announce_seed(run_seed(self._environment.settings))
        self.logs = LogRecorder(self._environment.settings.artifacts)
        self.holder = Holder(self._acquire)
        self._released = False
        self._over = False
        case.addCleanup(self._release)  # first in, so last out

    @property
    def _environment(self) -> Environment:
        return self._case._harness_environment()

    def begin(self) -> None:
        """Take the leases of what the class holds, and mark what the logs hold by now.

        The application of a class writes without asking. What starts later marks its log at its
        first lease.
        """
        for service in held_by(type(self._case)):
            try:
                self.holder.get(service)
            except Exception:
                continue  # the holder keeps it, and the test fails for it
        for instance in self._environment.ready(group_of(type(self._case))):
            self.logs.add(instance)

    def lease(self, service: Service[L]) -> L:
        """Return the test's lease of a service, taken at the first touch."""
        if self._released:  # `doCleanups()` was called in mid-test and ran ours
            self._released = False
            self._case.addCleanup(self._release)
        lease: L = self.holder.get(service)  # type: ignore[assignment]
        return lease

    def _acquire(self, service: Service[L]) -> L:
        """Take a lease; how long that takes counts as set-up, wherever in the test it is."""
        began = time.monotonic()
        try:
            return self._taken(service)
        finally:
            self._case._harness_leasing += time.monotonic() - began

    def _taken(self, service: Service[L]) -> L:
        environment, group = self._environment, group_of(type(self._case))
        if service.exclusive:
            own(type(self._case), environment, group)
        held = held_by(type(self._case)).get(service)
        if held is not None:
            environment.accompany(service, group)
            lease: L = held.test_lease()  # type: ignore[assignment]
        else:
            environment.start_in_background(group)
            lease = environment.lease(service, group)
        lease.baseline = held
        lease.attribute = attributes_of(type(self._case)).get(service, "")
        lease.seed_from(lambda: seed_of(self._case))
        lease.draw_from(lambda: self._case.rng)
        for instance in (lease.instance, *environment.beside(service, lease.instance)):
            self.logs.add(instance)
        return lease

    def _release(self) -> None:
        """Release the leases as the last clean-up, where a failure is still the test's own."""
        if self._over:
            return
        self._released = True
        outages = self.holder.unreported()
        self.holder.release()
        for error in outages:
            raise error

    def end(self) -> None:
        """Release what an interrupted test still holds; its interrupt must get through."""
        self._over = True
        try:
            self.holder.close()
        except Exception as error:
            say(f"while releasing what {self._case.id()} held: {error}")
        try:
            self.logs.finish()
        except Exception as error:
            say(f"while keeping the logs of {self._case.id()}: {error}")

    def notes(self, failed: unittest.TestCase) -> list[str]:
        """Return what helps a reader of a failure, of the test or of a subtest."""
        return [
            *self.holder.failure_notes(),
            *self.logs.notes(failed.id(), subtest=failed is not self._case),
            f"repeat with: {repeat_command(self._case, run_seed(self._environment.settings))}",
        ]


def seed_of(case: HarnessMixin) -> int:
    """Return the seed of a test alone, which follows from the run's."""
    return derive(run_seed(case._harness_environment().settings), *test_identity(case))
