"""Suites to run, in directories of their own, and what `harness run` says of them."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

LONGEST = 60  # seconds of a run


class RunnerTest(unittest.TestCase):
    """Writes suites, and runs them as their users do."""

    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, **modules):
        """Write modules of tests: a name without its `.py`, and a text."""
        for name, text in modules.items():
            head = "import os, signal, sys, time, unittest\n"
            (self.root / f"{name}.py").write_text(head + textwrap.dedent(text))

    def run_suite(self, *arguments, code=0, settings=(), environ=None):
        """Run `harness run` with these; return what it printed."""
        chosen = [word for each in settings for word in ("--set", each)]
        return self.run_harness(*chosen, "run", *arguments, code=code, environ=environ)

    def run_harness(self, *arguments, code=0, environ=None):
        """Run a command of harness; return what it printed."""
        return self.run_python("-m", "harness", *arguments, code=code, environ=environ)

    def run_python(self, *arguments, code=0, environ=None):
        """Run Python with these; return what it printed."""
        usual = {"PYTHONDONTWRITEBYTECODE": "1", "HARNESS_CI_PLATFORM": "none"}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**os.environ, **usual, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        self.assertEqual(code, done.returncode, done.stdout)
        return done.stdout

    def start(self, *arguments):
        """Start a command of harness; return its process."""
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *arguments],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def interrupted_when(self, ready, number=signal.SIGINT):
        """Interrupt a run, and nobody but its coordinator, when something is so; return it."""
        run = self.start("run")
        deadline = time.monotonic() + LONGEST
        while not ready():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        run.send_signal(number)
        output, _ = run.communicate(timeout=LONGEST)
        return subprocess.CompletedProcess(run.args, run.returncode, output)

    def last_line(self, text):
        """Return the counts of the summary."""
        return [line for line in text.splitlines() if " passed, " in line][-1].partition(" in ")[0]

    def ran(self):
        """Return what tests have noted by `open("ran", "a")`, sorted."""
        return sorted((self.root / "ran").read_text().split())
