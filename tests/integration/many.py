"""Many processes on one server, whatever it is: no collision, also after a SIGKILL."""

import signal

from tests.integration.sandbox import PATIENCE, wait_for


class SideBySide:
    """Several processes that run a suite at once; a subclass names the usual one."""

    suite = ""

    def run_at_once(self, sandbox, count, suite=""):
        processes = [sandbox.start(suite or self.suite) for _ in range(count)]
        for process in processes:
            printed, _ = process.communicate(timeout=PATIENCE * 2)
            self.assertEqual(0, process.returncode, printed)

    def check(self, sandbox, count, suite=""):
        self.run_at_once(sandbox, count, suite)
        self.assertNothingLeft(sandbox)


class Killed:
    """A process that is killed beside one that stays; a subclass writes their suites.

    Attributes:
        holding: Says where it is and what it holds, then `testing`, and waits.
        telling: Says what the next process finds.
    """

    holding = telling = ""

    def run_after_a_kill(self, sandbox, look):
        """Return what the one that stays said, what the killed one said, and what the next found.

        Args:
            sandbox: Where they run.
            look: Called with the first two, while both are as they were.
        """
        holder = sandbox.start(self.holding)  # keeps the server
        held = self.said(holder)
        killed = sandbox.start(self.holding)
        left = self.said(killed)
        killed.kill()
        killed.wait()
        look(held, left)

        code, printed = sandbox.run(self.telling)

        self.assertEqual(0, code, printed)
        holder.send_signal(signal.SIGINT)
        holder.communicate(timeout=PATIENCE)
        return held, left, printed

    def said(self, process):
        """Return the two last words of a process before it waits: where it is, and what it has."""
        return tuple(line.strip() for line in wait_for(process, "testing")[-2:])
