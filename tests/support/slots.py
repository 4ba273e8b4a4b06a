"""A registry whose slots are written by hand: no server is started."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from harness.core.identity import registry_id, registry_path
from harness.core.registry import processes
from harness.core.registry.directory import Registry
from harness.core.registry.locks import Lock
from harness.core.registry.slot import Slot
from tests.support.unit import DirectoryTest


class SlotsTest(DirectoryTest):
    """A test with a registry of its own, in which this process plays all parts.

    Locks of two files opened by one process exclude each other, as those of two processes do.
    """

    def setUp(self) -> None:
        super().setUp()
        self.environment(HARNESS_STATE_DIR=str(self.directory))
        self.known = self.settings(HARNESS_STATE_DIR=str(self.directory))
        self.registry = Registry(str(registry_path(self.known)), registry_id(self.known))

    def slot(self, key: str = "db", **fields: Any) -> Slot:
        """Write down an instance with one directory, as `Claim` does; return its place."""
        slot = self.registry.slot(key)
        os.makedirs(slot.path)
        slot.write_intent({**self.intent(key), **fields})
        return slot

    def intent(self, key: str) -> dict[str, Any]:
        """Return an intent with a directory that is there."""
        return {
            "instance": "0123abcd",
            "boot": processes.boot_id(),
            "since": time.time() - 190,
            "things": [{"kind": "directory", "path": str(self.made(key))}],
            "service": "postgres",
            "provider": "embedded",
            "description": "PostgreSQL 1.0",
        }

    def made(self, key: str = "db") -> Path:
        """Return the directory that is made for an instance."""
        path = self.directory / "data" / key
        path.mkdir(parents=True, exist_ok=True)
        return path

    def ready(self, slot: Slot, **fields: Any) -> Slot:
        """Write down how to reach an instance."""
        endpoint = {"host": "127.0.0.1", "port": 5433, "user": "me", "password": "secret"}
        slot.write_record({"instance": "0123abcd", "reuse": 0, "endpoint": endpoint, **fields})
        return slot

    def held(self, slot: Slot) -> Slot:
        """Hold an instance until the test ends."""
        holders = slot.holders()
        self.addCleanup(holders.close)
        self.assertTrue(holders.try_shared())
        return slot

    def locked(self, slot: Slot) -> Lock:
        """Be at an instance, as whoever starts or removes it."""
        lock = slot.lock()
        assert lock is not None
        self.addCleanup(lock.close)
        return lock


def name_of_us() -> str:
    """Return the name of this process, as the kernel has it."""
    return Path("/proc/self/comm").read_text(encoding="utf-8").strip()
