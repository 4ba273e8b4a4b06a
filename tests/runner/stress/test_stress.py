"""`harness stress`: what makes a test fail that mostly passes."""

import re
import signal
import subprocess
import sys

from harness.testing.eventually import eventually
from tests.runner.stress.test_load import runs
from tests.runner.suites import RunnerTest

ONE_IN_FIFTY = """
from harness import HarnessTestCase

class DrawTest(HarnessTestCase):
    def test_draws(self):
        self.assertNotEqual(0, self.rng.randrange(50))
"""
RACE = """
import threading

class Account:
    balance = 0

    def read(self):
        return self.balance

    def write(self, value):
        self.balance = value

class RaceTest(unittest.TestCase):
    def test_two_pay_at_once(self):
        account, gate = Account(), threading.Barrier(2)

        def pay():
            gate.wait()
            for _ in range(100):
                account.write(account.read() + 1)

        threads = [threading.Thread(target=pay) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(200, account.balance)
"""
KINDS = """
class KindsTest(unittest.TestCase):
    seen = []

    def test_third_time(self):
        self.seen.append(1)
        self.assertLess(len(self.seen), 3)

    def test_ends_its_process(self):
        print("on its way")
        os._exit(3)

    def test_ends_its_parent(self):
        os.kill(os.getppid(), signal.SIGKILL)

    def test_hangs(self):
        time.sleep(600)

    @unittest.skip("not today")
    def test_skipped(self):
        pass

    def test_passes(self):
        pass
"""

SERVED = """
import socket
from harness import HarnessTestCase, Process

class ServedTest(HarnessTestCase):
    server = Process([sys.executable, "server.py", "{port}"])

    def test_served(self):
        with socket.create_connection(self.server.address()) as connection:
            server = connection.recv(9).decode()
        with open("ran", "a") as file:
            file.write(f"{server}:{os.getpid()} ")
"""
SERVER = """
import socket
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    connection.sendall(b"%d" % os.getpid())
    connection.close()
"""


def polluted(*polluters):
    """Return a module of 200 tests in 20 classes, and one that fails after some of them."""
    lines = ["state = set()"]
    for number in range(200):
        if number % 10 == 0:
            lines.append(f"class C{number:03}Test(unittest.TestCase):")
        body = f"state.add({number})" if number in polluters else "pass"
        lines.append(f"    def test_{number:03}(self): {body}")
    check = f"self.assertFalse({set(polluters)} <= state)"
    return "\n".join([*lines, "class ZTest(unittest.TestCase):", f"    def test_z(self): {check}"])


class StressTest(RunnerTest):
    def stress(self, *arguments, code=1):
        """Repeat a test, without load unless the arguments say so; return what is printed."""
        return self.run_harness("stress", "--load", "0", *arguments, code=code)

    def repeated(self, text, *, code=1):
        """Run the command that a report ends with."""
        command = re.search(r"^repeat with: harness (.*)$", text, re.MULTILINE)
        return self.run_harness(*command[1].split(), code=code)


class SeedTest(StressTest):
    def test_a_test_that_fails_by_one_seed_in_fifty_is_found_and_that_seed_repeats_it(self):
        self.write(test_m=ONE_IN_FIFTY)
        text = self.stress("test_m.DrawTest", "--seed", "3")

        seed = re.search(r"^seed: (\d+)$", text, re.MULTILINE)[1]
        self.assertIn("FAILED: test_m.DrawTest.test_draws\nTraceback", text)
        self.assertIn("AssertionError: 0 == 0", text)
        self.assertRegex(text, r"(?m)^failed: 1 of \d+ runs \(")
        self.assertIn("alone, with its seed, each in a process of its own: 10 of 10 runs", text)
        self.assertIn("the seed decides\n", text)
        self.assertIn(f"harness run --seed {seed} test_m.DrawTest.test_draws\n", text)
        self.assertIn("AssertionError: 0 == 0", self.repeated(text))

    def test_one_seed_can_be_kept(self):
        self.write(test_m=ONE_IN_FIFTY)
        text = self.stress("test_m.DrawTest", "--seed", "1", "--same-seed", "--runs", "300", code=0)
        self.assertIn("it did not fail in 300 runs", text)

    def test_each_pass_has_fixtures_of_its_own_and_a_suite_of_another_class_a_process(self):
        self.write(
            test_m="""
            class NotedTest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    open("ran", "a").write("class ")

                def test_noted(self):
                    open("ran", "a").write(f"{os.getpid()} ")
            """,
            test_whole="""
            from test_m import NotedTest

            class OwnSuite(unittest.TestSuite):
                pass

            def load_tests(loader, tests, pattern):
                return OwnSuite([NotedTest("test_noted")])
            """,
        )
        for name, processes in ("test_m.NotedTest", 1), ("test_whole", 3):
            with self.subTest(name):
                self.stress(name, "--same-seed", "-n", "1", "--runs", "3", code=0)
                ran = self.ran()
                (self.root / "ran").unlink()
                self.assertEqual((3, processes), (ran.count("class"), len({*ran}) - 1))

    def test_a_test_that_never_fails_says_how_often_it_may(self):
        self.write(test_m=KINDS)
        text = self.stress("test_m.KindsTest.test_passes", "--runs", "100", "--fresh", code=0)
        self.assertRegex(
            text,
            r"did not fail in 100 runs \(.* s, \d+ runs a second\): with 95 %, it fails in less "
            r"than 3 % of them\n",
        )

    def test_a_class_runs_in_a_shuffled_order_that_its_seed_repeats(self):
        self.write(
            test_m="""
            class OrderTest(unittest.TestCase):
                seen = []

                def test_a(self):
                    self.seen.append("a")

                def test_b(self):
                    self.seen.append("b")

                def test_c(self):
                    self.assertNotEqual(["b", "a"], self.seen)

                @classmethod
                def tearDownClass(cls):
                    cls.seen.clear()
            """
        )
        text = self.stress("test_m.OrderTest", "--seed", "1")
        self.assertIn(
            "it fails after these, run in one process before it:\n"
            "    test_m.OrderTest.test_b\n    test_m.OrderTest.test_a\n"
            "    10 of 10 runs fail after them; each of these is needed: ",
            text,
        )
        self.repeated(text)


class LoadTest(StressTest):
    def test_a_race_shows_under_load_and_seldom_without(self):
        self.write(test_m=RACE)
        text = self.stress("test_m.RaceTest", "--seed", "1", "--for", "60", "--load", "auto")
        self.assertIn("AssertionError: 200 != ", text)
        self.assertRegex(text, "the same under load: |chance decides")

        quiet = ("-n", "1", "--runs", "100")
        self.stress("test_m.RaceTest", "--seed", "1", *quiet, code=0)


class EndTest(StressTest):
    def test_a_test_that_ends_its_process_has_failed(self):
        self.write(test_m=KINDS)
        text = self.stress("test_m.KindsTest.test_ends_its_process", "-n", "1")
        self.assertIn("CRASHED: test_m.KindsTest.test_ends_its_process\n", text)
        self.assertIn("its process ended: exit code 3\nit printed:\non its way\n", text)
        self.assertIn("alone, with other seeds: 10 of 10 runs fail\n", text)
        self.assertIn("it fails whatever the seed\n", text)

    def test_so_has_one_that_ends_the_process_that_waits_for_it(self):
        self.write(test_m=KINDS)
        text = self.stress("test_m.KindsTest.test_ends_its_parent")
        self.assertIn("CRASHED: test_m.KindsTest.test_ends_its_parent\n", text)
        self.assertIn("10 of 10 runs fail", text)

    def test_a_test_that_hangs_is_ended_and_its_stack_is_shown(self):
        self.write(test_m=KINDS)
        text = self.stress("test_m.KindsTest.test_hangs", "--timeout", "0.05")
        self.assertRegex(text, r"it printed:\nTimeout .*\n.*\n  File .*, line \d+ in test_hangs\n")

    def test_tests_that_are_skipped_are_no_result(self):
        self.write(test_m=KINDS)
        text = self.stress("test_m.KindsTest.test_skipped", code=5)
        self.assertIn("nothing ran: not today\n", text)

    def test_fixtures_fail_and_skip_as_tests_do(self):
        self.write(
            test_m="""
            class BrokenTest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    raise OSError("no such thing")

                def test_a(self):
                    pass

            class SkippedTest(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    raise unittest.SkipTest("not here")

                def test_a(self):
                    pass
            """
        )
        text = self.stress("test_m.BrokenTest")
        self.assertIn("ERROR: test_m.BrokenTest.test_a\nTraceback", text)
        self.assertIn("failed: 1 of 1 runs", text)
        self.assertIn("alone, with other seeds: 10 of 10 runs fail\n", text)
        self.assertIn("nothing ran: not here\n", self.stress("test_m.SkippedTest", code=5))

    def test_ctrl_c_ends_it_and_so_does_a_job_that_is_called_off(self):
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number):
                run = self.begun()
                run.send_signal(number)
                self.assertEqual(130, run.wait(30))

    def test_its_processes_end_when_it_is_killed(self):
        run = self.begun()
        run.send_signal(signal.SIGKILL)
        run.wait()
        pids = {int(pid) for pid in (self.root / "ran").read_text().split()}
        eventually(lambda: not any(map(runs, pids)), within=30)

    def begun(self):
        """Begin to repeat a test that notes its process, and lasts a while; return the command."""
        self.write(
            test_m="""
            class SlowTest(unittest.TestCase):
                def test_slow(self):
                    with open("ran", "a") as file:
                        file.write(f"{os.getpid()} {os.getppid()}\\n")
                    time.sleep(0.05)
            """
        )
        command = [sys.executable, "-m", "harness", "stress", "--load", "0", "test_m.SlowTest"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        (self.root / "ran").unlink(missing_ok=True)
        run = subprocess.Popen(command, cwd=self.root, **quiet)
        eventually(lambda: (self.root / "ran").exists(), within=30)
        return run


class BeforeTest(StressTest):
    def test_an_earlier_run_of_itself_is_found(self):
        self.write(test_m=KINDS)
        text = self.stress("test_m.KindsTest.test_third_time")
        self.assertIn(
            "it fails after these, run in one process before it:\n"
            + 2 * "    test_m.KindsTest.test_third_time itself\n",
            text,
        )
        self.repeated(text)

    def test_the_one_test_among_200_that_makes_another_fail_is_found(self):
        self.write(test_p=polluted(137))
        text = self.stress("test_p.ZTest.test_z", "--in-suite", "--seed", "5")
        self.assertIn("alone, each in a process of its own: 0 of 10 runs fail\n", text)
        self.assertIn("after 200 others, with the seed 5: 10 of 10 runs fail\n", text)
        self.assertIn(
            "it fails after this, run in one process before it:\n    test_p.C130Test.test_137\n"
            "    10 of 10 runs fail after it; it is needed: without, none of 4 did (99 % sure)\n"
            "repeat with: harness run --seed 5 test_p.C130Test.test_137 test_p.ZTest.test_z\n",
            text,
        )
        self.assertIn("1 passed, 1 failed", self.repeated(text))

    def test_two_that_do_it_together_are_found_in_a_directory_of_its_own(self):
        (self.root / "deep").mkdir()
        (self.root / "deep" / "test_p.py").write_text("import unittest\n" + polluted(12, 151))
        text = self.stress("test_p.ZTest.test_z", "--in-suite", "-s", "deep", "--seed", "5")
        self.assertIn(
            "before it:\n    test_p.C010Test.test_012\n    test_p.C150Test.test_151\n"
            "    10 of 10 runs fail after them; each of these is needed",
            text,
        )
        self.assertIn("repeat with: harness run -s deep --seed 5 test_p.C010", text)
        self.assertIn("2 passed, 1 failed", self.repeated(text))

    def test_a_polluter_that_runs_later_in_the_suite_is_found_too(self):
        self.write(
            test_a="class ATest(unittest.TestCase):\n    def test_a(self):\n"
            "        self.assertNotIn('LATER', os.environ)\n",
            test_b="class BTest(unittest.TestCase):\n    def test_b(self):\n"
            "        os.environ['LATER'] = '1'\n",
        )
        text = self.stress("test_a.ATest.test_a", "--in-suite", "--seed", "1")
        self.assertIn("before it:\n    test_b.BTest.test_b\n", text)

    def test_a_test_that_ends_the_process_is_left_out(self):
        text = polluted(7).replace(
            "    def test_003(self): pass", "    def test_003(self): os._exit(3)"
        )
        self.write(test_p=text)
        text = self.stress("test_p.ZTest.test_z", "--in-suite", "--seed", "5")
        self.assertIn(
            "test_p.C000Test.test_003 is left out: its process ended: exit code 3\n", text
        )
        self.assertIn("in one process before it:\n    test_p.C000Test.test_007\n", text)

    def test_no_order_that_came_to_its_end_is_no_answer(self):
        self.write(
            test_p=polluted(250).replace("test_003(self): pass", "test_003(self): os._exit(0)")
        )
        text = self.stress("test_p.ZTest.test_z", "--in-suite", "--runs", "1", code=5)
        self.assertIn("test_003 is left out: its process ended: exit code 0\n", text)
        self.assertIn("nothing is known: in no order did all the others run to their end", text)

    def test_one_that_ends_its_process_in_good_order_has_not_passed(self):
        self.write(test_m="class ATest(unittest.TestCase):\n    def test_a(self): os._exit(0)\n")
        text = self.stress("test_m", "--runs", "1", "-n", "1")
        self.assertIn("CRASHED: test_m.ATest.test_a\nits process ended: exit code 0\n", text)
        self.assertIn("up to 1 time\n", text)

    def test_a_suite_that_does_no_harm_is_said_to_do_none(self):
        self.write(test_m=KINDS, test_p=polluted(250))
        name = "test_m.KindsTest.test_passes"
        text = self.stress(name, "--in-suite", "-p", "test_p.py", code=2)
        self.assertIn(f"no test, class or module {name} among 201 tests", text)
        text = self.stress(
            "test_p.ZTest.test_z", "--in-suite", "-p", "test_p.py", "--runs", "8", code=0
        )
        self.assertIn("it did not fail after the others either, in 8 orders", text)

    def test_a_module_that_starts_a_thread_is_loaded_anew_for_each_trial(self):
        self.write(
            test_m="""
            import threading
            threading.Thread(target=threading.Event().wait, daemon=True).start()

            class ThreadTest(unittest.TestCase):
                seen = []

                def test_second_time(self):
                    self.assertEqual(2, threading.active_count())
                    self.seen.append(1)
                    self.assertLess(len(self.seen), 2)
            """
        )
        text = self.stress("test_m.ThreadTest")
        self.assertIn("test_m.ThreadTest.test_second_time itself\n", text)


class ServicesTest(StressTest):
    def test_a_service_is_started_once_though_each_run_has_a_process_of_its_own(self):
        self.write(test_m=SERVED, server=SERVER)
        self.stress("test_m.ServedTest", "--runs", "4", "--fresh", "-n", "1", code=0)
        servers, processes = map(set, zip(*(line.split(":") for line in self.ran()), strict=True))
        self.assertEqual(4, len(processes))
        self.assertLessEqual(len(servers), 2)  # the first run may come before who holds it


class BadInputTest(StressTest):
    def test_a_test_that_does_not_exist_or_cannot_be_loaded_is_said_to(self):
        self.write(test_m=KINDS, test_broken="import nowhere\n")
        for arguments, told in (
            (["test_m.KindsTest.test_pases"], "did you mean test_m.KindsTest.test_passes?"),
            (
                ["test_m.KindsTest.test_pases", "-s", "."],
                "did you mean test_m.KindsTest.test_passes?",
            ),
            (["test_broken"], "test_broken cannot be loaded"),
            (["test_m.KindsTest", "--in-suite"], "--in-suite test_m.KindsTest: that is 6 tests"),
            (["test_m.KindsTest", "-n", "none"], "-n none: expected a number of processes"),
        ):
            with self.subTest(arguments):
                self.assertIn(told, self.stress(*arguments, code=2))
