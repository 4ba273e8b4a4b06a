"""Tests that do their worst: each loses itself at most; all others run, each once."""

import collections
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import junitparser

from tests.runner.suites import LONGEST, RunnerTest

NOTING = """
import os

path = os.path.abspath("ran")
_open, _write, _close = os.open, os.write, os.close


def note(case):
    file = _open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    _write(file, case.id().encode() + b"\\n")
    _close(file)
"""
HARMLESS = {
    "babbles": "for _ in range(16):\n    print('x' * (1 << 20))",
    "writes_to_descriptors": "for fd in 1, 2:\n    os.write(fd, b'x' * (1 << 20))",
    "closes_standard_streams": "for fd in 0, 1, 2:\n    os.close(fd)",
    "replaces_streams": "sys.stdout = sys.stderr = sys.__stderr__ = None",
    "closes_streams": """
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.close()
            except OSError:  # another test has closed what is below it
                pass
    """,
    "closes_everything_else": "os.closerange(3, 256)",
    "has_others_take_their_numbers": """
        os.closerange(3, 256)
        for _ in range(64):
            os.open("/dev/null", os.O_RDWR)
    """,
    "writes_rubbish": """
        for fd in range(3, 64):
            try:
                os.write(fd, b"rubbish\\n17\\n")
            except OSError:
                pass
    """,
    "speaks_another_protocol": """
        for fd in range(3, 64):
            try:
                os.write(fd, b'{"jsonrpc": "2.0"}\\n{"event": "idle"}\\n')
            except OSError:
                pass
    """,
    "leaves_a_process": """
        if os.fork() == 0:
            os.closerange(0, 3)
            time.sleep(2)
            os._exit(0)
    """,
    "forks_and_goes_on": "os.fork()",
    "leaves_a_thread": """
        import threading
        def late():
            while True:
                time.sleep(0.001)
                print("late")
        threading.Thread(target=late, daemon=True).start()
    """,
    "changes_directory": "os.chdir('/')",
    "removes_its_directory": """
        import tempfile
        place = tempfile.mkdtemp()
        os.chdir(place)
        os.rmdir(place)
    """,
    "clears_the_environment": "os.environ.clear()",
    "ignores_signals": """
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGPIPE:
            signal.signal(number, signal.SIG_IGN)
    """,
    "stops_the_clock": "time.time = time.monotonic = time.perf_counter = lambda: 0.0",
    "takes_another_number": "os.getpid = os.getppid = lambda: 1\nos._exit = None",
    "breaks_json": "import json\njson.dumps = json.loads = None",
    "freezes": "import faulthandler, gc\ngc.freeze()\ngc.disable()\nfaulthandler.disable()",
    "is_in_a_hurry": "import socket\nsocket.setdefaulttimeout(0.000001)",
    "speaks_otherwise": "import locale\nlocale.setlocale(locale.LC_ALL, 'C')",
    "fails_at_exit": "import atexit\natexit.register(lambda: 1 / 0)",
    "fails_when_deleted": """
        class Thing:
            def __del__(self):
                raise OSError("deleted")
        Thing()
    """,
}
FATAL = {
    "exits_at_once": ("os._exit(0)", "exit code 0"),
    "exits_badly": ("os._exit(1)", "exit code 1"),
    "interrupts": ("raise KeyboardInterrupt", "exit code 130"),
    "is_killed": ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "has_an_odd_signal": ("os.kill(os.getpid(), signal.SIGRTMIN + 1)", "signal 35"),
    "crashes_in_c": ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    "never_ends_in_c": ("import ctypes\nctypes.PyDLL(None).sleep(60)", "took longer than 2 s"),
    "stops_itself": ("os.kill(os.getpid(), signal.SIGSTOP)", "took longer than 2 s"),
}
FAILING = {
    "exits": "sys.exit(3)",
    "has_no_memory": """
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (1 << 32, -1))
        bytearray(1 << 33)
    """,
    "recurses": "def again():\n    again()\nagain()",
    "fails_at_length": "self.fail('x' * (1 << 23))",
}


def class_of(name, body):
    """Return a class whose second test does something."""
    body = textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
    note = "(self):\n        note(self)\n\n"
    return f"""
class {name}(unittest.TestCase):
    def test_1{note}    def test_2(self):
{body}

    def test_3{note}
"""


class HostileTest(RunnerTest):
    def run_hostile(self, bodies, *arguments, code):
        """Run classes with such bodies; return the output, and what became of the second tests."""
        (self.root / "noting.py").write_text(NOTING)
        classes = [class_of(name, body) for name, body in bodies.items()]
        self.write(test_hostile="from noting import note\n" + "\n".join(classes))
        text = self.run_suite("--junit", "report.xml", *arguments, code=code)
        found = self.second_tests()
        expected = {f"test_hostile.{name}.test_{n}": 1 for name in bodies for n in (1, 3)}
        self.assertEqual(expected, dict(collections.Counter(self.ran())), text[-5000:])
        self.assertNotIn("not run", text)
        return text, found

    def second_tests(self):
        """Return what the report says of the second test of each class."""
        report = junitparser.JUnitXml.fromfile(str(self.root / "report.xml"))
        cases = [case for suite in report for case in suite if case.name == "test_2"]
        return {
            case.classname.partition(".")[2]: case.result[0].type if case.result else "passed"
            for case in cases
        }

    def test_what_is_no_crash_harms_nobody(self):
        for workers in "1", "2":
            with self.subTest(workers):
                text, found = self.run_hostile(HARMLESS, "-n", workers, code=0)
                self.assertEqual(dict.fromkeys(HARMLESS, "passed"), found)
                self.assertIn("a test has closed its connection to harness", text)
                (self.root / "ran").unlink()

    def test_a_failure_is_a_failure_whatever_it_says(self):
        text, found = self.run_hostile(FAILING, code=1)
        self.assertEqual({"error", "failed"}, set(found.values()))
        self.assertIn("MemoryError", text)
        self.assertIn("SystemExit: 3", text)
        self.assertLess(len(text), 1 << 22)
        self.assertIn("characters left out ...]", text)

    def test_a_crash_loses_one_test(self):
        bodies = {name: body for name, (body, _) in FATAL.items()}
        text, found = self.run_hostile(bodies, "-n", "3", "--timeout", "2", code=1)
        self.assertEqual(dict.fromkeys(FATAL, "crashed"), found)
        for name, (_, how) in FATAL.items():
            with self.subTest(name):
                ended = rf"worker \d+ ended in test_hostile.{name}.test_2: .*{re.escape(how)}"
                self.assertRegex(text, ended)


class ParentTest(RunnerTest):
    def test_workers_whose_coordinator_was_killed_end_by_themselves(self):
        self.write(
            test_parent="""
            class ATest(unittest.TestCase):
                def test_1(self):
                    with open("pid", "w") as file:
                        file.write(str(os.getpid()))
                    parent = os.getppid()
                    os.kill(parent, signal.SIGKILL)
                    while os.getppid() == parent:
                        time.sleep(0.001)

                def test_2(self):
                    open("ran", "w").close()

            class BTest(ATest):
                pass
            """
        )
        run = subprocess.run(
            [sys.executable, "-m", "harness", "run"], cwd=self.root, timeout=LONGEST, check=False
        )
        self.assertEqual(-signal.SIGKILL, run.returncode)
        worker = Path("/proc", (self.root / "pid").read_text())
        deadline = time.monotonic() + LONGEST
        while worker.exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        self.assertFalse((self.root / "ran").exists())


class TerminalTest(RunnerTest):
    def test_who_waits_for_somebody_to_type_learns_at_once_that_nobody_does(self):
        self.write(
            test_terminal="""
            class ATest(unittest.TestCase):
                def test_a(self):
                    with self.assertRaises(EOFError):
                        input("name? ")

                def test_b(self):
                    with open("/dev/tty") as terminal:
                        terminal.readline()

                def test_c(self):
                    breakpoint()

                def test_d(self):
                    pass
            """
        )
        script = "import pty, sys; print(pty.spawn([sys.executable, *sys.argv[1:]]))"
        text = self.run_python("-c", script, "-m", "harness", "run")
        self.assertIn("2 passed, 2 failed, 0 skipped (of the failed: 1 crashed)", text)
        self.assertIn(
            "ended in test_terminal.ATest.test_b: stopped: a test uses the terminal, which "
            "python -m unittest lets it do",
            text,
        )
        self.assertIn("bdb.BdbQuit", text)
