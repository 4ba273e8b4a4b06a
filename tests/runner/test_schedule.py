"""Runs whose tests share things, wait for services, or are one shard's."""

import os
import signal
import time
from unittest import mock

from tests.runner.suites import LONGEST, RunnerTest
from tests.runner.test_kills import children

CLASSES = """
class {name}Test(unittest.TestCase):
    {body}

    def test_a(self):
        with open("ran", "a") as file:
            file.write("begin {name}\\n")
        time.sleep({seconds})
        with open("ran", "a") as file:
            file.write("end {name}\\n")

"""
SERVICES = """
from harness import HarnessTestCase, Process

PROGRAM = Process(
    [sys.executable, "-c", {program!r}, "{{port}}"], environment={{"ROOT": os.getcwd()}}
)

class ServiceTest(HarnessTestCase):
    service = PROGRAM

    def test_service(self):
        note("service")
        self.assertTrue(self.service.port)

class OtherTest(HarnessTestCase):
    service = PROGRAM

    def test_other(self):
        self.assertTrue(self.service.port)

class FirstTest(unittest.TestCase):
    def test_first(self):
        note("first")
        {first}

    def test_more(self):
        pass

    test_a = test_b = test_c = test_d = test_e = test_more

def note(text):
    with open("ran", "a") as file:
        file.write(text + "\\n")
"""
PROGRAM = """
import os, pathlib, socketserver, sys, time
root = pathlib.Path(os.environ["ROOT"])
with open(root / "ran", "a") as file:
    file.write("begun\\n")
while not (root / "go").exists():
    time.sleep(0.005)
with open(root / "ran", "a") as file:
    file.write("ready\\n")
socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), None).serve_forever()
"""
SCRIPT = """
import sys
from harness.runner import main
from harness.runner.options import Options, Output
from harness.runner.schedule.known import Known

sys.exit(main.run(Options({options}), Output(verbose=True)))
"""


class ScheduleTest(RunnerTest):
    def classes(self, **bodies):
        """Write a module with a class for each of these: its attributes, and its seconds."""
        text = "".join(
            CLASSES.format(name=name, body=body, seconds=seconds)
            for name, (body, seconds) in bodies.items()
        )
        self.write(test_classes=text)

    def noted(self):
        return (self.root / "ran").read_text().splitlines()

    def run_with(self, options, code=0):
        """Run the suite with options that come from elsewhere than from the command line."""
        return self.run_python("-c", SCRIPT.format(options=options), code=code)

    def test_classes_that_need_the_same_thing_never_run_at_the_same_time(self):
        gpu = 'exclusive = "gpu"', 0.05
        self.classes(A=gpu, B=gpu, C=('exclusive = ("disk", "gpu")', 0.05), D=("", 0.01))
        text = self.run_suite("-n", "3")
        self.assertEqual("4 passed, 0 failed, 0 skipped", self.last_line(text))
        noted = [line.split() for line in self.noted() if not line.endswith("D")]
        for (begin, name), (end, other) in zip(noted[::2], noted[1::2], strict=True):
            self.assertEqual(("begin", "end", name), (begin, end, other))

    def test_a_worker_that_dies_gives_back_what_its_class_needed(self):
        body = 'exclusive = "gpu"\n    def test_b(self): os._exit(1)\n'
        self.classes(A=(body, 0), B=('exclusive = "gpu"', 0))
        text = self.run_suite("-n", "2", code=1)
        self.assertEqual(
            "2 passed, 1 failed, 0 skipped (of the failed: 1 crashed)", self.last_line(text)
        )

    def test_who_waits_for_what_is_in_use_goes_home_when_the_run_stops(self):
        self.classes(
            A=('exclusive = "gpu"\n    def test_b(self): time.sleep(0.2); self.fail()\n', 0),
            B=('exclusive = "gpu"', 0),
        )
        text = self.run_suite("-n", "2", "-f", code=1)
        self.assertEqual("1 passed, 1 failed, 0 skipped, 1 not run", self.last_line(text))

    def test_a_class_of_ours_that_says_what_cannot_be_meant_ends_the_run_with_one_line(self):
        self.write(
            test_wrong="""
            from harness import HarnessTestCase

            class WrongTest(HarnessTestCase):
                memory = "much"

                def test_a(self):
                    pass
            """
        )
        text = self.run_suite(code=3)
        self.assertIn("harness: test_wrong.WrongTest.memory = 'much': expected a number", text)

    def test_a_worker_that_ends_while_it_tells_what_its_tests_need_ends_the_run(self):
        self.write(
            test_death="""
            class Deadly(type):
                @property
                def memory(cls):
                    os._exit(4)

            class ATest(unittest.TestCase, metaclass=Deadly):
                def test_a(self):
                    pass
            """
        )
        text = self.run_suite("-n", "2", code=3)
        self.assertIn("a worker ended before it had loaded the tests: exit code 4", text)

    def test_the_longest_is_the_first_and_what_bounds_the_run_is_divided(self):
        noting = "open('ran', 'a').write(self.id().split('.', 1)[1] + chr(10))"
        tests = "".join(f"    def test_{n}(self):\n        {noting}\n" for n in range(4))
        self.write(
            test_many=f"class ATest(unittest.TestCase):\n{tests}\n"
            f"class LongTest(unittest.TestCase):\n    @classmethod\n"
            f"    def setUpClass(cls):\n        open('ran', 'a').write('set up\\n')\n\n{tests}"
        )
        known = (
            "Known({**{f'test_many.LongTest.test_{n}': 5.0 for n in range(4)}, "
            "**{f'test_many.ATest.test_{n}': 0.1 for n in range(4)}}, "
            "{'test_many.LongTest': 0.5, 'test_many.ATest': 0.0})"
        )
        text = self.run_with(f"order='duration', known={known}")
        self.assertEqual("8 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertEqual("set up", self.noted()[0])
        self.assertEqual("ATest.test_3", self.noted()[-1])

        (self.root / "ran").unlink()
        text = self.run_with(f"order='duration', known={known}, workers=2")
        self.assertEqual("8 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertEqual(2, self.noted().count("set up"))
        self.assertEqual(10, len(set(self.noted())) + 1)

    def test_what_took_longest_the_last_time_is_the_first(self):
        self.classes(A=("", 0), B=("", 0.1))
        first = []
        for _ in range(2):
            self.run_suite("--order", "duration")
            first.append(self.noted()[0])
            (self.root / "ran").unlink()
        self.assertEqual(["begin A", "begin B"], first)

    def test_without_a_history_the_longest_has_the_most_tests(self):
        more = "def test_b(self): open('ran', 'a').write('b\\n')"
        self.classes(A=("", 0), B=(more, 0))
        text = self.run_suite("--order", "duration")
        self.assertEqual("3 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertEqual(["begin B", "end B", "b", "begin A", "end A"], self.noted())


class ShardTest(RunnerTest):
    def test_the_shards_together_run_every_test_once(self):
        tests = "    def test_a(self):\n        open('ran', 'a').write(self.id() + chr(10))\n"
        names = [f"C{n}Test" for n in range(9)]
        self.write(test_nine="".join(f"class {n}(unittest.TestCase):\n{tests}\n" for n in names))
        texts = [self.run_suite("--shard", f"{number}/3", "-n", "2") for number in (1, 2, 3)]
        self.assertEqual(sorted(f"test_nine.{name}.test_a" for name in names), self.ran())
        for number, text in enumerate(texts, 1):
            self.assertRegex(text, rf"(?m)^shard {number}/3: \d of 9 tests$")

    def test_a_shard_without_tests_passes_and_says_so(self):
        self.write(test_one="class ATest(unittest.TestCase):\n    def test_a(self): pass\n")
        texts = [self.run_suite("--shard", f"{n}/3") for n in (1, 2, 3)]
        self.assertEqual(2, sum("/3: 0 of 1 tests\n" in text for text in texts), texts)

    def test_no_tests_at_all_are_as_wrong_in_a_shard_as_elsewhere(self):
        self.run_suite("--shard", "1/2", code=5)

    def test_a_shard_that_there_is_not_is_refused(self):
        self.assertEqual(
            "harness: --shard 9/8: there is no such shard\n"
            "  likely cause: the shards of 8 are 1/8 to 8/8\n"
            "  next: write K/N with 1 <= K <= N, as in --shard 1/4\n",
            self.run_suite("--shard", "9/8", code=2),
        )


class KeeperTest(RunnerTest):
    """Services that start with the run: here one that starts only when a test has run."""

    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch.dict(os.environ, {"HARNESS_PROVIDERS": "embedded"}))

    def suite(self, first="open('go', 'w').close()", program=PROGRAM):
        self.write(test_services=SERVICES.format(program=program, first=first))

    def noted(self):
        return (self.root / "ran").read_text().split()

    def test_what_needs_no_service_runs_while_the_services_start(self):
        wait = "while 'begun' not in open('ran').read(): time.sleep(0.005)\n        "
        self.suite(wait + "open('go', 'w').close()")
        text = self.run_suite("-n", "1")
        self.assertEqual("9 passed, 0 failed, 0 skipped", self.last_line(text))
        self.assertEqual(["begun", "first", "ready", "service"], sorted(self.noted()))
        self.assertLess(self.noted().index("first"), self.noted().index("ready"))

    def test_a_service_that_cannot_start_is_the_error_of_the_tests_that_need_it(self):
        self.suite(program="import sys; sys.exit('no licence')")
        text = self.run_suite("-n", "2", code=1)
        self.assertEqual("7 passed, 2 failed, 0 skipped", self.last_line(text))
        self.assertEqual(2, text.count("ServiceDiedError") + text.count("StartError"), text)
        self.assertIn("no licence", text)

    def test_a_keeper_that_is_killed_costs_nothing_but_time(self):
        self.suite("while not os.path.exists('go'): time.sleep(0.005)")
        run = self.start("run")
        self.wait_for("begun")
        self.wait_for("first")
        os.kill(children(run.pid)[-1], signal.SIGKILL)  # it came after the one worker
        (self.root / "go").touch()
        output, _ = run.communicate(timeout=LONGEST)
        self.assertEqual(0, run.returncode, output)
        self.assertEqual("9 passed, 0 failed, 0 skipped", self.last_line(output))

    def wait_for(self, text):
        deadline = time.monotonic() + LONGEST
        while not (self.root / "ran").exists() or text not in self.noted():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)
