"""What stands in a registry is told without changing it."""

import json
import os
import time
from pathlib import Path

from harness.core.registry import files, processes
from harness.core.registry.listing import (
    Process,
    command_of,
    entries,
    janitor_of,
    look,
    registry_there,
)
from tests.support.slots import SlotsTest

US = Process(os.getpid(), command_of(os.getpid()))


class LookTest(SlotsTest):
    def test_one_that_is_held_runs(self):
        entry = look(self.held(self.ready(self.slot())))

        self.assertEqual(("running", (US,)), (entry.state, entry.holders))
        self.assertEqual("postgres on embedded", entry.name)
        self.assertEqual("127.0.0.1:5433", entry.address)

    def test_one_whose_holder_is_at_it_and_that_is_not_ready_starts(self):
        slot = self.held(self.slot())
        self.locked(slot)

        self.assertEqual(("starting", (US,)), (look(slot).state, look(slot).holders))

    def test_one_that_somebody_attaches_to_runs(self):
        slot = self.held(self.ready(self.slot()))
        self.locked(slot)

        self.assertEqual("running", look(slot).state)

    def test_one_that_somebody_is_at_whom_it_does_not_serve_ends(self):
        slot = self.ready(self.slot())
        self.locked(slot)
        self.enterContext(slot.holders()).try_exclusive()

        self.assertEqual(("ending", ()), (look(slot).state, look(slot).holders))

    def test_one_that_waits_for_the_next_run_is_kept(self):
        until = time.time() + 60
        entry = look(self.ready(self.slot(), reuse=60, until=until))

        self.assertEqual(("kept", until), (entry.state, entry.until))
        self.assertEqual("kept for the next run", entry.reason)

    def test_one_whose_holder_was_killed_before_it_could_say_until_when_is_kept(self):
        self.assertEqual("kept", look(self.ready(self.slot(), reuse=60)).state)

    def test_one_without_a_holder_says_why(self):
        cases = {
            "whoever held it was killed": {},
            "kept for a next run that did not come in time": {"reuse": 1, "until": 1.0},
        }
        for number, (reason, fields) in enumerate(cases.items()):
            with self.subTest(reason):
                entry = look(self.ready(self.slot(str(number)), **fields))
                self.assertEqual(("ownerless", reason), (entry.state, entry.reason))

    def test_one_that_was_never_ready_has_no_owner(self):
        entry = look(self.slot())

        self.assertEqual("ownerless", entry.state)
        self.assertEqual("its start or its removal was cut short", entry.reason)

    def test_one_of_another_boot_has_no_owner_whatever_its_record_says(self):
        slot = self.ready(self.slot(boot="another"), boot="another")
        entry = look(slot)

        self.assertEqual(("ownerless", ""), (entry.state, entry.address))
        self.assertEqual("left when this machine was switched off", entry.reason)

    def test_one_that_cannot_be_read_is_damaged_and_names_the_file(self):
        thing = {"kind": "directory", "path": "x"}
        for number, text in enumerate(
            (
                "{",
                "[]",
                '{"things": 1}',
                json.dumps({"things": [{"kind": "moon"}]}),
                json.dumps({"things": [{**thing, "more": 1}]}),
            )
        ):
            with self.subTest(text):
                slot = self.slot(str(number))
                Path(slot.path, "intent").write_text(text, encoding="utf-8")
                entry = look(slot)
                self.assertEqual("damaged", entry.state)
                self.assertIn(f"cannot be read from {slot.path}/intent", str(entry.damage))

    def test_a_place_where_nothing_was_made_is_nothing(self):
        slot = self.registry.slot("empty")
        self.locked(slot).close()

        self.assertIsNone(look(slot))

    def test_the_password_is_in_no_repr(self):
        self.assertNotIn("secret", repr(look(self.ready(self.slot()))))

    def test_looking_changes_nothing_and_keeps_nobody_out(self):
        slot = self.ready(self.slot(), reuse=60)
        self.locked(slot).close()
        slot.holders().close()
        before = self.contents()

        look(slot)

        self.assertEqual(before, self.contents())
        self.assertTrue(self.locked(slot).is_current())

    def contents(self):
        return {path: path.read_bytes() for path in self.directory.rglob("*") if path.is_file()}

    def test_all_are_listed_the_oldest_first(self):
        self.slot("a", since=2.0)
        self.slot("b", since=1.0)

        self.assertEqual(["b", "a"], [entry.slot.key for entry in entries(self.registry)])

    def test_each_port_of_a_container_is_told(self):
        entry = look(self.ready(self.slot(), ports=[[80, "127.0.0.1", 4001]]))

        self.assertEqual({"80": "127.0.0.1:4001"}, entry.ports)


class RegistryTest(SlotsTest):
    def test_a_registry_that_nobody_has_used_is_not_made(self):
        directory = self.directory / "other"
        settings = self.settings(HARNESS_STATE_DIR=str(directory))

        self.assertIsNone(registry_there(settings))
        self.assertFalse(directory.exists())

    def test_one_that_was_used_is_found(self):
        self.assertEqual(self.registry.path, registry_there(self.known).path)


class JanitorTest(SlotsTest):
    def note(self, value):
        files.write(f"{self.registry.path}/janitor.pid", value)
        return janitor_of(self.registry.path)

    def test_one_that_lives_is_found_by_its_number_and_its_start(self):
        us = os.getpid()

        self.assertEqual(us, self.note((us, processes.start_time(us))))
        self.assertIsNone(self.note((us, "1")))

    def test_none_was_there(self):
        self.assertIsNone(janitor_of(self.registry.path))

    def test_a_damaged_note_names_none(self):
        self.assertIsNone(self.note(3))
