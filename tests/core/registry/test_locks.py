"""Locks that outlive no process, and no mistake of a child."""

import os
import subprocess
import sys
import threading
import unittest
from unittest import mock

from harness.core.registry import locks, processes
from harness.core.registry.locks import Lock, holders_of
from tests.support.registry import RegistryTest, wait_until
from tests.support.unit import DirectoryTest, run_python

# A parent that has a lock, and its child, which does something with what it inherited.
FORK = """
import gc, os, sys
from harness.core.registry.locks import Lock
lock = Lock(sys.argv[1])
assert lock.try_exclusive()
if os.fork() == 0:
    {in_child}
    os._exit(0)
os.wait()
print(Lock(sys.argv[1]).try_exclusive())
"""
IN_CHILD = {
    "is killed": "os.kill(os.getpid(), 9)",
    "exits": "pass",
    "closes it": "lock.close()",
    "leaves its block": "lock.__exit__(None, None, None)",
    "drops it": "lock = None; gc.collect()",
    "runs another program": "os.execv('/bin/true', ['true'])",
    "takes one of its own": "assert not Lock(sys.argv[1]).try_exclusive()",
    "forks again": "os.fork() or os._exit(0); os.wait()",
}
HOLD = """
from harness.core.registry.locks import Lock
lock = Lock({path!r})
assert lock.try_{kind}()
say("held")
wait()
"""


class LockTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.path = str(self.directory / "lock")

    def lock(self):
        lock = Lock(self.path)
        self.addCleanup(lock.close)
        return lock

    def held(self):
        lock = self.lock()
        self.assertTrue(lock.try_exclusive())
        return lock

    def file_of(self, lock):
        """Return the descriptor of a lock: the newest one that leads to its file."""
        found = [int(n) for n in os.listdir("/proc/self/fd") if leads_to(n, lock.path)]
        return max(found)


def leads_to(number, path):
    try:
        return os.readlink(f"/proc/self/fd/{number}") == path
    except FileNotFoundError:
        return False


class HoldingTest(LockTest):
    def test_one_alone_keeps_all_others_out(self):
        self.held()

        self.assertFalse(self.lock().try_exclusive())
        self.assertFalse(self.lock().try_shared())

    def test_many_can_share_and_none_of_them_has_it_alone(self):
        first, second = self.lock(), self.lock()

        self.assertTrue(first.try_shared())
        self.assertTrue(second.try_shared())
        self.assertFalse(first.try_exclusive())

    def test_the_last_who_shares_can_have_it_alone(self):
        first, second = self.lock(), self.lock()
        first.try_shared()
        second.try_shared()

        first.close()

        self.assertTrue(second.try_exclusive())

    def test_leaving_the_block_lets_it_go(self):
        with Lock(self.path) as lock:
            lock.wait()

        self.held()

    def test_closing_it_twice_closes_no_file_of_somebody_elses(self):
        lock = self.held()
        lock.close()
        others = os.open(self.path, os.O_RDONLY)  # gets the number that was free
        self.addCleanup(os.close, others)

        lock.close()

        os.fstat(others)

    def test_where_its_file_cannot_be_made_the_reason_is_the_file_systems(self):
        with self.assertRaises(FileNotFoundError):
            Lock(str(self.directory / "none" / "lock"))

    def test_only_its_owner_can_read_it(self):
        self.lock()

        self.assertEqual(0o600, os.stat(self.path).st_mode & 0o777)


class WaitingTest(LockTest):
    def test_a_free_one_is_taken_at_once(self):
        self.assertTrue(self.lock().wait())

    def test_it_is_taken_as_soon_as_it_is_free(self):
        first, second = self.held(), self.lock()
        asked = threading.Event()
        waiting = threading.Thread(target=second.wait, args=(asked.set,))
        waiting.start()
        asked.wait()

        first.close()
        waiting.join()

        self.assertFalse(self.lock().try_shared())

    def test_a_wait_can_be_cancelled_and_leaves_no_lock(self):
        first, second = self.held(), self.lock()

        self.assertFalse(second.wait(lambda: True))

        first.close()
        self.held()

    def test_one_that_is_free_is_not_cancelled(self):
        self.assertTrue(self.lock().wait(lambda: True))


class CurrentTest(LockTest):
    """A lock file may be removed while somebody waits: what they get then is nobody's lock."""

    def test_a_lock_is_current_as_long_as_its_file_is_there(self):
        self.assertTrue(self.held().is_current())

    def test_it_is_not_when_the_file_is_removed(self):
        lock = self.held()

        os.unlink(self.path)

        self.assertFalse(lock.is_current())

    def test_it_is_not_when_another_stands_in_its_place(self):
        lock = self.held()
        os.unlink(self.path)

        self.assertTrue(self.held().is_current())
        self.assertFalse(lock.is_current())


class ChildTest(LockTest):
    """What a forked or a started child does with an inherited lock is nothing to its parent."""

    def test_a_forked_child_does_not_drop_its_parents_lock(self):
        for name, code in IN_CHILD.items():
            with self.subTest(f"a child that {name}"):
                done = self.run_code(FORK.format(in_child=code))
                self.assertEqual("False\n", done.stdout, done.stderr)

    def run_code(self, code):
        return run_python(f"import sys; sys.argv[1:] = [{self.path!r}]\n{code}", "-W", "error")

    def test_a_lock_is_gone_with_its_parent_though_a_child_lives(self):
        code = """
import os, sys, time
from harness.core.registry.locks import Lock
lock = Lock(sys.argv[1])
assert lock.try_exclusive()
if os.fork() == 0:
    os.close(1), os.close(2), os.close(0)
    time.sleep(1)
    os._exit(0)
print(os.getpid())
"""
        done = self.run_code(code)

        self.assertEqual("", done.stderr)
        self.held()

    def test_a_child_that_is_just_being_forked_does_not_keep_it(self):
        """Until its hooks have run it has a copy of the file, as this one has for good."""
        lock = self.held()
        copy = os.dup(self.file_of(lock))
        self.addCleanup(os.close, copy)

        lock.close()

        self.held()

    def test_a_program_that_is_started_does_not_inherit_it(self):
        self.held()
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)

        self.assertFalse(processes.has_open(child.pid, os.stat(self.path)))


class HoldersTest(RegistryTest):
    def setUp(self):
        super().setUp()
        self.path = str(self.directory / "lock")

    def holder(self, kind="shared"):
        other = self.other(HOLD.format(path=self.path, kind=kind))
        other.wait_for("held")
        return other

    def test_a_killed_holder_has_it_no_more(self):
        other = self.holder("exclusive")

        with Lock(self.path) as lock:
            self.assertFalse(lock.try_exclusive())
            other.kill()
            self.assertTrue(lock.try_exclusive())

    def test_the_kernel_names_all_who_hold_it(self):
        first, second = self.holder(), self.holder()

        with Lock(self.path) as lock:
            lock.try_shared()
            self.assertEqual(sorted([first.pid, second.pid, os.getpid()]), holders_of(self.path))

    def test_one_process_is_named_as_often_as_it_holds_it(self):
        with Lock(self.path) as first, Lock(self.path) as second:
            first.try_shared()
            second.try_shared()

            self.assertEqual([os.getpid()] * 2, holders_of(self.path))

    def test_who_only_waits_is_not_named(self):
        with Lock(self.path) as lock:
            lock.try_exclusive()
            waiter = subprocess.Popen(["flock", self.path, "true"])
            self.addCleanup(waiter.wait)
            self.addCleanup(waiter.kill)
            wait_until(lambda: waits(waiter.pid), "a wait for the lock")

            self.assertEqual([os.getpid()], holders_of(self.path))

    def test_a_lock_of_another_file_is_not_counted(self):
        with Lock(self.path), Lock(f"{self.path}2") as other:
            other.try_exclusive()

            self.assertEqual([], holders_of(self.path))

    def test_where_there_is_no_file_or_no_table_it_is_not_known(self):
        self.assertIsNone(holders_of(self.path))
        with Lock(self.path), mock.patch("builtins.open", side_effect=FileNotFoundError):
            self.assertIsNone(holders_of(self.path))


def waits(pid):
    """Tell whether a process waits for a lock, or has ended."""
    with open("/proc/locks", encoding="ascii") as table:
        return any(line.split()[1] == "->" and str(pid) in line.split() for line in table)


class PlatformTest(unittest.TestCase):
    def test_where_there_is_no_flock_the_module_says_so(self):
        code = """
import sys
sys.modules["fcntl"] = None
from harness.core.registry import locks
print(locks.AVAILABLE)
"""
        self.assertEqual("False\n", run_python(code).stdout)
        self.assertTrue(locks.AVAILABLE, sys.platform)
