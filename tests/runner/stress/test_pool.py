"""The processes in which trials take place, and what is asked of them."""

import textwrap

from tests.support.unit import DirectoryTest, run_python

SUITE = """
import unittest

class ATest(unittest.TestCase):
    def test_a(self):
        pass
"""
POOL = """
    import os, signal
    from harness.runner.selection import Selection
    from harness.runner.stress.pool import Pool
    from harness.runner.stress.trial import Run, Trial

    def trial(count=1):
        return Trial((Run("test_suite.ATest.test_a", 1),) * count)

    with Pool(1, Selection(), print) as pool:
        DEEDS
"""


class PoolTest(DirectoryTest):
    def run_pool(self, deeds):
        """Do something with a pool of one process; return what is printed."""
        self.write("test_suite.py", SUITE)
        script = textwrap.dedent(POOL).replace("DEEDS", deeds)
        done = run_python(script, cwd=self.directory)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return done.stdout

    def test_a_message_that_arrives_in_parts_is_waited_for(self):
        said = self.run_pool(
            "pool.hold(str(number) * 1000 for number in range(1000)); "
            "print([verdict.begun for verdict in pool.run([trial(5000)])])"
        )

        self.assertEqual("[5000]\n", said)  # and none was replaced

    def test_a_process_that_has_ended_before_a_run_is_replaced_and_named(self):
        said = self.run_pool(
            "os.kill(pool._lanes[0]._pid, signal.SIGKILL); os.waitid(os.P_PID, "
            "pool._lanes[0]._pid, os.WEXITED | os.WNOWAIT); "
            "print([verdict.begun for verdict in pool.run([trial()])])"
        )

        self.assertIn("a process ended before a run, and is replaced: SIGKILL\n", said)
        self.assertTrue(said.endswith("[1]\n"), said)
