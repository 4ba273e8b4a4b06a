"""An interrupt that comes while a worker is being copied."""

from tests.runner.suites import RunnerTest

SCRIPT = """
import os
from harness.runner.options import Options
from harness.runner.processes import BecomeWorkerError, Processes

for _ in range(10):
    try:
        member = Processes(1).hire(1, [])
    except BecomeWorkerError as become:
        try:
            become.serve(become.link, Options())
        except SystemExit as end:
            os._exit(end.code)
    except BaseException:
        os._exit(99)  # still in the middle of what its parent was doing
    member.interrupt()
    print(member.end(20))
"""


class InterruptTest(RunnerTest):
    def test_it_waits_until_the_worker_is_one(self):
        text = self.run_python("-c", SCRIPT)
        self.assertEqual(["exit code 130"] * 10, text.splitlines())
