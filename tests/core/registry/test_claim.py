"""One process's hold of one instance: found, made, shared, given up, and kept for the next run."""

import json
import os
import signal
import threading
import time
from unittest import mock

from harness.core.registry import files, processes
from harness.errors import CleanupError, RegistryError, StartError
from tests.support.mounts import fill, make_read_only, small_disk
from tests.support.parts import ABOUT, launch, made
from tests.support.registry import RegistryTest, parent_of, wait_until

OTHER_BOOT = "00000000-0000-0000-0000-000000000000"


class ClaimTest(RegistryTest):
    def found(self, key="key"):
        """Return what another process would find; None if it had to start the instance itself."""
        claim = self.taken(key)
        if claim.record is not None:
            claim.attached()
        record = claim.record
        claim.release()
        return record

    def attached(self, key="key", reuse=0):
        claim = self.taken(key, reuse)
        self.assertIsNotNone(claim.record)
        claim.attached()
        return claim

    def sharer(self):
        """Return another process that holds the instance, until it may go on."""
        other = self.other("""
            claim = Claim(registry, "key", ABOUT)
            claim.take(lambda: False)
            claim.attached()
            say("attached")
            wait()
            claim.release()
        """)
        other.wait_for("attached")
        return other

    def edit(self, name, **fields):
        """Change what is written of the instance."""
        path = f"{self.registry.slot('key').path}/{name}"
        files.write(path, {**files.read(path), **fields})

    def directories(self):
        return sorted(self.directory.glob("made-*"))


class StartTest(ClaimTest):
    def test_the_first_finds_nothing_and_those_after_it_what_it_published(self):
        claim = self.begun()
        self.assertIsNone(claim.record)

        claim.publish(name="db")

        record = self.found()
        self.assertEqual(("db", claim.instance), (record["name"], record["instance"]))

    def test_nobody_finds_an_instance_before_it_is_ready(self):
        claim = self.begun()
        with self.assertRaisesRegex(StartError, "^the start of fake was cancelled$"):
            self.claim().take(lambda: True)

        claim.publish()

        self.assertIsNotNone(self.found())

    def test_who_waits_gets_it_as_soon_as_it_is_ready(self):
        claim, waiting = self.begun(), threading.Event()
        second = self.claim()
        thread = threading.Thread(target=second.take, args=(waiting.set,))
        thread.start()
        waiting.wait()

        claim.publish(name="db")
        thread.join()

        self.assertEqual("db", second.record["name"])

    def test_each_instance_has_a_number_of_its_own(self):
        first, second = self.begun("a"), self.begun("b")

        self.assertRegex(first.instance, r"\A[0-9a-f]{8}\Z")
        self.assertNotEqual(first.instance, second.instance)

    def test_what_is_about_to_be_made_is_written_down_before(self):
        claim = self.begun()

        claim.intend("directory", path="/nowhere/a")
        claim.intend("container", host="unix:///d", name="c", made=False)
        claim.amend(made=True)

        intent = self.registry.slot("key").intent
        self.assertEqual(
            [
                {"kind": "directory", "path": "/nowhere/a"},
                {"kind": "container", "host": "unix:///d", "name": "c", "made": True},
            ],
            intent["things"],
        )
        self.assertEqual(ABOUT, {name: intent[name] for name in ABOUT})
        self.assertEqual(processes.boot_id(), intent["boot"])
        self.assertAlmostEqual(time.time(), intent["since"], delta=60)
        self.edit("intent", things=[])

    def test_a_start_that_fails_removes_what_it_made(self):
        claim = self.begun()
        path = made(claim)

        claim.release()

        self.assertFalse(path.exists())
        self.assertNothingLeft()

    def test_what_was_left_in_its_place_is_removed_before(self):
        self.published()
        before = self.directories()
        path = f"{self.registry.slot('key').path}/record"
        os.unlink(path)  # as if its starter had been killed before it was ready

        claim = self.taken()
        claim.begin()

        self.assertEqual(1, len(before))
        self.assertEqual([], self.directories())

    def test_what_cannot_be_removed_there_is_an_error_and_nothing_is_made(self):
        claim = self.begun()
        host = f"unix://{self.directory}/none"
        claim.intend("container", host=host, name="stuck", made=True)

        with self.assertRaises(CleanupError) as caught:
            claim.begin()

        self.assertRegex(
            str(caught.exception),
            r"\Afake on nowhere could not be removed whole; `harness clean` tries again",
        )
        self.assertIn("stuck", json.dumps(self.registry.slot("key").intent))
        self.edit("intent", things=[])

    def test_an_instance_of_another_boot_is_started_anew_and_its_pids_are_left_alone(self):
        claim = self.begun()
        path, server = made(claim), self.server(claim)
        claim.publish()
        self.edit("record", boot=OTHER_BOOT)
        things = [
            {**thing, "boot": OTHER_BOOT} if "boot" in thing else thing
            for thing in self.registry.slot("key").things()
        ]
        self.edit("intent", boot=OTHER_BOOT, things=things)

        second = self.taken()
        self.assertIsNone(second.record)
        second.begin()

        self.assertFalse(path.exists())
        self.assertTrue(processes.is_alive(*server))
        self.assertNotEqual(claim.instance, second.instance)
        processes.send(*server, signal.SIGKILL)


class EndTest(ClaimTest):
    def test_the_last_one_out_removes_it(self):
        first, second = self.published(), self.attached()

        first.release()
        self.assertEqual(1, len(self.directories()))
        second.release()

        self.assertEqual([], self.directories())
        self.assertNothingLeft()

    def test_giving_it_up_twice_is_no_error(self):
        claim = self.published()

        claim.release()
        claim.release()

        self.assertNothingLeft()

    def test_what_was_never_taken_is_nothing_to_give_up(self):
        self.claim().release()

        self.assertNothingLeft()

    def test_it_is_removed_when_a_process_that_shares_it_goes(self):
        claim = self.published()
        other = self.sharer()

        claim.release()
        self.assertEqual(1, len(self.directories()))
        other.finish()

        self.assertEqual([], self.directories())
        self.assertNothingLeft()

    def test_what_cannot_be_removed_is_told_and_stays_written_down(self):
        claim = self.begun()
        host = f"unix://{self.directory}/none"
        claim.intend("container", host=host, name="stuck", made=True)
        path = made(claim)
        claim.publish()

        with self.assertRaises(CleanupError) as caught:
            claim.release()

        self.assertIn("No such file or directory", str(caught.exception))
        self.assertFalse(path.exists())
        self.assertEqual("stuck", self.registry.slot("key").things()[0]["name"])
        self.edit("intent", things=[])

    def test_a_forked_child_that_ends_gives_nothing_up(self):
        other = self.other("""
            claim = begun()
            path = made(claim)
            claim.publish()
            if os.fork() == 0:
                sys.exit()
            os.wait()
            say("there" if path.exists() else "gone")
            again = Claim(registry, "key", ABOUT)
            again.take(lambda: False)
            say(again.is_shared())
            again.attached()
            again.release()
            claim.release()
        """)

        self.assertEqual("there", other.hear())
        self.assertEqual("True", other.hear())
        other.finish()
        self.assertNothingLeft()


class CountTest(ClaimTest):
    def test_one_who_is_alone_is_told_from_many(self):
        claim = self.published()
        other = self.sharer()
        claim.release()
        last = self.taken()
        self.assertTrue(last.is_shared())

        other.kill()

        self.assertFalse(last.is_shared())

    def test_asking_gives_no_hold_up(self):
        first = self.published()
        second = self.taken()

        second.is_shared()
        second.attached()
        first.release()

        self.assertEqual(1, len(self.directories()))

    def test_the_others_are_named_by_their_processes(self):
        self.published()
        other = self.sharer()

        self.assertEqual(f"processes [{other.pid}]", self.taken().others())

    def test_where_the_kernel_names_nobody_they_are_others(self):
        claim = self.published()
        with mock.patch("harness.core.registry.locks.holders_of", return_value=None):
            self.assertEqual("other processes", claim.others())
            self.assertTrue(claim.is_outlived())

    def test_it_is_outlived_while_others_hold_it(self):
        first = self.published()
        self.assertFalse(first.is_outlived())

        second = self.attached()
        self.assertTrue(first.is_outlived())

        second.release()
        self.assertFalse(first.is_outlived())

    def test_it_is_outlived_where_it_is_kept(self):
        self.assertTrue(self.published(reuse=0.1).is_outlived())


class ReuseTest(ClaimTest):
    def test_the_next_run_finds_it(self):
        first = self.published(reuse=60)
        first.release()
        self.assertEqual(1, len(self.directories()))

        second = self.attached()

        self.assertEqual(first.instance, second.instance)
        self.assertIsNone(self.registry.slot("key").record["until"])

    def test_one_who_does_not_keep_it_removes_it(self):
        self.published(reuse=60).release()

        self.attached(reuse=0).release()

        self.assertEqual([], self.directories())
        self.assertNothingLeft()

    def test_its_time_to_live_ends_though_nobody_comes(self):
        self.published(reuse=0.2).release()
        self.assertEqual(1, len(self.directories()))

        wait_until(lambda: not self.directories(), "the end of its time")

        self.assertNothingLeft()

    def test_its_time_begins_anew_with_each_release(self):
        self.published(reuse=30).release()
        first = self.registry.slot("key").record["until"]

        self.attached(reuse=60).release()

        self.assertLess(first + 20, self.registry.slot("key").record["until"])
        self.attached().release()

    def test_one_whose_time_ended_while_no_janitor_lived_is_started_anew(self):
        self.published(reuse=60).release()
        self.edit("record", until=time.time() - 1)

        claim = self.taken()

        self.assertIsNone(claim.record)
        claim.begin()
        self.assertEqual([], self.directories())

    def test_one_that_was_never_ready_is_not_kept(self):
        claim = self.begun(reuse=60)
        made(claim)

        claim.release()

        self.assertNothingLeft()


class UnwritableTest(RegistryTest):
    """What is said of a registry that cannot be written any more; and then nothing is made."""

    def make_place(self):
        self.disk = small_disk(self, self.directory / "disk")
        return str(self.disk / "registry")

    def fill(self):
        """Leave no room on the disk, as soon as the janitor has signed its name."""
        self.signed()
        return fill(self.disk)

    def assertUnwritable(self, reason, function, *arguments, **fields):
        with self.assertRaises(RegistryError) as caught:
            function(*arguments, **fields)
        self.assertEqual(
            f"the registry {self.registry.path} cannot be written: {reason}\n"
            "  likely cause: the disk is full or read-only, "
            "or the directory belongs to somebody else\n"
            "  next: free some room, or set HARNESS_STATE_DIR to a local directory of your own",
            str(caught.exception),
        )

    def test_on_a_full_disk_nothing_is_begun(self):
        claim = self.taken()
        self.fill()

        self.assertUnwritable("No space left on device", claim.begin)

    def test_on_a_full_disk_nothing_more_is_intended(self):
        claim = self.begun()
        filler = self.fill()

        self.assertUnwritable("No space left on device", claim.intend, "directory", path="x" * 5000)
        self.assertEqual([], claim.slot.things())
        filler.unlink()

    def test_on_a_full_disk_nothing_is_published(self):
        claim = self.begun()
        filler = self.fill()

        self.assertUnwritable("No space left on device", claim.publish, name="x" * 5000)
        self.assertIsNone(claim.slot.record)
        filler.unlink()

    def test_on_a_disk_that_is_read_only_nobody_joins(self):
        make_read_only(self, self.disk)

        self.assertUnwritable("Read-only file system", self.claim().take, lambda: False)


class SpawnTest(ClaimTest):
    def test_a_server_is_the_janitors_child_and_ends_with_its_instance(self):
        claim = self.begun()
        pid, started = self.server(claim)
        claim.publish()

        self.assertEqual(self.signed()[0], parent_of(pid))
        self.assertTrue(processes.is_alive(pid, started))
        claim.release()

        self.assertFalse(processes.is_alive(pid, started))
        self.assertNothingLeft()

    def test_it_carries_its_mark_and_its_lifetime_lock(self):
        claim = self.begun()
        pid, _ = self.server(claim)
        life = claim.slot.life(claim.instance)

        self.assertTrue(processes.carries(pid, claim.instance))
        self.assertTrue(processes.has_open(pid, os.stat(life)))
        self.assertFalse(processes.are_dead(life))

    def test_it_is_written_down_before_it_is_started(self):
        claim = self.begun()
        seen = []

        def spawn(**request):
            seen.extend(claim.slot.things())
            return 1

        with mock.patch.object(self.registry.janitor, "spawn", spawn):
            claim.spawn(launch("sleep", "60", stop_signal=3, grace=1.5), "/", "/dev/null")

        self.assertEqual(
            [("processes", 3, 1.5)], [(t["kind"], t["stop"], t["grace"]) for t in seen]
        )

    def test_it_can_be_started_again_in_its_place(self):
        claim = self.begun()
        how = launch("sleep", "60")
        first = claim.spawn(how, "/", str(self.directory / "log"))
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not os.path.isdir(f"/proc/{first}"), "its end")

        second = claim.respawn(how, "/", str(self.directory / "log"))

        self.assertEqual(1, len(claim.slot.things()))
        self.assertEqual([second], processes.everything(claim.slot.life(claim.instance), "none"))

    def test_a_program_that_is_not_there_is_an_error_that_names_it(self):
        claim = self.begun()

        with self.assertRaises(FileNotFoundError) as caught:
            self.server(claim, "/nowhere/server")

        self.assertEqual("/nowhere/server", caught.exception.filename)
        claim.release()
        self.assertNothingLeft()
