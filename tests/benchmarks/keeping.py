"""A suite with a service that takes two seconds to start, and classes that need none."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import Line, in_turns, show, times

ROUNDS, START, CLASSES, SECONDS = 3, 2.0, 8, 0.5
SUITE = f"""
import sys, time, unittest
from harness import HarnessTestCase, Process

PROGRAM = '''
import socketserver, sys, time
time.sleep({START})
socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), None).serve_forever()
'''

def make(name, base, **attributes):
    def test(self):
        if base is HarnessTestCase:
            self.assertTrue(self.service.port)
        time.sleep({SECONDS})
    globals()[name] = type(name, (base,), {{"test": test, "__module__": __name__, **attributes}})

SERVICE = Process([sys.executable, "-c", PROGRAM, "{{port}}"])
for n in range(2):
    make(f"A{{n}}Test", HarnessTestCase, service=SERVICE)
for n in range({CLASSES}):
    make(f"B{{n}}Test", unittest.TestCase)
"""
RUN = """
from harness.runner import coordinator, main
from harness.runner.options import Options
if {lazily}:
    coordinator.is_scheduled = lambda units, options: False
raise SystemExit(main.run(Options(workers=2)))
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "test_services.py").write_text(SUITE, encoding="utf-8")
        ways = {"from the begin of the run": False, "when a test needs it": True}
        medians = in_turns(
            {n: partial(run, directory, lazily) for n, lazily in ways.items()}, ROUNDS
        )
    bound = max((CLASSES + 2) * SECONDS / 2, START + SECONDS)
    lines = [Line("lower bound", f"{bound:.2f} s")]
    lines += [Line(name, f"{took:.2f} s", times(took, bound)) for name, took in medians.items()]
    show(f"A service that takes {START:g} s to start, on 2 workers, started", lines)


def run(directory: str, lazily: bool) -> float:
    """Run the suite; return how long that took, in seconds."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", RUN.format(lazily=lazily)],
        cwd=directory,
        env={**os.environ, "HARNESS_PROVIDERS": "embedded", "PYTHONPATH": str(Path.cwd())},
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began
