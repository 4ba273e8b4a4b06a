"""A registry of a test's own, with a janitor of its own, which is gone afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from harness.core.registry import files, processes
from harness.core.registry.claim import Claim
from harness.core.registry.directory import Registry
from tests.support.unit import DirectoryTest

PATIENCE = 20.0
ABOUT = {"service": "fake", "provider": "nowhere", "description": "a fake"}


class RegistryTest(DirectoryTest):
    """A test with a registry of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self._no_janitor_stays)
        self.registry = self.make_registry()

    def make_registry(self) -> Registry:
        """Return another object for the registry, as another process has."""
        return Registry(str(self.directory / "registry"), "0a1b2c3d")

    def claim(self, key: str = "key", reuse: float = 0) -> Claim:
        """Return a claim that is given up when the test ends."""
        claim = Claim(self.registry, key, ABOUT, reuse)
        self.addCleanup(claim.release)
        return claim

    def taken(self, key: str = "key", reuse: float = 0) -> Claim:
        """Return a claim whose key lock is ours."""
        claim = self.claim(key, reuse)
        claim.take(lambda: False)
        return claim

    def begun(self, key: str = "key", reuse: float = 0) -> Claim:
        """Return a claim under which things may be made."""
        claim = self.taken(key, reuse)
        claim.begin()
        return claim

    def janitor(self) -> tuple[int, str] | None:
        """Return the number and start time of the janitor; None if there is none."""
        found = files.read(f"{self.registry.path}/janitor.pid")
        return None if found is None else (found[0], found[1])

    def _no_janitor_stays(self) -> None:
        """Wait for the janitor's end, which nobody keeps now; what it left stays for the test."""
        janitor = self.janitor()
        if janitor is not None and not processes.wait_for_end(*janitor, within=PATIENCE):
            raise AssertionError(f"the janitor {janitor} still runs: {os.listdir(self._slots)}")

    @property
    def _slots(self) -> str:
        return f"{self.registry.path}/slots"


def wait_until(condition: Callable[[], object], what: str, within: float = PATIENCE) -> None:
    """Return when the condition holds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within:g} s")
        time.sleep(0.002)
