"""Workers that are killed at random moments: every test is reported, and none runs twice."""

import collections
import os
import random
import re
import signal
import time
from pathlib import Path

from tests.runner.suites import LONGEST, RunnerTest

CLASSES, TESTS, KILLS = 60, 5, 12
BODY = """
def note(case):
    with open("ran", "a") as file:
        file.write(case.id() + "\\n")
    time.sleep(0.004)
"""


def children(pid):
    """Return the processes that one has started, as the kernel lists them."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in tasks.read_text().split()] if tasks.exists() else []


class KillsTest(RunnerTest):
    def suite(self):
        tests = "".join(f"    def test_{n}(self):\n        note(self)\n" for n in range(TESTS))
        classes = [f"class C{n}Test(unittest.TestCase):\n{tests}\n" for n in range(CLASSES)]
        self.write(test_many=BODY + "\n".join(classes))

    def test_every_test_is_reported_and_none_runs_twice(self):
        self.suite()
        rng = random.Random(7)
        run = self.start("run", "-n", "3", "--order", "shuffle")
        self.kill_workers(run, rng)
        output, _ = run.communicate(timeout=LONGEST)

        counts = {what: int(n) for n, what in re.findall(r"(\d+) (passed|crashed|not run)", output)}
        self.assertEqual(CLASSES * TESTS, counts["passed"] + counts.get("crashed", 0), output)
        self.assertNotIn("not run", counts)
        self.assertEqual(1 if "crashed" in counts else 0, run.returncode, output)
        begun = collections.Counter((self.root / "ran").read_text().split())
        self.assertEqual([], [name for name, times in begun.items() if times > 1])
        self.assertGreaterEqual(len(begun), counts["passed"])

    def kill_workers(self, run, rng):
        """Kill workers at random moments, as many as there may be, until the run is over."""
        deadline = time.monotonic() + LONGEST
        while not (self.root / "ran").exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.005, 0.06))
            found = children(run.pid)
            if run.poll() is None and found:
                try:
                    os.kill(rng.choice(found), signal.SIGKILL)
                except ProcessLookupError:
                    continue
