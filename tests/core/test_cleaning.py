"""What nobody holds is removed by hand, and nothing else."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

from harness.core.registry import cleaning, directory_thing, listing
from harness.core.registry.cleaning import clean
from harness.core.registry.locks import Lock
from tests.support.slots import SlotsTest


class CleanTest(SlotsTest):
    def test_what_nobody_holds_is_removed_with_its_place(self):
        slot = self.ready(self.slot())
        thing = slot.things()[0]

        outcome = clean(slot)

        self.assertEqual([thing], outcome.removed)
        self.assertTrue(outcome.is_clean)
        self.assertFalse(self.directory.joinpath("data", "db").exists())
        self.assertEqual([], self.registry.slots())

    def test_what_is_kept_for_the_next_run_is_removed_too(self):
        self.assertEqual(1, len(clean(self.ready(self.slot(), reuse=60)).removed))

    def test_what_is_of_another_boot_is_removed(self):
        self.assertEqual(1, len(clean(self.slot(boot="another")).removed))

    def test_what_somebody_holds_is_left(self):
        slot = self.held(self.ready(self.slot()))

        outcome = clean(slot)

        self.assertTrue(outcome.is_left and outcome.is_clean)
        self.assertEqual([], outcome.removed)
        self.assertTrue(self.made().exists())

    def test_a_dry_run_tells_in_the_same_order_and_removes_nothing(self):
        slot = self.ready(self.slot())
        first, second = ({"kind": "directory", "path": str(self.made(n))} for n in "ab")
        slot.write_intent({**self.intent("db"), "things": [first, second]})

        self.assertEqual([second, first], clean(slot, dry=True).removed)
        self.assertEqual([first, second], slot.things())
        self.assertEqual([second, first], clean(slot).removed)

    def test_a_place_where_nothing_was_made_is_removed_without_a_word(self):
        slot = self.registry.slot("empty")
        self.locked(slot).close()

        self.assertIsNone(clean(slot, dry=True))
        self.assertEqual(1, len(self.registry.slots()))
        self.assertIsNone(clean(slot))
        self.assertEqual([], self.registry.slots())

    def test_what_cannot_be_removed_stays_written_down_with_the_reason(self):
        slot = self.ready(self.slot())
        error = OSError("disk on fire")

        with mock.patch.object(directory_thing, "remove", side_effect=error):
            outcome = clean(slot)

        self.assertEqual([(slot.things()[0], error)], outcome.failed)
        self.assertFalse(outcome.is_clean)
        self.assertEqual(1, len(clean(slot).removed))

    def test_what_cannot_be_read_is_an_error_and_stays(self):
        slot = self.slot()
        Path(slot.path, "intent").write_text("{", encoding="utf-8")

        outcome = clean(slot)

        self.assertIn(f"{slot.path}/intent", str(outcome.error))
        self.assertFalse(outcome.is_clean)
        self.assertEqual(1, len(self.registry.slots()))

    def test_a_removal_that_is_going_on_is_waited_for(self):
        slot = self.ready(self.slot())
        lock = self.locked(slot)
        looked = threading.Event()

        def look(slot):
            entry = listing.look(slot)
            looked.set()
            return entry

        def finish():
            looked.wait()
            slot.vanish()
            lock.close()

        with ThreadPoolExecutor() as pool, mock.patch.object(cleaning, "look", look):
            pool.submit(finish)
            self.assertIsNone(clean(slot))

    def test_a_removal_that_does_not_end_is_left(self):
        slot = self.ready(self.slot())
        self.locked(slot)

        with mock.patch.object(cleaning, "PATIENCE", 0.0):
            outcome = clean(slot)

        self.assertEqual("ending", outcome.entry.state)
        self.assertTrue(outcome.is_left)

    def test_of_many_who_clean_at_once_one_removes_each_thing(self):
        for number in range(20):
            self.ready(self.slot(str(number)))
        slots = self.registry.slots()

        with ThreadPoolExecutor(4) as pool:
            outcomes = pool.map(clean, slots * 4)

        removed = [thing["path"] for one in outcomes if one is not None for thing in one.removed]
        self.assertEqual(
            sorted(str(self.directory / "data" / str(n)) for n in range(20)), sorted(removed)
        )
        self.assertEqual([], self.registry.slots())

    def test_a_lock_of_a_place_that_was_just_removed_removes_nothing(self):
        slot = self.ready(self.slot())  # by now somebody else's, under the same name

        with mock.patch.object(Lock, "is_current", return_value=False):
            self.assertEqual("busy", slot.tidy(kept=True))

        self.assertTrue(self.made().exists())
