"""No test can freeze what harness waits by."""

import ast
import tempfile
import unittest
from pathlib import Path

import freezegun

import harness
from harness.core import realtime
from harness.core.registry.locks import Lock
from harness.testing import eventually

HOME = Path(harness.__file__).parent
# Commands show the time as people read it; a snapshot, the janitor and the fault proxy have
# processes of their own; `SystemClock` is for the code under test.
OTHERS = {
    "cli/ps.py",
    "cli/text.py",
    "core/janitor/janitor.py",
    "core/realtime.py",
    "data/snapshots/save.py",
    "faults/server/http.py",
    "faults/server/loop.py",
    "testing/clock/system.py",
}


def reads_time(path):
    """Tell whether a module imports `time`, which a test can freeze."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if "time" in names or (isinstance(node, ast.ImportFrom) and node.module == "time"):
            return True
    return False


class RealTimeTest(unittest.TestCase):
    def test_every_module_that_waits_reads_it(self):
        found = {
            path.relative_to(HOME).as_posix() for path in HOME.rglob("*.py") if reads_time(path)
        }

        self.assertEqual(OTHERS, found)

    def test_a_wait_ends_under_a_freeze_that_knows_nothing_of_harness(self):
        with freezegun.freeze_time("2000-01-01"), self.assertRaises(AssertionError) as caught:
            eventually(lambda: False, within=0.05)

        self.assertIn("did not succeed within 0.05 s", str(caught.exception))

    def test_a_wait_for_a_lock_ends_too(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "lock")
            held, wanted = Lock(str(path)), Lock(str(path))
            self.addCleanup(held.close)
            self.addCleanup(wanted.close)
            self.assertTrue(held.try_exclusive())
            with freezegun.freeze_time("2000-01-01"):
                until = realtime.monotonic() + 0.05
                self.assertFalse(wanted.wait(lambda: realtime.monotonic() > until))
