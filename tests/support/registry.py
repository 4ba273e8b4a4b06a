"""A registry of a test's own, with a janitor of its own, which is gone afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.core.registry import files, processes
from harness.core.registry.claim import Claim
from harness.core.registry.directory import Registry
from tests.support.parts import ABOUT, IDENTIFIER, launch, made
from tests.support.project import environ
from tests.support.unit import DirectoryTest

PATIENCE = 20.0
RESTING = {"format", "janitor.log", "slots", "spawn"}  # all that a registry is when nobody uses it

# What the code of another process finds: `registry`, `made(claim)`, `say`, `wait`.
HEAD = """
import os, sys
from harness.core.recipe import Account
from harness.core.registry.claim import Claim
from harness.core.registry.directory import Registry
from tests.support.parts import ABOUT, IDENTIFIER, launch, made

registry = Registry(sys.argv[1], IDENTIFIER)

def say(word):
    os.write(1, f"{word}\\n".encode())

def wait():
    sys.stdin.readline()

def begun(key="key", reuse=0):
    claim = Claim(registry, key, ABOUT, reuse)
    claim.take(lambda: False)
    claim.begin()
    return claim

"""


class RegistryTest(DirectoryTest):
    """A test with a registry of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.place = self.make_place()
        self.addCleanup(self._no_janitor_stays)
        self.registry = self.make_registry()

    def make_registry(self) -> Registry:
        """Return another object for the registry, as another process has."""
        return Registry(self.place, IDENTIFIER)

    def make_place(self) -> str:
        """Return the directory of the registry, which is made there."""
        return str(self.directory / "registry")

    def other(self, code: str) -> Other:
        """Return another process that runs this code on the same registry."""
        return Other(self, code, self.registry.path)

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

    def published(self, key: str = "key", reuse: float = 0) -> Claim:
        """Return a claim on an instance that others may attach to; a directory is its only part."""
        claim = self.begun(key, reuse)
        made(claim)
        claim.publish()
        return claim

    def janitor(self) -> tuple[int, str] | None:
        """Return the number and start time of the janitor; None if there is none."""
        found = files.read(f"{self.registry.path}/janitor.pid")
        return None if found is None else (found[0], found[1])

    def signed(self) -> tuple[int, str]:
        """Return the janitor, which signs its name a moment after it was started."""
        wait_until(self.janitor, "the janitor's start")
        janitor = self.janitor()
        assert janitor is not None
        return janitor

    def kill_janitor(self) -> tuple[int, str]:
        """Kill the janitor, which is gone when this returns; return who it was."""
        janitor = self.signed()
        processes.send(*janitor, signal.SIGKILL)
        assert processes.wait_for_end(*janitor, within=PATIENCE)
        files.remove(f"{self.registry.path}/janitor.pid")  # so that the next one's can be awaited
        return janitor

    def server(self, claim: Claim, *command: str, **fields: Any) -> tuple[int, str]:
        """Have the janitor start a server, by default one that sleeps; return who it is."""
        how = launch(*(command or ("sleep", "60")), **fields)
        pid = claim.spawn(how, str(self.directory), str(self.directory / "server.log"))
        return pid, processes.start_time(pid)

    def _no_janitor_stays(self) -> None:
        """Wait for the janitor's end, which nobody keeps now; what it left stays for the test."""
        janitor = self.janitor()
        if janitor is not None and not processes.wait_for_end(*janitor, within=PATIENCE):
            raise AssertionError(f"the janitor {janitor} still runs: {os.listdir(self._slots)}")

    @property
    def _slots(self) -> str:
        return f"{self.registry.path}/slots"

    def assertNothingLeft(self) -> None:
        """Wait for the janitor's end: nothing is in the registry, and no failure in its log."""
        self._no_janitor_stays()
        self.assertEqual([], os.listdir(self._slots))
        self.assertEqual(set(), set(os.listdir(self.registry.path)) - RESTING)
        self.assertEqual("", self.log())

    def log(self) -> str:
        """Return what janitors have written down."""
        path = Path(self.registry.path, "janitor.log")
        return path.read_text(encoding="utf-8") if path.exists() else ""


class Other:
    """Another process, which runs some code; killed when the test ends.

    Args:
        test: The test.
        code: What it runs, after `HEAD`.
        path: The registry.
    """

    def __init__(self, test: unittest.TestCase, code: str, path: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", HEAD + textwrap.dedent(code), path],
            env=environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        test.addCleanup(self.kill)

    def wait_for(self, word: str) -> None:
        """Return when it says a word."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == word:
                return
        raise AssertionError(f"it ended before it said {word!r}")

    def hear(self) -> str:
        """Return the next line that it says."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def go_on(self) -> None:
        """Let it go on where it waits."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def finish(self) -> None:
        """Let it go on, and wait until it has ended well."""
        self.go_on()
        assert self._process.wait(PATIENCE) == 0, self._process.returncode

    def kill(self) -> None:
        """Kill it as the kernel does for want of memory. Safe to call twice."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()


def parent_of(pid: int) -> int:
    """Return the number of a process's parent."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[1])


def wait_until(condition: Callable[[], object], what: str, within: float = PATIENCE) -> None:
    """Return when the condition holds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within:g} s")
        time.sleep(0.002)
