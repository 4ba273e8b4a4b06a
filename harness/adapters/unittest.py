"""`HarnessTestCase`: services declared on the class, a lease of each in every test."""

from __future__ import annotations

import functools
import random
import unittest
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from harness.adapters.assertions import RowAssertions
from harness.adapters.declared import group_of
from harness.adapters.migrations import MigrationAssertions
from harness.adapters.repeat import method_name, repeat_command, test_identity
from harness.adapters.result import NotingResult
from harness.core.environment import Environment, default_environment
from harness.core.group import Group
from harness.core.instance import Instance
from harness.core.lease import Holder, Lease, outside
from harness.core.printing import say
from harness.core.seed import derive, run_seed
from harness.core.service import Service
from harness.core.tries import WITHIN, Terms, nothing, retry
from harness.core.watch import Watch
from harness.errors import (
    CapabilityError,
    HarnessError,
    LeaseError,
    RequiredError,
    UnavailableError,
)
from harness.testing.logs import LogRecorder

L = TypeVar("L", bound=Lease)
T = TypeVar("T")

__unittest = True  # frames of this module are left out of a failure's traceback

_owners: weakref.WeakSet[type] = weakref.WeakSet()  # whose exclusive services will be given up
_held: weakref.WeakKeyDictionary[type, dict[Service[Any], Lease]] = weakref.WeakKeyDictionary()


class HarnessMixin(MigrationAssertions, RowAssertions):
    """What makes a `unittest.TestCase` hold leases. It stands before the base class.

    Only public methods are overridden: `run` and `debug`. Nothing depends on a subclass calling
    `super()` in its own set-up and tear-down.

    Attributes:
        environment: Where the services run; the one of the process.
        rng: Random numbers of this test, from the run's seed and the test's name.
    """

    environment: Environment | None = None
    _harness_holder: Holder | None = None
    _harness_logs: LogRecorder
    _harness_released = False

    @functools.cached_property
    def rng(self) -> random.Random:
        """Random numbers of this test alone: the same for the same seed, in any order of tests."""
        return random.Random(self._harness_seed())

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run the test; its leases are released last, and their failures are the test's own."""
        if result is None:
            return self._harness_run_alone()
        if is_skipped(self):
            return super().run(result)
        reason = self._harness_unavailable()
        if reason is not None:
            report(self, result, reason)
            return result
        with self._harness_test() as holder:
            super().run(NotingResult(result, self._harness_notes, holder, self._harness_logs))
        return result

    def debug(self) -> None:
        """Run the test without collecting its result; its leases are released all the same."""
        reason = None if is_skipped(self) else self._harness_unavailable()
        if reason is not None:
            raise unittest.SkipTest(str(reason)) if is_skip(reason) else reason
        with self._harness_test():
            super().debug()

    @classmethod
    def hold(cls, service: Service[L]) -> L:
        """Take a lease for the whole class, in `setUpClass`: for an application started once.

        What is written before the first test is what each test finds; what a test writes, its end
        undoes. The database has one DSN all the while.

        Args:
            service: A service of this class with `isolation="commit"` or `"readonly"`.

        Returns:
            The lease of the class. It is released after `tearDownClass`.

        Raises:
            LeaseError: The service is not this class's, or its isolation is another one.
            unittest.SkipTest: No provider can run it, nor needs to.
            HarnessError: It could not be started.

        Example:
            ::

                class ShopTest(HarnessTestCase):
                    db = Postgres(migrations="migrations", isolation="commit")

                    @classmethod
                    def setUpClass(cls):
                        cls.shop = Shop(cls.hold(cls.db).dsn)
                        cls.addClassCleanup(cls.shop.close)
        """
        environment, group = cls._harness_environment(), group_of(cls)
        if service not in group.services:
            raise not_ours(cls, service)
        try:
            announce(environment.choose(service).sentence(environment.meant(service).kind))
        except UnavailableError as error:
            raise (unittest.SkipTest(str(error)) if is_skip(error) else error) from error
        if service.exclusive:
            cls._harness_own(environment, group)
        environment.start_in_background(group)
        lease = environment.hold(service, group)
        _held.setdefault(cls, {})[service] = lease
        cls.addClassCleanup(cls._harness_let_go, service)
        return lease

    @classmethod
    def _harness_let_go(cls, service: Service[Any]) -> None:
        """Release what the class holds."""
        _held[cls].pop(service).release()

    def requireCapability(self, lease: Lease, *names: str) -> None:  # noqa: N802 - unittest's style
        """Skip this test unless the lease's instance has these capabilities.

        Args:
            lease: A lease of this test, such as `self.db`.
            names: Capabilities, such as `postgres.superuser`.

        Raises:
            unittest.SkipTest: One is missing.
            CapabilityError: One is missing where `HARNESS_REQUIRE` demands the service.
        """
        instance = lease.instance
        try:
            instance.need(*names)
        except CapabilityError as error:
            required = self._harness_environment().settings.require
            if required.demands_any(instance.kind):
                raise
            raise unittest.SkipTest(str(error)) from error

    def _harness_instance(self, service: Service[Any]) -> Instance[Any]:
        """Return the instance of a service, declared or not; no lease is taken."""
        group = group_of(type(self))
        known = service in group.services
        return self._harness_environment().instance(service, group if known else None)

    def _harness_run_alone(self) -> unittest.TestResult:
        result = self.defaultTestResult()
        result.startTestRun()
        try:
            self.run(result)
        finally:
            result.stopTestRun()
        return result

    @classmethod
    def _harness_environment(cls) -> Environment:
        return default_environment() if cls.environment is None else cls.environment

    def _harness_unavailable(self) -> Exception | None:
        """Choose the providers, which starts nothing; return why this test cannot run.

        An error that left `run` would end the whole suite, so each is returned, even a bug's.
        """
        try:
            environment = self._harness_environment()
            if environment.settings.reuse and environment.settings.in_ci:
                announce("HARNESS_REUSE is ignored, because CI is set")
            for declared in group_of(type(self)).services:
                service = environment.meant(declared)
                announce(environment.choose(service).sentence(service.kind))
        except Exception as error:
            return error
        return None

    @contextmanager
    def _harness_test(self) -> Iterator[Holder]:
        announce_seed(run_seed(self._harness_environment().settings))
        random.seed(self._harness_seed())
        self.__dict__.pop("rng", None)  # a second run of this instance draws the same
        self._harness_logs = LogRecorder(self._harness_environment().settings.artifacts)
        holder = self._harness_holder = Holder(self._harness_acquire)
        self.addCleanup(self._harness_release)  # first in, so last out
        try:
            self._harness_prepare()
            self._harness_touch_held(holder)
            self._harness_mark()
            yield holder
        finally:
            self._harness_end(holder)

    def _harness_prepare(self) -> None:
        """Get ready before the test; the async base starts its services here."""

    def _harness_touch_held(self, holder: Holder) -> None:
        """Take the leases of what the class holds: its application writes without asking."""
        for service in _held.get(type(self), ()):
            try:
                holder.get(service)
            except Exception:
                continue  # the holder keeps it, and the test fails for it

    def _harness_mark(self) -> None:
        """Mark what the logs hold by now; of what starts later, at its first lease."""
        for instance in self._harness_environment().ready(group_of(type(self))):
            self._harness_logs.add(instance)

    def _harness_acquire(self, service: Service[L]) -> L:
        environment, group = self._harness_environment(), group_of(type(self))
        if service.exclusive:
            self._harness_own(environment, group)
        held = _held.get(type(self), {}).get(service)
        if held is not None:
            lease: L = held.test_lease()  # type: ignore[assignment]
        else:
            environment.start_in_background(group)
            lease = environment.lease(service, group)
        lease.baseline = held
        lease.draw_from(lambda: self.rng)
        self._harness_logs.add(lease.instance)
        return lease

    @classmethod
    def _harness_own(cls, environment: Environment, group: Group) -> None:
        """Have the exclusive services of this class given up when its tests are over."""
        if cls not in _owners:
            _owners.add(cls)
            cls.addClassCleanup(_owners.discard, cls)
            cls.addClassCleanup(environment.close_group, group)

    def _harness_lease(self, service: Service[L]) -> L:
        """Return this test's lease of a service; called by the service, as a descriptor."""
        holder = self._harness_holder
        if holder is None:
            raise outside(service.label)
        if self._harness_released:
            self._harness_register_again()
        lease: L = holder.get(service)  # type: ignore[assignment]
        return lease

    def _harness_register_again(self) -> None:
        """Register the release again: `doCleanups()` was called in mid-test and ran it."""
        self._harness_released = False
        self.addCleanup(self._harness_release)

    def _harness_release(self) -> None:
        """Release the leases as the last clean-up, where a failure is still the test's own."""
        holder = self._harness_holder
        if holder is None:
            return
        self._harness_released = True
        outages = holder.unreported()
        holder.release()
        for error in outages:
            raise error

    def _harness_end(self, holder: Holder) -> None:
        """Release what an interrupted test still holds; its interrupt must get through."""
        self._harness_holder = None
        self._harness_released = False
        try:
            holder.close()
        except Exception as error:
            say(f"while releasing what {self.id()} held: {error}")
        try:
            self._harness_logs.finish()
        except Exception as error:
            say(f"while keeping the logs of {self.id()}: {error}")

    def _harness_seed(self) -> int:
        seed = run_seed(self._harness_environment().settings)
        return derive(seed, *test_identity(self))

    def _harness_terms(self, within: float, every: float | None, msg: Any) -> Terms:
        """Return on what terms `assertEventually` tries."""
        holder = self._harness_holder
        return Terms(
            within,
            every,
            through=(unittest.SkipTest,),
            watch=nothing if holder is None else Watch(holder),
            failure=self._harness_failure(msg),
        )

    def _harness_notes(self, failed: unittest.TestCase) -> list[str]:
        seed = run_seed(self._harness_environment().settings)
        holder = self._harness_holder
        return [
            *(holder.failure_notes() if holder is not None else ()),
            *self._harness_logs.notes(failed.id(), subtest=failed is not self),
            f"repeat with: {repeat_command(self, seed)}",
        ]


@functools.cache
def announce(sentence: str) -> None:
    """Print a choice, once a process."""
    say(sentence)


@functools.cache
def announce_seed(seed: int) -> None:
    """Print the seed, once a process."""
    say(f"seed {seed} (TEST_SEED={seed} repeats this run's random choices)")


def not_ours(cls: type, service: Service[Any]) -> LeaseError:
    """Return the error for holding a service that the class does not declare."""
    return LeaseError(
        f"{cls.__qualname__}.hold({service.label}): the class declares no such service",
        cause="a class can hold what it declares, by the name that it has there",
        hint="write `db = Postgres(...)` in the class, and cls.hold(cls.db)",
    )


def is_skipped(case: unittest.TestCase) -> bool:
    """Tell whether a decorator skips a test: it needs no service, and keeps its own reason."""
    method = getattr(case, method_name(case), None)
    return any(getattr(place, "__unittest_skip__", False) for place in (type(case), method))


def is_skip(reason: Exception) -> bool:
    """Tell whether a test that cannot run for this reason is skipped; else it is an error."""
    return isinstance(reason, UnavailableError) and not isinstance(reason, RequiredError)


def report(case: unittest.TestCase, result: unittest.TestResult, reason: Exception) -> None:
    """Report a test that cannot run: skipped, or an error where the service is required."""
    trace = None if isinstance(reason, HarnessError) else reason.__traceback__
    result.startTest(case)
    try:
        if is_skip(reason):
            result.addSkip(case, str(reason))
        else:
            result.addError(case, (type(reason), reason, trace))  # type: ignore[arg-type]
    finally:
        result.stopTest(case)


class HarnessTestCase(HarnessMixin, unittest.TestCase):
    """A test case whose services are real.

    A service declared on the class is, on a running test, that test's lease of it: taken when the
    test first touches it, released after the test's own clean-ups. A test that touches none pays
    nothing.

    Example:
        ::

            class SignupTest(HarnessTestCase):
                db = Postgres(migrations="migrations")

                def test_a_new_user_is_stored(self):
                    sign_up(self.db.connection, "a@example.com")
                    self.assertEqual(1, self.db.count("users"))
    """

    def assertEventually(  # noqa: N802 - unittest's style
        self,
        probe: Callable[[], T],
        *,
        within: float = WITHIN,
        every: float | None = None,
        msg: Any = None,
    ) -> T:
        """Try until `probe` neither raises nor returns what is false; None is success.

        The pauses between the tries grow with the time waited; there is always one try at the end
        of the time.

        Args:
            probe: What is tried, such as a lambda around an assertion. It ought to look once and
                return at once.
            within: Seconds to wait at most.
            every: The longest pause between two tries, in seconds; 0.1 if not given.
            msg: What to say besides, as in every assertion of unittest.

        Returns:
            What the probe returned last.

        Raises:
            AssertionError: It did not hold in time; tells and is raised from the last failure.
            ServiceDiedError: A service that this test has a lease of died meanwhile.
            ConfigurationError: An argument cannot be used.

        Example:
            ::

                self.assertEventually(lambda: self.assertEqual(1, self.db.count("users")), within=2)
        """
        return cast(T, retry(probe, self._harness_terms(within, every, msg)))
