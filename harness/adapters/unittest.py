"""`HarnessTestCase`: services declared on the class, a lease of each in every test."""

from __future__ import annotations

import functools
import random
import unittest
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from harness.adapters import holding
from harness.adapters.assertions import RowAssertions
from harness.adapters.availability import is_skipped, reason_against, report, skip_or
from harness.adapters.clocks import TimeOfTest
from harness.adapters.declared import group_of
from harness.adapters.migrations import MigrationAssertions
from harness.adapters.result import NotingResult
from harness.adapters.running import RunningTest, seed_of
from harness.adapters.tiers import NotChosen, check_class, note_not_chosen
from harness.core.environment import Environment, default_environment
from harness.core.instance import Instance
from harness.core.lease import Lease, outside
from harness.core.service import Service
from harness.core.tiers import Tier
from harness.core.tries import WITHIN, Terms, nothing, retry
from harness.core.watch import Watch
from harness.errors import CapabilityError

if TYPE_CHECKING:
    from harness.adapters.faults import HasToxics, UnderFault
    from harness.faults.faults import Fault

L = TypeVar("L", bound=Lease)
T = TypeVar("T")

__unittest = True  # frames of this module are left out of a failure's traceback


class HarnessMixin(MigrationAssertions, RowAssertions, TimeOfTest):
    """What makes a `unittest.TestCase` hold leases. It stands before the base class.

    Only public methods are overridden: `run` and `debug`. Nothing depends on a subclass calling
    `super()` in its own set-up and tear-down.

    Attributes:
        environment: Where the services run; the one of the process.
        tier: `unit`, `integration` or `e2e`; without one a class with services is `integration`,
            and one without any is `unit`.
        smoke: Whether `harness run --changed-since` runs the tests of this class in any case.
        rng: Random numbers of this test, from the run's seed and the test's name.
    """

    environment: Environment | None = None
    tier: Tier | None = None
    smoke: bool = False
    __unittest_skip__ = NotChosen(reason=False)
    __unittest_skip_why__ = NotChosen(reason=True)
    _harness_running: RunningTest | None = None
    _harness_leasing: float = 0.0  # seconds that taking leases took

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        check_class(cls)

    @functools.cached_property
    def rng(self) -> random.Random:
        """Random numbers of this test alone: the same for the same seed, in any order of tests."""
        return random.Random(seed_of(self))

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run the test; its leases are released last, and their failures are the test's own."""
        if result is None:
            return self._harness_run_alone()
        if is_skipped(self):
            note_not_chosen(type(self))
            return super().run(result)
        reason = reason_against(self)
        if reason is not None:
            report(self, result, reason)
            return result
        with self._harness_test() as test:
            super().run(NotingResult(result, test.notes, test.holder, test.logs))
        return result

    def debug(self) -> None:
        """Run the test without collecting its result; its leases are released all the same."""
        reason = None if is_skipped(self) else reason_against(self)
        if reason is not None:
            raise skip_or(reason)
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
        return holding.hold(cls, service)

    def under(self, lease: HasToxics, faults: Iterable[Fault]) -> Iterator[UnderFault]:
        """Run one body under one fault after another, each as a subtest.

        What the body writes stays from one to the next, as in every subtest.

        Args:
            lease: What is proxied: a lease of this test, or a proxy.
            faults: The faults, such as `[latency(ms=100), down()]`.

        Returns:
            A block for each of them, to be entered.

        Raises:
            FaultError: A fault is none, there is none, or a block was not entered.

        Example:
            ::

                for fault in self.under(self.db, [latency(ms=100), down()]):
                    with fault:
                        self.assertIn(pay(self.db.dsn), ("paid", "try again"))
        """
        from harness.adapters.faults import under

        return under(self.subTest, lease, faults)

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

    @contextmanager
    def _harness_test(self) -> Iterator[RunningTest]:
        test = self._harness_running = RunningTest(self)
        random.seed(seed_of(self))
        self.__dict__.pop("rng", None)  # a second run of this instance draws the same
        try:
            self._harness_begin_time()
            self._harness_prepare()
            test.begin()
            yield test
        finally:
            self._harness_running = None
            self._harness_end_time()
            test.end()

    def _harness_prepare(self) -> None:
        """Get ready before the test; the async base starts its services here."""

    def _harness_lease(self, service: Service[L]) -> L:
        """Return this test's lease of a service; called by the service, as a descriptor."""
        test = self._harness_running
        if test is None:
            raise outside(service.label)
        return test.lease(service)

    def _harness_terms(self, within: float, every: float | None, msg: Any) -> Terms:
        """Return on what terms `assertEventually` tries."""
        test = self._harness_running
        return Terms(
            within,
            every,
            through=(unittest.SkipTest,),
            watch=nothing if test is None else Watch(test.holder),
            failure=self._harness_failure(msg),
        )


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
