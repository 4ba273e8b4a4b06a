"""`AsyncHarnessTestCase`: the same test case for coroutines."""

from __future__ import annotations

import asyncio
import inspect
import unittest
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, overload

from harness.adapters.clocks import owning
from harness.adapters.declared import group_of
from harness.adapters.holding import own
from harness.adapters.repeat import method_name
from harness.adapters.unittest import HarnessMixin
from harness.core.tries import WITHIN
from harness.errors import ConfigurationError
from harness.testing.eventually_async import eventually_async

T = TypeVar("T")

__unittest = True  # frames of this module are left out of a failure's traceback


class AsyncHarnessTestCase(HarnessMixin, unittest.IsolatedAsyncioTestCase):
    """A test case whose services are real and whose tests are coroutines.

    Its services are started before the event loop runs, so that starting one does not block the
    loop; taking a lease in a test then costs milliseconds at most.

    Example:
        ::

            class SignupTest(AsyncHarnessTestCase):
                db = Postgres(migrations="migrations", isolation="commit")

                async def test_a_new_user_is_stored(self):
                    await sign_up(self.db.dsn, "a@example.com")
                    self.assertEqual(1, self.db.count("users"))
    """

    def _harness_prepare(self) -> None:
        for name in ("asyncSetUp", method_name(self), "asyncTearDown"):
            method = getattr(self, name)
            if inspect.iscoroutinefunction(method) and name not in vars(self):
                setattr(self, name, owning(self, method, asyncio.current_task))
        environment = self._harness_environment()
        group = group_of(type(self))
        if any(service.exclusive for service in group.services):
            own(type(self), environment, group)
        environment.start_in_background(group)
        for service in environment.wanted(group):
            try:
                environment.prepare(service, group)
            except Exception:
                continue  # kept, and raised when the test touches this service

    @overload
    def assertEventually(
        self,
        probe: Callable[[], Awaitable[T]],
        *,
        within: float = WITHIN,
        every: float | None = None,
        msg: Any = None,
    ) -> Coroutine[Any, Any, T]: ...

    @overload
    def assertEventually(
        self,
        probe: Callable[[], T],
        *,
        within: float = WITHIN,
        every: float | None = None,
        msg: Any = None,
    ) -> Coroutine[Any, Any, T]: ...

    def assertEventually(  # noqa: N802 - unittest's style
        self,
        probe: Callable[[], Any],
        *,
        within: float = WITHIN,
        every: float | None = None,
        msg: Any = None,
    ) -> Coroutine[Any, Any, Any]:
        """Try, without blocking the loop, until `probe` neither raises nor returns what is false.

        As `HarnessTestCase.assertEventually`, except that it is to be awaited; a test that forgets
        to await it fails. The probe may return something to await. One that still waits at the
        deadline is cancelled.

        Args:
            probe: What is tried: an async function, or a plain one.
            within: Seconds to wait at most.
            every: The longest pause between two tries, in seconds; 0.1 if not given.
            msg: What to say besides, as in every assertion of unittest.

        Returns:
            What the probe returned last, or what that was awaited to.

        Raises:
            AssertionError: It did not hold in time; tells and is raised from the last failure.
            ServiceDiedError: A service that this test has a lease of died meanwhile.
            ConfigurationError: An argument cannot be used.

        Example:
            ::

                await self.assertEventually(self.client.is_ready, within=2)
        """
        waiting = eventually_async(probe, self._harness_terms(within, every, msg))
        self.addCleanup(check_awaited, waiting)
        return waiting


def check_awaited(waiting: Coroutine[Any, Any, Any]) -> None:
    """Do nothing for a coroutine that was awaited: one that was not would let its test pass.

    Raises:
        ConfigurationError: Nobody has begun to.
    """
    if inspect.getcoroutinestate(waiting) == inspect.CORO_CREATED:
        waiting.close()
        raise ConfigurationError(
            "assertEventually() was called and never awaited: nothing was tried",
            hint="write `await self.assertEventually(...)`",
        )
