"""`AsyncHarnessTestCase`: the same test case for coroutines."""

from __future__ import annotations

import unittest

from harness.adapters.unittest import HarnessMixin, group_of


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
        environment = self._harness_environment()
        group = group_of(type(self))
        if any(service.exclusive for service in group.services):
            self._harness_own(environment, group)
        environment.start_in_background(group)
        for service in group.services:
            try:
                environment.prepare(service, group)
            except Exception:
                continue  # kept, and raised when the test touches this service
