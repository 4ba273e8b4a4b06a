"""Processes that run tests on a Dask cluster, and Dask workers, are killed at random moments."""

from __future__ import annotations

import collections
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.runner.cluster.fleet import Fleet

CLASSES, TESTS = 60, 5
HEAVY = 0.1  # part of the kills that meet a Dask worker, and so all that is under it
PATIENCE = 60  # seconds of a run
HEAD = """
import os, time, unittest

def note(case):
    with open("ran", "a") as file:
        file.write(f"{case.id()} {os.getpid()} {os.getppid()}\\n")
    time.sleep(0.004)
"""


class ClusterTorture:
    """Runs a suite on a cluster, and kills what runs it, until it was killed often enough.

    Args:
        root: Directory for the suite.
        seed: Where random choices come from.
        kills: How many.
    """

    def __init__(self, root: Path, seed: object, kills: int) -> None:
        self._root = root
        self._dice = random.Random(f"{seed} cluster")
        self._wanted = kills
        self.kills = 0
        self.reasons: list[str] = []

    def run(self) -> list[str]:
        """Torture; return what went wrong."""
        tests = "".join(f"    def test_{n}(self): note(self)\n" for n in range(TESTS))
        classes = [f"class C{n}Test(unittest.TestCase):\n{tests}" for n in range(CLASSES)]
        (self._root / "test_many.py").write_text("\n".join([HEAD, *classes]))
        fleet = Fleet(2)
        try:
            while self.kills < self._wanted and not self.reasons:
                self._run_once(fleet.address)
        finally:
            fleet.close()
        return self.reasons

    def _run_once(self, address: str) -> None:
        (self._root / "ran").unlink(missing_ok=True)
        command = [sys.executable, "-m", "harness", "--set", f"cluster_timeout={PATIENCE}", "run"]
        run = subprocess.Popen(
            [*command, "--cluster", address, "--order", "shuffle"],
            cwd=self._root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while run.poll() is None and self.kills < self._wanted:
            time.sleep(self._dice.uniform(0.01, 0.15))
            self._kill()
        try:
            output, _ = run.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            run.kill()
            output = f"it did not end\n{run.communicate()[0]}"
        self.reasons += self._account(run.returncode, output)

    def _notes(self) -> list[list[str]]:
        file = self._root / "ran"
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
        return [line.split() for line in lines if line.endswith("\n")]

    def _kill(self) -> None:
        """Kill a process that has run one of the last tests, or what is above it."""
        last = self._notes()[-4:]
        if last:
            _, process, above = self._dice.choice(last)
            victim = above if self._dice.random() < HEAVY else process
            try:
                os.kill(int(victim), signal.SIGKILL)
                self.kills += 1
            except ProcessLookupError:
                pass

    def _account(self, code: int, output: str) -> list[str]:
        counts = collections.Counter(
            {what: int(n) for n, what in re.findall(r"(\d+) (passed|crashed|not run)", output)}
        )
        ran = collections.Counter(note[0] for note in self._notes())
        reasons = [f"{name} ran {times} times" for name, times in ran.items() if times > 1]
        if counts["passed"] + counts["crashed"] != CLASSES * TESTS:
            reasons.append(f"not every test was reported: {output[-2000:]}")
        if code != (1 if counts["crashed"] else 0):
            reasons.append(f"exit code {code}: {output[-2000:]}")
        if len(ran) < counts["passed"]:
            reasons.append(f"{counts['passed']} passed, and {len(ran)} ran")
        return reasons
