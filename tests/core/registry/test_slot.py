"""The place of one instance: who holds it, what was made for it, how to reach it."""

import contextlib
import os
import shutil
import threading
import time
from unittest import mock

from harness.core.registry import slot as module
from harness.core.registry.locks import Lock
from harness.core.registry.slot import Slot
from harness.core.registry.things import thing
from harness.errors import RegistryError
from tests.support.registry import wait_until
from tests.support.unit import DirectoryTest

OTHER_BOOT = "00000000-0000-0000-0000-000000000000"
PATIENCE = 20


class SlotTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        (self.directory / "slots").mkdir()
        self.slot = Slot(str(self.directory / "slots" / "key"))

    def lock(self):
        lock = self.slot.lock()
        self.addCleanup(lock.close)
        return lock

    def waiting(self):
        """Return a thread that waits for the lock, which somebody has."""
        found_taken = threading.Event()
        thread = InThread(self.slot.lock, found_taken.set)
        self.assertTrue(found_taken.wait(PATIENCE))
        return thread

    def holder(self):
        holder = self.slot.holders()
        holder.try_shared()
        self.addCleanup(holder.close)
        return holder

    def made(self):
        """Write down an instance that is a directory; return that."""
        with self.slot.lock():
            made = self.directory / "made"
            made.mkdir()
            self.slot.write_intent({"things": [thing("directory", path=str(made))]})
            self.slot.write_record({"instance": "i"})
        return made

    def stuck(self):
        """Write down a directory, and a container whose daemon does not answer."""
        made = self.made()
        host = f"unix://{self.directory}/none"
        container = thing("container", host=host, name="stuck", made=True)
        self.slot.write_intent({"things": [thing("directory", path=str(made)), container]})
        return made


class LockTest(SlotTest):
    def test_the_place_is_made_when_it_is_locked(self):
        self.lock()

        self.assertEqual(["key"], os.listdir(self.directory / "slots"))
        self.assertEqual("key", self.slot.key)

    def test_one_at_a_time_has_it(self):
        first = self.lock()
        waiting = self.waiting()

        first.close()

        with waiting.result() as second:
            self.assertTrue(second.is_current())

    def test_a_wait_that_is_cancelled_has_nothing(self):
        self.lock()

        self.assertIsNone(self.slot.lock(lambda: True))

    def test_who_waits_while_the_place_is_removed_gets_the_lock_of_a_new_one(self):
        first = self.lock()
        waiting = self.waiting()

        self.slot.vanish()
        first.close()

        with waiting.result() as second:
            self.assertTrue(second.is_current())
            self.assertEqual(["key"], os.listdir(self.directory / "slots"))
            with Lock(f"{self.slot.path}/lock") as third:
                self.assertFalse(third.try_exclusive())

    def test_a_place_that_is_removed_before_its_lock_is_opened_is_made_anew(self):
        real, removed = Lock, []

        def opening(path):
            if not removed:
                removed.append(path)
                os.rmdir(self.slot.path)
            return real(path)

        with mock.patch.object(module, "Lock", opening):
            self.assertTrue(self.lock().is_current())
        self.assertEqual(1, len(removed))

    def test_a_place_that_is_removed_while_it_is_found_is_made_anew(self):
        """`os.makedirs` finds the name taken, and looks again for what took it."""
        self.lock().close()
        real, removed = os.path.isdir, []

        def looking(path):
            if path == self.slot.path and not removed:
                removed.append(path)
                shutil.rmtree(path)
            return real(path)

        with mock.patch("os.path.isdir", looking):
            self.assertTrue(self.lock().is_current())
        self.assertEqual(1, len(removed))

    def test_many_who_make_and_remove_it_are_never_inside_together(self):
        inside, most, threads = [], [], []

        def make_and_remove():
            for _ in range(25):
                with self.slot.lock():
                    inside.append(1)
                    time.sleep(0)
                    most.append(len(inside))
                    inside.pop()
                    self.slot.vanish()

        for _ in range(4):
            threads.append(InThread(make_and_remove))
        for thread in threads:
            thread.result()

        self.assertEqual((100, 1), (len(most), max(most)))
        self.assertEqual([], os.listdir(self.directory / "slots"))


class InThread:
    """A call in a thread."""

    def __init__(self, function, *arguments):
        self._results = []
        self._function = function
        self._thread = threading.Thread(target=self._run, args=arguments, daemon=True)
        self._thread.start()

    def _run(self, *arguments):
        self._results.append(self._function(*arguments))

    def result(self):
        self._thread.join(PATIENCE)
        return self._results[0]


class WrittenTest(SlotTest):
    def test_what_was_never_written_is_nothing(self):
        self.assertIsNone(self.slot.intent)
        self.assertIsNone(self.slot.record)
        self.assertEqual([], self.slot.things())

    def test_what_was_written_is_read(self):
        self.made()

        self.assertEqual("i", self.slot.record["instance"])
        self.assertEqual(["directory"], [found["kind"] for found in self.slot.things()])

    def test_the_record_of_another_boot_is_none(self):
        self.made()
        self.slot.write_record({"instance": "i", "boot": OTHER_BOOT})

        self.assertIsNone(self.slot.record)

    def test_a_damaged_record_is_none_for_what_was_made_is_written_elsewhere(self):
        self.made()
        self.write("slots/key/record", '{"instance"')

        self.assertIsNone(self.slot.record)

    def test_a_damaged_intent_is_an_error_that_says_what_to_do(self):
        self.made()
        path = self.write("slots/key/intent", '{"things": [')

        with self.assertRaises(RegistryError) as caught:
            self.slot.clear()

        lines = str(caught.exception).splitlines()
        self.assertEqual(3, len(lines))
        self.assertTrue(lines[0].startswith(f"what was made cannot be read from {path}: Expecting"))
        self.assertEqual(
            "  likely cause: the file was changed by hand, or the disk is damaged", lines[1]
        )
        self.assertRegex(lines[2], r"  next: remove what it names by hand, then the directory")
        self.assertTrue(lines[2].endswith(self.slot.path))

    def test_each_instance_has_a_lifetime_lock_of_its_own(self):
        self.assertNotEqual(self.slot.life("a"), self.slot.life("b"))
        self.assertEqual(self.slot.path, os.path.dirname(self.slot.life("a")))


class RemoveTest(SlotTest):
    def test_what_was_made_is_removed_and_crossed_out(self):
        made = self.made()

        self.slot.clear()

        self.assertFalse(made.exists())
        self.assertIsNone(self.slot.record)
        self.assertIsNone(self.slot.intent)

    def test_the_record_goes_first_and_the_intent_last(self):
        self.made()
        seen = []

        def remove_all(*_):
            seen.append((self.slot.record is None, self.slot.intent is None))

        with mock.patch("harness.core.registry.things.remove_all", remove_all):
            self.slot.clear()

        self.assertEqual([(True, False)], seen)
        self.assertIsNone(self.slot.intent)

    def test_what_cannot_be_removed_stays_written_down(self):
        made = self.stuck()

        with self.assertRaises(ExceptionGroup):
            self.slot.clear()

        self.assertFalse(made.exists())
        self.assertIsNone(self.slot.record)
        self.assertEqual(2, len(self.slot.things()))

    def test_a_place_vanishes_whole(self):
        self.made()

        self.slot.vanish()

        self.assertEqual(["made", "slots"], sorted(os.listdir(self.directory)))
        self.assertEqual([], os.listdir(self.directory / "slots"))


class TidyTest(SlotTest):
    def setUp(self):
        super().setUp()
        self.made_directory = self.made()

    def assertKept(self):
        self.assertTrue(self.made_directory.exists())
        self.assertEqual(["key"], os.listdir(self.directory / "slots"))

    def assertGone(self):
        self.assertFalse(self.made_directory.exists())
        self.assertEqual([], os.listdir(self.directory / "slots"))

    def keep(self, **fields):
        self.slot.write_record({"instance": "i", **fields})

    def test_what_nobody_holds_is_removed(self):
        self.assertEqual("empty", self.slot.tidy())
        self.assertGone()

    def test_what_somebody_holds_is_not(self):
        holder = self.holder()

        self.assertEqual("held", self.slot.tidy())
        self.assertKept()

        holder.close()
        self.assertEqual("empty", self.slot.tidy())

    def test_what_somebody_is_starting_is_not(self):
        lock = self.lock()

        self.assertEqual("busy", self.slot.tidy())
        self.assertKept()

        lock.close()
        self.assertEqual("empty", self.slot.tidy())

    def test_a_place_that_is_just_gone_is_empty(self):
        self.slot.vanish()

        self.assertEqual("empty", self.slot.tidy())
        self.assertEqual([], os.listdir(self.directory / "slots"))

    def test_only_telling_removes_nothing(self):
        self.assertEqual("empty", self.slot.tidy(dry=True))

        self.assertKept()

    def test_what_is_kept_for_the_next_run_stays_until_its_time(self):
        self.keep(reuse=60, until=time.time() + 60)
        self.assertEqual("kept", self.slot.tidy())
        self.assertKept()

        self.keep(reuse=60, until=time.time() - 1)
        self.assertEqual("empty", self.slot.tidy())
        self.assertGone()

    def test_in_use_it_lives_longer_than_its_time(self):
        self.keep(reuse=60, until=time.time() - 1)
        self.holder()

        self.assertEqual("held", self.slot.tidy(kept=True))
        self.assertKept()

    def test_it_is_removed_at_once_where_that_is_asked_for(self):
        self.keep(reuse=60, until=time.time() + 60)

        self.assertEqual("empty", self.slot.tidy(kept=True))
        self.assertGone()

    def test_when_its_holder_crashed_its_time_begins_now(self):
        self.keep(reuse=60)
        before = time.time()

        self.assertEqual("kept", self.slot.tidy())

        self.assertLessEqual(before + 60, self.slot.record["until"])
        self.assertLessEqual(self.slot.record["until"], time.time() + 60)

    def test_what_was_kept_in_another_boot_is_removed(self):
        self.keep(reuse=60, until=time.time() + 60, boot=OTHER_BOOT)

        self.assertEqual("empty", self.slot.tidy())
        self.assertGone()

    def test_a_failure_leaves_the_place_and_its_locks_free(self):
        self.made_directory.rmdir()
        self.stuck()

        with self.assertRaises(ExceptionGroup):
            self.slot.tidy()

        self.assertEqual(["key"], os.listdir(self.directory / "slots"))
        self.assertTrue(self.lock().is_current())
        with contextlib.closing(self.slot.holders()) as holders:
            self.assertTrue(holders.try_exclusive())

    def test_of_two_who_remove_it_one_does(self):
        states = [InThread(self.slot.tidy) for _ in range(2)]

        self.assertLessEqual({state.result() for state in states}, {"empty", "busy"})
        wait_until(lambda: not self.made_directory.exists(), "the removal")
