"""Processes that run tests are killed at random moments: each is reported, and none runs twice."""

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

CLASSES, TESTS = 60, 5
HEAVY = 0.1  # part of the kills that meet what is above the process that runs a test
PATIENCE = 60  # seconds of a run
HEAD = """
import os, time, unittest

def note(case):
    with open("ran", "a") as file:
        file.write(f"{case.id()} {os.getpid()} {os.getppid()}\\n")
    time.sleep(0.004)
"""


class Torture:
    """Runs a suite, and kills what runs it, until it was killed often enough.

    Args:
        root: Directory for the suite.
        seed: Where random choices come from.
        kills: How many.
    """

    heavy = HEAVY

    def __init__(self, root: Path, seed: object, kills: int) -> None:
        self._root = root
        self._dice = random.Random(f"{seed} {type(self).__name__}")
        self._wanted = kills
        self.kills = 0
        self.reasons: list[str] = []

    def run(self) -> list[str]:
        """Torture; return what went wrong."""
        tests = "".join(f"    def test_{n}(self): note(self)\n" for n in range(TESTS))
        classes = [f"class C{n}Test(unittest.TestCase):\n{tests}" for n in range(CLASSES)]
        (self._root / "test_many.py").write_text("\n".join([HEAD, *classes]))
        while self.kills < self._wanted and not self.reasons:
            (self._root / "ran").unlink(missing_ok=True)
            self._run_once()
        return self.reasons

    def _run_once(self) -> None:
        """Run all tests, kill meanwhile, and note what is wrong about the outcome."""
        raise NotImplementedError

    def _suffers(self, *arguments: str) -> tuple[int, str]:
        """Call harness, kill meanwhile; return the exit code, and what was printed."""
        run = subprocess.Popen(
            [sys.executable, "-m", "harness", *arguments],
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
        return run.returncode, output

    def _notes(self) -> list[list[str]]:
        file = self._root / "ran"
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
        return [line.split() for line in lines if line.endswith("\n")]

    def _kill(self) -> None:
        """Kill a process that has run one of the last tests, or what is above it."""
        last = self._notes()[-4:]
        if last:
            _, process, above = self._dice.choice(last)
            victim = above if self._dice.random() < self.heavy else process
            try:
                os.kill(int(victim), signal.SIGKILL)
                self.kills += 1
            except ProcessLookupError:
                pass

    def _account(self, code: int, output: str) -> list[str]:
        """Return what is wrong about the outcome of a run."""
        counts = collections.Counter(
            {what: int(n) for n, what in re.findall(r"(\d+) (passed|crashed|not run)", output)}
        )
        reasons = [
            f"{name} ran {times} times" for name, times in self._begun().items() if times > 1
        ]
        if counts["passed"] + counts["crashed"] != CLASSES * TESTS:
            reasons.append(f"not every test was reported: {output[-2000:]}")
        if code != (1 if counts["crashed"] else 0):
            reasons.append(f"exit code {code}: {output[-2000:]}")
        ran = {note[0] for note in self._notes()}
        if len(ran) < counts["passed"]:
            reasons.append(f"{counts['passed']} passed, and {len(ran)} ran")
        return reasons

    def _begun(self) -> collections.Counter[str]:
        """Return how often each test was begun, by name, in one run."""
        return collections.Counter(note[0] for note in self._notes())


class ProcessTorture(Torture):
    """Kills workers that are processes of this machine."""

    heavy = 0.0  # nobody is left to tell, without the coordinator

    def _run_once(self) -> None:
        self.reasons += self._account(*self._suffers("run", "-n", "3", "--order", "shuffle"))


class ShardTorture(Torture):
    """Kills workers and whole shards; a shard that was killed is run again, and all are merged."""

    def _run_once(self) -> None:
        seed = str(self._dice.randrange(1 << 32))
        for shard in "1", "2":
            code = -signal.SIGKILL
            while code == -signal.SIGKILL:
                where = ("--shard", f"{shard}/2", "--history", f"{seed}-{shard}.sqlite")
                code, output = self._suffers("run", "-n", "2", "--seed", seed, *where)
            if code not in (0, 1):
                self.reasons.append(f"shard {shard}: exit code {code}: {output[-2000:]}")
        if not self.reasons:
            files = [f"{seed}-{shard}.sqlite" for shard in "12"]
            merge = [sys.executable, "-m", "harness", "merge", *files]
            done = subprocess.run(
                merge, cwd=self._root, capture_output=True, text=True, check=False
            )
            self.reasons += self._account(done.returncode, done.stdout + done.stderr)

    def _begun(self) -> collections.Counter[str]:
        """Return how often each test was begun by one coordinator: a shard may run again."""
        return collections.Counter(f"{name} under {above}" for name, _, above in self._notes())
