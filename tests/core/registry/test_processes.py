"""Who a process is, and ending all that belong to one server and nothing else."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from unittest import mock

from harness.core.registry import processes
from tests.support.registry import wait_until
from tests.support.unit import DirectoryTest

OBEDIENT = "trap 'touch stopped; exit 0' TERM; touch ready; while :; do sleep 0.01; done"
STUBBORN = "trap '' TERM; touch ready; while :; do sleep 0.01; done"
# A child in a session of its own, without its parent's mark, as PostgreSQL might have.
WITH_CHILD = "setsid env -i sleep 60 & touch ready; wait"
UNMARKED = "exec env -i sleep 60"
# Not closed by the shell, which knows descriptors of one digit only.
CLOSE = 'import os; os.close({life}); os.execlp("sleep", "sleep", "60")'
WITHOUT_LIFE = f"touch ready; exec {sys.executable} -c '{CLOSE}'"


class ProcessTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.life = str(self.directory / "i.life")
        self.number = os.open(self.life, os.O_RDWR | os.O_CREAT)
        fcntl.flock(self.number, fcntl.LOCK_EX)
        self.addCleanup(self.let_go)

    def let_go(self):
        """Let the server alone have its lifetime lock, as the janitor does."""
        number, self.number = self.number, -1
        if number >= 0:
            os.close(number)

    def process(self, *command, **options):
        """Start a process that is nobody's."""
        process = subprocess.Popen(command, cwd=self.directory, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def server(self, script, *, instance="i"):
        """Start a server: its lifetime lock open, its mark in its environment."""
        return self.process(
            *("sh", "-c", script.format(life=self.number)),
            pass_fds=[self.number],
            env={"PATH": os.environ["PATH"], processes.MARK: instance},
        )

    def ready(self, script):
        """Start a server that says when it is ready."""
        server = self.server(script)
        self.wait_for("ready")
        return server

    def wait_for(self, name):
        wait_until((self.directory / name).exists, name)

    def is_there(self, name):
        return (self.directory / name).exists()

    def end(self, server=None, *, started=None, stop=signal.SIGTERM, grace=10.0):
        self.let_go()
        pid = server.pid if server is not None else 0
        began = started if started is not None else processes.start_time(pid)
        processes.end(self.life, "i", pid, began, stop, grace)


class IdentityTest(ProcessTest):
    def test_the_start_time_of_a_process_stays(self):
        ours = processes.start_time(os.getpid())

        self.assertRegex(ours, r"\A\d+\Z")
        self.assertEqual(ours, processes.start_time(os.getpid()))

    def test_it_is_read_whatever_the_process_is_called(self):
        script = self.program("a) Z 1 (b", "read line")
        odd = self.process(str(script), stdin=subprocess.PIPE)
        self.addCleanup(odd.stdin.close)
        wait_until(lambda: "(b" in status(odd.pid), "its name")

        self.assertGreaterEqual(int(processes.start_time(odd.pid)), ours())
        self.assertFalse(processes.is_zombie(odd.pid))

    def test_one_that_is_gone_has_none(self):
        gone = self.process("true")
        gone.wait()

        self.assertEqual("", processes.start_time(gone.pid))
        self.assertFalse(processes.is_zombie(gone.pid))
        self.assertFalse(processes.is_alive(gone.pid, ""))

    def test_one_that_runs_is_alive_by_its_number_and_start_time(self):
        pid = os.getpid()

        self.assertTrue(processes.is_alive(pid, processes.start_time(pid)))
        self.assertFalse(processes.is_alive(pid, "1"))

    def test_one_of_somebody_elses_is_alive_too(self):
        with mock.patch("os.kill", side_effect=PermissionError):
            self.assertTrue(processes.is_alive(1, processes.start_time(1)))

    def test_one_whose_exit_code_nobody_has_asked_for_is_dead(self):
        ended = self.process("true")
        started = processes.start_time(ended.pid)

        wait_until(lambda: processes.is_zombie(ended.pid), "its end")

        self.assertFalse(processes.is_alive(ended.pid, started))

    def test_the_boot_is_the_kernels_own(self):
        self.assertRegex(processes.boot_id(), r"\A[0-9a-f-]{36}\Z")

    def test_where_the_kernel_tells_no_boot_it_is_empty(self):
        with mock.patch("builtins.open", side_effect=FileNotFoundError):
            self.assertEqual("", processes.boot_id())


def ours():
    return int(processes.start_time(os.getpid()))


def status(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read()


class BelongingTest(ProcessTest):
    def everything(self):
        self.let_go()
        return processes.everything(self.life, "i")

    def is_sleep(self, pid):
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().startswith(b"sleep") and processes.carries(pid, "i")

    def test_one_belongs_by_its_open_lock_though_it_has_lost_its_mark(self):
        server = self.server(UNMARKED)
        wait_until(lambda: not processes.carries(server.pid, "i"), "the loss of its mark")

        self.assertEqual([server.pid], self.everything())

    def test_one_belongs_by_its_mark_though_it_has_closed_its_lock(self):
        server = self.ready(WITHOUT_LIFE)
        wait_until(lambda: self.is_sleep(server.pid), "its program")  # has no mark while it changes
        self.assertFalse(processes.has_open(server.pid, os.stat(self.life)))

        self.assertEqual([server.pid], self.everything())

    def test_the_mark_of_another_instance_is_not_taken_for_ours(self):
        self.process("sleep", "60", env={**os.environ, processes.MARK: "i2"})
        self.process("sleep", "60", env={**os.environ, "ANOTHER": f"{processes.MARK}=i"})

        self.assertEqual([], self.everything())

    def test_whoever_looks_does_not_belong(self):
        self.assertEqual([], processes.everything(self.life, "i"))

    def test_marks_are_found_where_the_lock_is_gone(self):
        server = self.server("exec sleep 60")
        wait_until(lambda: self.is_sleep(server.pid), "its program")
        os.unlink(self.life)

        self.assertEqual([server.pid], self.everything())

    def test_the_lock_is_free_when_all_are_dead(self):
        self.let_go()
        self.number = os.open(self.life, os.O_RDWR)
        fcntl.flock(self.number, fcntl.LOCK_EX)
        server = self.server("exec sleep 60")
        self.let_go()
        self.assertFalse(processes.are_dead(self.life))

        server.kill()
        server.wait()

        self.assertTrue(processes.are_dead(self.life))


class EndTest(ProcessTest):
    def test_the_first_is_asked_to_stop(self):
        server = self.ready(OBEDIENT)

        self.end(server)

        self.assertEqual(0, server.wait())
        self.assertTrue(self.is_there("stopped"))

    def test_it_is_asked_by_the_signal_that_it_stops_at(self):
        server = self.ready("trap 'exit 7' QUIT; touch ready; while :; do sleep 0.01; done")

        self.end(server, stop=signal.SIGQUIT)

        self.assertEqual(7, server.wait())

    def test_one_that_does_not_listen_is_killed_after_its_grace(self):
        server = self.ready(STUBBORN)
        began = time.monotonic()

        self.end(server, grace=0.05)

        self.assertEqual(-signal.SIGKILL, server.wait())
        self.assertLess(0.05, time.monotonic() - began)

    def test_one_that_is_paused_hears_of_it(self):
        server = self.ready(OBEDIENT)
        server.send_signal(signal.SIGSTOP)

        self.end(server)

        self.assertTrue(self.is_there("stopped"))

    def test_children_in_sessions_of_their_own_are_ended_too(self):
        server = self.ready(WITH_CHILD)
        file = os.stat(self.life)
        wait_until(lambda: len(self.having(file)) == 3, "the server's child")

        self.end(server)

        self.assertEqual([], self.having(file))
        self.assertTrue(processes.are_dead(self.life))

    def having(self, file):
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
        return [pid for pid in pids if processes.has_open(pid, file)]

    def test_where_the_first_is_not_known_all_are_killed(self):
        server = self.ready(OBEDIENT)

        self.end()

        self.assertEqual(-signal.SIGKILL, server.wait())

    def test_its_successor_under_the_same_number_is_left_alone(self):
        stranger = self.process("sleep", "60")

        self.end(stranger, started="1")

        self.assertIsNone(stranger.poll())

    def test_one_that_is_gone_is_no_error(self):
        self.end(self.ready("touch ready"))

    def test_one_that_does_not_die_is_an_error_with_its_number(self):
        server = self.ready(STUBBORN)

        with (
            mock.patch.object(processes, "KILL_TIMEOUT", 0.02),
            mock.patch.object(processes, "send", return_value=False),
            self.assertRaises(TimeoutError) as caught,
        ):
            self.end(server)

        self.assertRegex(
            str(caught.exception),
            rf"\Aprocesses \[{server.pid}\b.*\] do not end, although they were killed\Z",
        )

    def test_without_a_proc_the_first_is_ended(self):
        server = self.process("sleep", "60", start_new_session=True)

        with (
            mock.patch("os.path.isdir", return_value=False),
            mock.patch.object(processes, "send", side_effect=self.stubborn(server)),
        ):
            self.end(server, grace=0.0)

        self.assertEqual(-signal.SIGKILL, server.wait())

    def stubborn(self, server):
        """Return a `send` by which a server hears of its kill alone."""

        def send(pid, started, number):
            if number == signal.SIGKILL:
                server.kill()
                server.wait()
            return True

        return send


class SignalTest(ProcessTest):
    def setUp(self):
        super().setUp()
        self.victim = self.process("sleep", "60")
        self.started = processes.start_time(self.victim.pid)

    def ways(self):
        """Yield with pidfds, and where there are none."""
        yield "a pidfd"
        with mock.patch.object(processes, "open_pidfd", side_effect=without_pidfds):
            yield "no pidfd"

    def test_the_one_that_started_then_is_sent_it(self):
        for way in self.ways():
            with self.subTest(way):
                self.assertTrue(processes.send(self.victim.pid, self.started, signal.SIGCONT))
                self.assertIsNone(self.victim.poll())

        self.assertTrue(processes.send(self.victim.pid, self.started, signal.SIGKILL))
        self.assertEqual(-signal.SIGKILL, self.victim.wait())

    def test_another_under_its_number_is_sent_nothing(self):
        for way in self.ways():
            with self.subTest(way):
                self.assertFalse(processes.send(self.victim.pid, "1", signal.SIGKILL))
                self.assertIsNone(self.victim.poll())

    def test_none_is_sent_to_one_that_is_gone(self):
        self.victim.kill()
        self.victim.wait()

        for way in self.ways():
            with self.subTest(way):
                self.assertFalse(processes.send(self.victim.pid, self.started, signal.SIGKILL))

    def test_no_descriptor_stays_open(self):
        before = os.listdir("/proc/self/fd")

        processes.send(self.victim.pid, self.started, signal.SIGCONT)
        processes.send(self.victim.pid, "1", signal.SIGCONT)
        processes.wait_for_end(self.victim.pid, self.started, 0)

        self.assertEqual(before, os.listdir("/proc/self/fd"))

    def test_the_end_of_a_process_is_waited_for(self):
        for way in self.ways():
            with self.subTest(way):
                victim = self.process("sleep", "60")
                started = processes.start_time(victim.pid)
                self.assertFalse(processes.wait_for_end(victim.pid, started, 0.01))
                victim.kill()
                self.assertTrue(processes.wait_for_end(victim.pid, started, 10))

    def test_one_that_has_ended_long_ago_is_not_waited_for(self):
        self.assertTrue(processes.wait_for_end(self.victim.pid, "1", 10))
        self.victim.kill()
        self.victim.wait()

        self.assertTrue(processes.wait_for_end(self.victim.pid, self.started, 10))

    def test_a_system_without_pidfds_is_told_from_a_process_that_is_gone(self):
        with mock.patch("os.pidfd_open", side_effect=OSError):
            self.assertIsNone(processes.open_pidfd(self.victim.pid))
        with mock.patch("os.pidfd_open", side_effect=ProcessLookupError):
            self.assertEqual(-1, processes.open_pidfd(self.victim.pid))


def without_pidfds(pid):
    return None
