"""How workers end, and what is heard of those that do not."""

import os
import re
import signal
import time

from harness.runner.coordinator import Coordinator
from harness.runner.listeners import Listeners
from harness.runner.options import Options
from tests.runner.suites import LONGEST, RunnerTest
from tests.runner.test_kills import children

THREAD = """
import threading

class ATest(unittest.TestCase):
    def test_a(self):
        threading.Thread(target=time.sleep, args=(300,)).start()

    @classmethod
    def tearDownClass(cls):
        open("done", "w").close()
"""


class Said:
    """A worker that has said something and ended before anybody listens."""

    def __init__(self, number, **message):
        self.number, self._messages = number, [message]
        self._ours, self._theirs = os.pipe()
        os.write(self._theirs, b"!")

    def fileno(self):
        return self._ours

    def send(self, **message):
        raise BrokenPipeError

    def receive(self):
        found, self._messages = self._messages, None
        return found

    def read(self):
        return b""

    def gone(self):
        return True

    def end(self, patience):
        os.close(self._ours)
        os.close(self._theirs)
        return ""


class Those:
    """Workers of that kind."""

    def __init__(self, **message):
        self._message = message

    def wanted(self):
        return 2

    def hire(self, number, others):
        return Said(number, **self._message)

    def close(self):
        pass


class EndTest(RunnerTest):
    def test_what_a_worker_says_last_is_heard_before_its_end(self):
        those = Those(event="refused", why="there is no test a", usage=True)
        coordinator = Coordinator(Options(workers=2), those, Listeners())
        coordinator.run()
        self.assertEqual("there is no test a", coordinator.problem)
        self.assertTrue(coordinator.refused)

    def test_one_that_does_not_end_is_not_left_behind_by_two_interrupts(self):
        self.write(test_thread=THREAD)
        run = self.start("run")
        deadline = time.monotonic() + LONGEST
        while not (self.root / "done").exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        (worker,) = children(run.pid)
        while run.poll() is None and time.monotonic() < deadline:
            run.send_signal(signal.SIGINT)  # the first one has it be waited for
            time.sleep(0.3)
        output, _ = run.communicate(timeout=LONGEST)  # until nobody can print any more
        self.assertEqual(130, run.returncode, output)
        self.assertRaises(ProcessLookupError, os.kill, worker, 0)


class FixtureTest(RunnerTest):
    def test_each_class_of_a_module_is_blocked_or_skipped_for_its_own_fixture(self):
        self.write(
            test_fixtures="""
            def setUpModule():
                pass

            class ATest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    raise ValueError("no A")

                def test_a(self):
                    pass

            class BTest(ATest):
                @classmethod
                def setUpClass(cls):
                    raise unittest.SkipTest("no B")
            """
        )
        text = self.run_suite("-v", code=1)
        self.assertIn("\ntest_fixtures.ATest.test_a ... blocked\n", text)
        self.assertIn("\ntest_fixtures.BTest.test_a ... skipped\n", text)

    def test_a_round_is_blocked_for_what_was_said_in_it(self):
        self.write(
            test_turns="""
            class ATest(unittest.TestCase):
                turn = 0

                @classmethod
                def setUpClass(cls):
                    cls.turn += 1
                    if cls.turn == 1:
                        raise ValueError("at first")
                    if cls.turn == 2:
                        raise unittest.SkipTest("then")

                def test_a(self):
                    pass
            """
        )
        text = self.run_suite("-v", "--repeat", "3", code=1)
        self.assertEqual(["blocked", "skipped", "passed"], re.findall(r"test_a \.\.\. (\w+)", text))


class AgainTest(RunnerTest):
    def test_what_failed_before_its_worker_died_is_run_again(self):
        self.write(
            test_both="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    with open("ran", "a") as file:
                        file.write("a\\n")
                    self.assertGreater(len(open("ran").read()), 2)

                def test_b(self):
                    os.kill(os.getpid(), signal.SIGKILL)
            """
        )
        text = self.run_suite("--rerun-failed", "1", code=1)
        self.assertEqual(
            "0 passed, 2 failed, 0 skipped (of the failed: 1 crashed, 1 flaky)",
            self.last_line(text),
        )


class NameTest(RunnerTest):
    def test_no_terminal_obeys_the_name_of_a_test(self):
        self.write(
            test_name="""
            class ATest(unittest.TestCase):
                def id(self):
                    return "a\\x1b[2Jb"

                def test_a(self):
                    self.fail()
            """
        )
        text = self.run_suite("-v", code=1)
        self.assertIn("\na\\x1b[2Jb ... failed\n", text)
        self.assertNotIn("\x1b[2J", text)


class AfterTest(RunnerTest):
    def suite(self, end):
        self.write(
            test_after=f"""
            class ATest(unittest.TestCase):
                @classmethod
                def tearDownClass(cls):
                    {end}

                def test_a(self):
                    pass
            """
        )

    def test_fixtures_that_end_their_worker_after_the_last_test_make_the_run_fail(self):
        self.suite("os._exit(7)")
        text = self.run_suite(code=1)
        self.assertIn("ERROR: fixtures of test_after.ATest\nworker 1 ended: exit code 7", text)
        self.assertEqual("1 passed, 0 failed, 0 skipped, 1 fixture failed", self.last_line(text))

    def test_so_do_those_that_take_too_long(self):
        self.suite("time.sleep(100)")
        text = self.run_suite("--timeout", "1.0", code=1)
        self.assertIn("worker 1 ended: it took longer than 1 s", text)

    def test_fixtures_that_take_too_long_are_waited_for_once(self):
        self.write(
            test_before="""
            class ATest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    open("ran", "a").write("x")
                    time.sleep(100)

                def test_a(self):
                    pass
            """
        )
        text = self.run_suite("--timeout", "0.5", "--junit", "report.xml", code=1)
        why = "ended in the fixtures of test_before.ATest: it took longer than 0.5 s (exit code 1)"
        self.assertIn(why, text)
        self.assertIn(why, (self.root / "report.xml").read_text())
        self.assertEqual(["x"], self.ran())

    def test_one_that_ends_its_worker_before_its_limit_has_not_reached_it(self):
        self.write(
            test_exit="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    time.sleep(0.3)
                    os._exit(1)
            """
        )
        text = self.run_suite("--timeout", "0.55", code=1)
        self.assertIn("ended in test_exit.ATest.test_a: exit code 1\n", text)

    def test_a_kill_from_outside_loses_no_test_and_is_forgiven(self):
        self.suite("os.kill(os.getpid(), signal.SIGKILL)")
        self.assertIn("\nworker 1 ended: SIGKILL\n", self.run_suite())

    def test_it_is_known_how_workers_end_though_who_has_started_the_run_ignores_ends(self):
        self.write(test_a="class ATest(unittest.TestCase):\n    def test_a(self): os._exit(7)\n")
        script = (
            "import os, signal, sys\n"
            "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
            "os.execv(sys.executable, [sys.executable, '-m', 'harness', *sys.argv[1:]])\n"
        )
        for command in ["run"], ["stress", "test_a", "--runs", "1", "--load", "0"]:
            with self.subTest(command[0]):
                text = self.run_python("-c", script, *command, code=1)
                self.assertIn("ended: exit code 7", text)

    def test_an_error_of_our_own_is_no_failure_of_a_test(self):
        self.write(test_a="class ATest(unittest.TestCase):\n    def test_a(self): pass\n")
        for broken in "coordinator.Coordinator._on_units", "closing.Closing.close":
            with self.subTest(broken):
                module, kind, name = broken.split(".")
                script = (
                    "import sys; from harness.cli.main import main\n"
                    f"from harness.runner import {module}\n"
                    f"{module}.{kind}.{name} = None\n"
                    "sys.argv[1:] = ['run']; main()\n"
                )
                text = self.run_python("-c", script, code=3)
                self.assertIn("TypeError: 'NoneType' object is not callable", text)
                self.assertIn("harness: an error of harness itself", text)

    def test_a_machine_without_room_says_so_in_one_line(self):
        self.suite("pass")
        script = (
            "import resource, runpy, sys\n"
            "resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))\n"
            "sys.argv = ['harness', 'run', '-n', '100']\n"
            "runpy.run_module('harness', run_name='__main__')\n"
        )
        text = self.run_python("-c", script, code=2)
        self.assertRegex(text, r"harness: process \d+ cannot be started: Cannot allocate memory\n")
        self.assertIn("  next: run fewer at a time, by a smaller -n\n", text)
