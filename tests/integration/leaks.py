"""Tests of what leaks connections: they wait only shortly for those that never close."""

from unittest import mock

from harness.services.postgres import watcher


class LeakyTest:
    """A test with inner tests of which one leaks; others close theirs, and are given the time."""

    def setUp(self):
        super().setUp()
        self._hurry = mock.patch.object(watcher, "GRACE", 0.1)
        self.addCleanup(self._hurry.stop)

    def hurry(self):
        """Do not wait for the connections of this inner test."""
        self._hurry.start()

    def take_time(self):
        """Wait for those of the inner tests from here on."""
        self._hurry.stop()
