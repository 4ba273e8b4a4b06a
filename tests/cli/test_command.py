"""A command in our place: signals go to it, its exit code is ours."""

import signal
import subprocess
import sys
import unittest

from harness.cli.command import as_shells_do, refusal
from tests.support.commands import CommandsTest
from tests.support.unit import DirectoryTest

# Says `begun` when it has its handlers; then runs a command, or waits for a signal.
HARNESS = """
import os, sys, time
from harness.cli.command import Stoppable
from harness.core.interrupts import interrupts_held

def say(word):
    os.write(1, word.encode() + b"\\n")

with Stoppable(grace={grace}) as stoppable:
    try:
        {body}
    finally:
        stoppable.hold()
        say("cleaning up")
        {late}
        say("clean")
"""
RUN = "sys.exit(stoppable.run(sys.argv[1:], os.environ))"
# Says each signal that it gets; ends at SIGTERM and SIGHUP.
LISTEN = """
import os, signal, sys, time
def hear(number, frame):
    os.write(1, b"heard %d\\n" % number)
    if number != signal.SIGINT: sys.exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(number, hear)
os.write(1, b"begun\\n")
while True: time.sleep(0.05)  # a signal just before a pause() would be heard after it alone
"""
DEAF = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"begun\\n")
while True: signal.pause()
"""


class StoppableTest(CommandsTest):
    def start_block(self, *command, body=RUN, grace=20.0, late="pass", **options):
        code = HARNESS.format(body=body, grace=grace, late=late)
        options.setdefault("start_new_session", True)  # a Ctrl-C at the suite is not for it
        return self.start(*command, code=code, **options)

    def finish(self, process):
        printed, errors = process.communicate(timeout=30)
        self.assertEqual("", errors)
        return process.returncode, printed.split("\n")[:-1]

    def test_its_exit_code_is_the_commands(self):
        process = self.start_block("sh", "-c", "echo done; exit 3")

        self.assertEqual((3, ["done", "cleaning up", "clean"]), self.finish(process))

    def test_a_command_that_a_signal_kills_ends_as_in_a_shell(self):
        for name in ("TERM", "KILL", "SEGV"):
            number = signal.Signals[f"SIG{name}"]
            process = self.start_block("sh", "-c", f"kill -{name} $$")
            self.assertEqual(128 + number, self.finish(process)[0])

    def test_a_signal_is_passed_on_and_the_clean_up_follows(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                process = self.start_block(sys.executable, "-c", LISTEN)
                self.read_until(process, "begun")
                process.send_signal(number)
                self.assertEqual(
                    (7, [f"heard {number:d}", "cleaning up", "clean"]), self.finish(process)
                )

    def test_an_interrupt_without_a_terminal_is_passed_on(self):
        process = self.start_block(sys.executable, "-c", LISTEN)
        self.read_until(process, "begun")

        process.send_signal(signal.SIGINT)
        self.read_until(process, "heard 2")
        process.send_signal(signal.SIGTERM)

        self.assertEqual(7, self.finish(process)[0])

    def test_a_command_that_does_not_hear_is_killed_in_the_end(self):
        process = self.start_block(sys.executable, "-c", DEAF, grace=0.05)
        self.read_until(process, "begun")

        process.send_signal(signal.SIGTERM)

        self.assertEqual((128 + 9, ["cleaning up", "clean"]), self.finish(process))

    def test_a_command_that_is_stopped_twice_is_told_twice(self):
        process = self.start_block(
            sys.executable, "-c", LISTEN.replace("sys.exit(7)", "number == 1 and sys.exit(7)")
        )
        self.read_until(process, "begun")

        process.send_signal(signal.SIGTERM)
        self.read_until(process, "heard 15")
        process.send_signal(signal.SIGHUP)

        self.assertEqual((7, ["heard 1", "cleaning up", "clean"]), self.finish(process))

    def test_before_the_command_a_signal_ends_the_block(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                process = self.start_block(body="say('begun'); time.sleep(60)")
                self.read_until(process, "begun")
                process.send_signal(number)
                self.assertEqual((128 + number, ["cleaning up", "clean"]), self.finish(process))

    def test_before_the_command_a_signal_waits_for_what_must_not_be_half_done(self):
        body = "with interrupts_held(): say('begun'); sys.stdin.readline(); say('done')"
        process = self.start_block(body=body)
        self.read_until(process, "begun")

        process.send_signal(signal.SIGTERM)
        process.stdin.write("\n")
        process.stdin.flush()

        self.assertEqual((128 + 15, ["done", "cleaning up", "clean"]), self.finish(process))

    def test_a_signal_does_not_disturb_the_clean_up(self):
        process = self.start_block("true", late="sys.stdin.readline()")
        self.read_until(process, "cleaning up")

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process.send_signal(number)
        process.stdin.write("\n")
        process.stdin.flush()

        self.assertEqual((0, ["clean"]), self.finish(process))

    def test_a_signal_that_was_ignored_before_stays_ignored(self):
        process = self.start_block(
            sys.executable,
            "-c",
            "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)",
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        )

        self.assertEqual((0, ["True", "cleaning up", "clean"]), self.finish(process))

    def test_what_was_in_force_before_is_in_force_again(self):
        body = "pass"
        code = HARNESS.format(body=body, grace=1.0, late="pass")
        process = self.start(code=code + "\nimport signal; os.kill(os.getpid(), signal.SIGTERM)")

        self.assertEqual(-signal.SIGTERM, self.finish(process)[0])


class RefusalTest(DirectoryTest):
    def test_what_can_be_run_is_not_refused(self):
        self.assertIsNone(refusal("sh"))
        self.assertIsNone(refusal(sys.executable))

    def test_what_is_not_there_has_the_code_of_shells(self):
        self.assertEqual((127, "there is no command 'nosuchcommand'"), refusal("nosuchcommand"))
        self.assertEqual(127, refusal(str(self.directory / "none"))[0])

    def test_what_may_not_be_executed_has_the_code_of_shells(self):
        path = self.write("script")

        self.assertEqual((126, f"{path} is not a program that may be executed"), refusal(str(path)))
        self.assertEqual(126, refusal(str(self.directory))[0])


class CodeTest(unittest.TestCase):
    def test_the_codes_are_those_of_a_shell(self):
        for script in ("exit 0", "exit 3", "kill -9 $$"):
            seen = subprocess.run(
                ["sh", "-c", f"sh -c '{script}'; exit $?"], stderr=subprocess.DEVNULL
            )
            ours = subprocess.run(["sh", "-c", script])
            self.assertEqual(seen.returncode, as_shells_do(ours.returncode))
