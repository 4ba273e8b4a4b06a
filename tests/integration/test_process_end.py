"""However a run ends, nothing of it remains: on a server of its own, or in a container."""

import signal
import time

from tests.integration.sandbox import SandboxTest, wait_for, wait_until

SUITE = """
class Suite(HarnessTestCase):
    db = Postgres()
    real = Postgres(isolation="commit")

    def setUp(self):
        self.db.execute("create table t (id integer)")
        self.real.execute("create table t (id integer)")

    def test(self):
        say("testing")
        {body}
"""
# Says so in the middle of removing a server.
SAYS_CLOSING = """
from harness.core.registry import directory_thing
from harness.providers import container_thing

def saying(original):
    def remove(**fields):
        say("closing")
        time.sleep(0.1)
        original(**fields)
    return remove

for module in (directory_thing, container_thing):
    module.remove = saying(module.remove)
"""
OPEN = "open: a second Ctrl-C during the start ends the wait for it, and what it started stays"

ENDS = {
    "passes": ("pass", (0,)),
    "fails": ("self.fail('on purpose')", (1,)),
    "has an error": ("1 / 0", (1,)),
    "is skipped": ("self.skipTest('on purpose')", (0, 5)),
    "exits": ("sys.exit(3)", (1, 3)),
}


class EndOfRun:
    """The tests; a subclass names the provider."""

    provider = ""
    ends = tuple(ENDS)

    def interrupt(self, process, times):
        for number in range(times):
            if number:
                time.sleep(0.03)
            process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)
        self.assertNotEqual(0, process.returncode, printed)
        return printed

    def test_nothing_is_left_however_the_suite_ends(self):
        runs = []
        for end in self.ends:  # side by side, as they are independent
            sandbox = self.sandbox(self.provider)
            runs.append((end, sandbox, sandbox.start(SUITE.format(body=ENDS[end][0]))))
        for end, sandbox, process in runs:
            with self.subTest(end):
                printed, _ = process.communicate(timeout=60)
                self.assertIn("testing", printed)
                self.assertIn(process.returncode, ENDS[end][1], printed)
                self.assertNothingLeft(sandbox)

    def check_interrupt_during_a_test(self, times):
        sandbox = self.sandbox(self.provider)
        process = sandbox.start(SUITE.format(body="time.sleep(60)"))
        wait_for(process, "testing")
        self.assertNotEqual([], sandbox.leftovers())

        self.interrupt(process, times)

        self.assertNothingLeft(sandbox)

    def check_interrupt_during_the_start(self, times):
        sandbox = self.sandbox(self.provider)
        process = sandbox.start(SUITE.format(body="time.sleep(60)"))
        wait_until(sandbox.leftovers, "a start")

        self.interrupt(process, times)

        self.assertNothingLeft(sandbox)

    def check_interrupt_during_the_clean_up(self, times):
        sandbox = self.sandbox(self.provider)
        process = sandbox.start(SAYS_CLOSING + SUITE.format(body="pass"))
        wait_for(process, "closing")
        for number in range(times):
            time.sleep(0.02 * number)
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

        self.assertNothingLeft(sandbox)

    def test_an_interrupt_during_a_test_leaves_nothing(self):
        self.check_interrupt_during_a_test(1)

    def test_two_interrupts_during_the_start_leave_nothing(self):
        self.check_interrupt_during_the_start(2)

    def test_two_interrupts_during_the_clean_up_leave_nothing(self):
        self.check_interrupt_during_the_clean_up(2)


class EndOfRunOnEmbeddedTest(EndOfRun, SandboxTest):
    provider = "embedded"

    def test_two_interrupts_during_a_test_leave_nothing(self):
        self.check_interrupt_during_a_test(2)

    def test_an_interrupt_during_the_start_leaves_nothing(self):
        self.check_interrupt_during_the_start(1)

    def test_an_interrupt_during_the_clean_up_leaves_nothing(self):
        self.check_interrupt_during_the_clean_up(1)


class EndOfRunOnDockerTest(EndOfRun, SandboxTest):
    provider = "docker"
    ends = ("passes", "fails")
