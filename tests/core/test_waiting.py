"""Waiting looks at the exit state in the same loop as the probe."""

import unittest

from harness.core.waiting import wait_until_ready
from harness.errors import StartError, StartTimeoutError
from tests.support.unit import ScriptedRunning


class Probe:
    """Raises these failures one after another, then succeeds; the last one stays with `forever`."""

    def __init__(self, *failures, forever=False):
        self.failures = list(failures)
        self.forever = forever
        self.calls = 0

    def __call__(self, running, timeout):
        self.calls += 1
        if self.failures:
            raise self.failures[0] if self.forever else self.failures.pop(0)


class WaitingTest(unittest.TestCase):
    def wait(self, probe, running=None, within=10.0, **options):
        wait_until_ready(
            running or ScriptedRunning(), probe, what="db on docker", within=within, **options
        )

    def failed(self, kind, *arguments, **options):
        with self.assertRaises(kind) as caught:
            self.wait(*arguments, **options)
        return caught.exception

    def test_it_returns_when_the_probe_succeeds(self):
        probe = Probe(OSError("not yet"), OSError("not yet"))

        self.wait(probe)

        self.assertEqual(3, probe.calls)

    def test_what_ended_is_not_probed(self):
        probe = Probe()

        self.failed(StartError, probe, ScriptedRunning("exit code 1"))

        self.assertEqual(0, probe.calls)

    def test_the_exit_state_is_looked_at_before_each_probe(self):
        probe = Probe(OSError("not yet"), forever=True)
        running = ScriptedRunning(
            None, None, "killed by SIGKILL", log="one\ntwo", cause="a full disk"
        )

        error = self.failed(StartError, probe, running)

        self.assertEqual(2, probe.calls)
        self.assertEqual(
            "db on docker ended while starting: killed by SIGKILL (Script 1.0)\n"
            "    one\n"
            "    two\n"
            "  likely cause: a full disk\n"
            "  next: read the end of its log above; `harness doctor` checks the installation",
            str(error),
        )

    def test_a_time_out_carries_the_last_failure(self):
        failure = OSError("nobody listens")

        error = self.failed(StartTimeoutError, Probe(failure, forever=True), within=0)

        self.assertIs(failure, error.__cause__)
        self.assertEqual(
            "db on docker was not ready within 0 s (Script 1.0); "
            "last failure: OSError: nobody listens\n"
            "  likely cause: the machine is slow or overloaded\n"
            "  next: check that the server runs, and its address",
            str(error),
        )

    def test_a_time_out_knows_a_better_cause_and_the_end_of_the_log(self):
        log = "\n".join(f"line {n}" for n in range(30))
        running = ScriptedRunning(log=log, cause="no memory")

        error = self.failed(StartTimeoutError, Probe(OSError(), forever=True), running, within=0)

        self.assertEqual("no memory", error.cause)
        self.assertEqual(log.splitlines()[-20:], error.detail.splitlines())
        self.assertEqual(
            "set HARNESS_START_TIMEOUT to more seconds, or read the end of its log above",
            error.hint,
        )

    def test_an_error_of_ours_is_final(self):
        wrong = StartError("the password is wrong")
        probe = Probe(wrong, forever=True)

        self.assertIs(wrong, self.failed(StartError, probe))
        self.assertEqual(1, probe.calls)

    def test_a_wait_that_nobody_needs_ends(self):
        error = self.failed(StartError, Probe(OSError(), forever=True), cancelled=lambda: True)

        self.assertEqual("the start of db on docker was cancelled", str(error))

    def test_an_interrupt_gets_through(self):
        self.failed(KeyboardInterrupt, Probe(KeyboardInterrupt()))
