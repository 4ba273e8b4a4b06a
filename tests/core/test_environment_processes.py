"""An environment and the life of its process: its end, and its children."""

import unittest

from tests.support.unit import run_python

HEAD = """
import os, sys, threading
from harness.core import environment as module
from tests.support.fakes import Fake, Journal, environment
from tests.support.unit import Closing

class Loud(Journal):
    def note(self, entry):
        super().note(entry)
        os.write(1, f"{entry}\\n".encode())

service = Closing(Loud())
"""

AT_EXIT = (
    HEAD
    + """
default = module.default_environment()
assert default is module.default_environment()
default._given = environment().settings
default.lease(service).release()

class NoMoreThreads(threading.Thread):
    def start(self):
        os.write(1, b"a thread was started\\n")

threading.Thread = NoMoreThreads
print("the end", flush=True)
"""
)

FORK = (
    HEAD
    + """
env = environment()
env.lease(service).release()
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
child = os.fork()
if child == 0:
    env.close()
    os.write(1, b"the child closed\\n")
    os._exit(0)
os.waitpid(child, 0)
env.close()
"""
)

FORK_AND_USE = FORK.replace("    env.close()\n", "    env.lease(service).release()\n", 1)


NOT_CLOSED = (
    HEAD
    + """
first, second = environment(), environment()
first.lease(service)
second.lease(service).release()
second.close()
print("the end", flush=True)
"""
)


class ProcessTest(unittest.TestCase):
    def run_code(self, code):
        done = run_python(code, "-W", "error")
        self.assertEqual("", done.stderr)
        return done.stdout.splitlines()

    def test_the_end_of_the_process_closes_without_starting_a_thread(self):
        self.assertEqual(
            ["db start", "db acquire", "db release", "the end", "db close"], self.run_code(AT_EXIT)
        )

    def test_what_its_user_forgot_to_close_is_closed_and_what_was_closed_is_not(self):
        said = self.run_code(NOT_CLOSED)

        self.assertEqual(["db close", "the end", "db close"], said[-3:])

    def test_a_forked_child_forgets_what_is_its_parents(self):
        self.assertEqual(
            ["db start", "db acquire", "db release", "the child closed", "db close"],
            self.run_code(FORK),
        )

    def test_a_forked_child_starts_its_own(self):
        self.assertEqual(2, self.run_code(FORK_AND_USE).count("db start"))
