"""The janitor removes what killed processes left and nothing that anybody holds, then it leaves."""

import os
import signal
import socket
import unittest
from unittest import mock

from harness.core.janitor import janitor as module
from harness.core.janitor.link import connected
from harness.core.janitor.link import listening as listening_at
from harness.core.registry import files, processes
from harness.core.registry.things import thing
from tests.support.registry import RegistryTest, wait_until
from tests.support.unit import listening

OTHER_BOOT = "00000000-0000-0000-0000-000000000000"
OK = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
# Each says when it has made all that it makes.
STARTER = """
claim = begun()
made(claim)
claim.spawn(launch("sleep", "60"), "/", os.devnull)
say("made")
wait()
"""
HOLDER = """
claim = begun()
made(claim)
claim.spawn(launch("sleep", "60"), "/", os.devnull)
claim.publish()
say("made")
wait()
claim.release()
"""
KEEPER = HOLDER.replace("begun()", "begun(reuse=0.3)")
SHARER = """
claim = Claim(registry, "key", ABOUT)
claim.take(lambda: False)
claim.attached()
say("made")
wait()
claim.release()
"""


class JanitorTest(RegistryTest):
    def run_other(self, code):
        """Start another process; return it when it holds what it was told to."""
        other = self.other(code)
        other.wait_for("made")
        self.signed()
        return other

    def directories(self):
        return sorted(self.directory.glob("made-*"))

    def lives(self):
        """Return the servers of this registry that run, by their lifetime locks."""
        found = []
        for slot in self.registry.slots():
            for name in os.listdir(slot.path):
                if name.endswith(".pid"):
                    found.append(tuple(files.read(f"{slot.path}/{name}")))
        return [server for server in found if processes.is_alive(*server)]

    def assertAllRemoved(self, *servers):
        wait_until(lambda: self.janitor() is None, "the end of the janitor")
        self.assertEqual([], self.directories())
        self.assertEqual([], [server for server in servers if processes.is_alive(*server)])
        self.assertNothingLeft()


class KilledHolderTest(JanitorTest):
    def test_what_a_killed_holder_left_is_removed(self):
        other = self.run_other(HOLDER)
        servers = self.lives()
        self.assertEqual((1, 1), (len(servers), len(self.directories())))

        other.kill()

        self.assertAllRemoved(*servers)

    def test_what_one_left_who_was_killed_between_intent_and_record_is_removed(self):
        other = self.run_other(STARTER)
        servers = self.lives()
        self.assertIsNone(self.registry.slot("key").record)

        other.kill()

        self.assertAllRemoved(*servers)

    def test_what_one_left_who_was_killed_before_it_made_anything_is_removed(self):
        other = self.run_other("claim = begun()\nsay('made')\nwait()\n")

        other.kill()

        self.assertAllRemoved()

    def test_what_was_written_down_and_never_made_is_no_error(self):
        other = self.run_other(
            "claim = begun()\nclaim.intend('directory', path='/nowhere/at/all')\n"
            "say('made')\nwait()\n"
        )

        other.kill()

        self.assertAllRemoved()

    def test_what_others_hold_stays(self):
        first = self.run_other(HOLDER)
        second = self.run_other(SHARER)
        servers = self.lives()

        first.kill()
        self.registry.janitor.join()  # its answers come after what it has to do
        self.registry.janitor.leave()

        self.assertEqual(servers, self.lives())
        self.assertEqual(1, len(self.directories()))
        second.finish()
        self.assertAllRemoved(*servers)

    def test_what_a_killed_holder_left_is_removed_though_its_child_lives(self):
        """A child has nothing of its parent's: neither its locks nor its word to the janitor."""
        other = self.other("""
            claim = begun()
            made(claim)
            claim.publish()
            child = os.fork()
            if child == 0:
                import time
                time.sleep(60)
            say(child)
            wait()
        """)
        child = int(other.hear())
        self.addCleanup(os.kill, child, signal.SIGKILL)
        self.signed()

        other.kill()

        self.assertAllRemoved()
        self.assertTrue(os.path.isdir(f"/proc/{child}"))

    def test_what_all_left_who_were_killed_at_once_is_removed(self):
        others = [self.run_other(HOLDER), *(self.run_other(SHARER) for _ in range(2))]
        servers = self.lives()

        for other in others:
            os.kill(other.pid, signal.SIGKILL)

        self.assertAllRemoved(*servers)

    def test_each_instance_is_looked_at_for_itself(self):
        others = [self.run_other(HOLDER.replace("begun()", f"begun({key!r})")) for key in "ab"]
        servers = self.lives()

        others[0].kill()
        wait_until(lambda: len(self.registry.slots()) == 1, "the removal of one")

        self.assertEqual(["b"], [slot.key for slot in self.registry.slots()])
        self.assertEqual(1, len(self.directories()))
        others[1].finish()
        self.assertAllRemoved(*servers)

    def test_what_a_killed_holder_kept_waits_its_time_and_no_longer(self):
        other = self.run_other(KEEPER)
        servers = self.lives()

        other.kill()
        wait_until(lambda: (self.registry.slot("key").record or {}).get("until"), "the timer")
        self.assertEqual(servers, self.lives())

        self.assertAllRemoved(*servers)

    def test_one_that_attaches_while_it_is_removed_starts_anew(self):
        other = self.run_other(HOLDER)
        servers = self.lives()
        other.kill()

        claim = self.begun()
        claim.publish()

        wait_until(lambda: not self.directories(), "the removal")
        self.assertIsNotNone(claim.slot.record)
        claim.release()
        self.assertAllRemoved(*servers)


class KilledJanitorTest(JanitorTest):
    def test_the_next_who_acquires_has_what_was_left_removed(self):
        other = self.run_other(HOLDER)
        servers = self.lives()
        os.kill(other.pid, signal.SIGSTOP)  # so that it does not notice, as if killed at once
        self.kill_janitor()
        other.kill()
        self.assertEqual(servers, self.lives())

        claim = self.published("another")
        wait_until(lambda: len(self.directories()) == 1, "the removal")

        self.assertEqual([], [server for server in servers if processes.is_alive(*server)])
        claim.release()
        self.assertAllRemoved()

    def test_servers_go_on_without_it_and_end_with_their_last_holder(self):
        claim = self.begun()
        server = self.server(claim)
        claim.publish()
        self.kill_janitor()
        self.assertTrue(processes.is_alive(*server))

        claim.release()

        self.assertFalse(processes.is_alive(*server))
        self.joined_and_left()
        self.assertAllRemoved()

    def joined_and_left(self):
        """Come and go, as the next run does."""
        self.registry.janitor.join()
        self.signed()
        self.registry.janitor.leave()

    def test_a_new_one_watches_a_holder_that_has_no_connection_to_it(self):
        other = self.run_other(HOLDER)
        servers = self.lives()
        self.kill_janitor()

        self.registry.janitor.join()
        self.addCleanup(self.registry.janitor.leave)
        self.signed()
        other.kill()

        wait_until(lambda: not self.directories(), "the removal")
        self.assertEqual([], [server for server in servers if processes.is_alive(*server)])

    def test_a_removal_that_was_cut_short_is_done_again(self):
        gone = self.directory / "registry" / "gone-0123abcd"
        gone.mkdir()
        (gone / "lock").touch()

        self.joined_and_left()

        self.assertFalse(gone.exists())


class OtherBootTest(JanitorTest):
    def test_what_an_earlier_boot_left_is_removed_and_its_pids_are_left_alone(self):
        other = self.run_other(HOLDER)
        [server] = self.lives()
        self.kill_janitor()
        other.kill()
        self.addCleanup(processes.send, *server, signal.SIGKILL)
        self.as_of_another_boot(self.registry.slot("key"))

        self.registry.janitor.join()
        self.addCleanup(self.registry.janitor.leave)

        wait_until(lambda: not self.registry.slots(), "the removal")
        self.assertEqual([], self.directories())
        self.assertTrue(processes.is_alive(*server))

    def as_of_another_boot(self, slot):
        intent = slot.intent
        things = [
            {**found, "boot": OTHER_BOOT} if "boot" in found else found for found in slot.things()
        ]
        slot.write_intent({**intent, "boot": OTHER_BOOT, "things": things})
        slot.write_record({**slot.record, "boot": OTHER_BOOT})


class FailureTest(JanitorTest):
    def stuck(self, path):
        """Return a claim on an instance with a container whose daemon listens at `path`, later."""
        claim = self.published()
        container = thing("container", host=f"unix://{path}", name="stuck", made=True)
        intent = claim.slot.intent
        claim.slot.write_intent({**intent, "things": [*intent["things"], container]})
        return claim

    def test_what_cannot_be_removed_is_tried_again(self):
        path = self.directory / "d.sock"
        claim = self.stuck(path)
        with self.assertRaises(ExceptionGroup):
            claim.release()
        wait_until(self.log, "a complaint")

        with listening(path, OK):
            wait_until(lambda: self.janitor() is None, "the end of the janitor")

        self.assertEqual([], self.registry.slots())

    def test_the_reason_is_in_its_log_once(self):
        path = self.directory / "d.sock"
        with self.assertRaises(ExceptionGroup):
            self.stuck(path).release()
        wait_until(self.log, "a complaint")

        with listening(path, OK):
            wait_until(lambda: self.janitor() is None, "the end of the janitor")

        [line] = self.log().splitlines()
        self.assertRegex(line, rf": \S+/slots/key: .*{path} does not answer: FileNotFoundError")

    def test_damage_is_in_its_log_and_keeps_no_other_from_being_removed(self):
        other = self.run_other(HOLDER)
        servers = self.lives()
        damaged = self.write("registry/slots/damaged/intent", "{")
        self.write("registry/slots/damaged/lock")
        other.kill()

        wait_until(lambda: not self.directories(), "the removal")
        wait_until(self.log, "a complaint")

        self.assertIn(f"RegistryError: what was made cannot be read from {damaged}", self.log())
        self.assertEqual([], [server for server in servers if processes.is_alive(*server)])
        damaged.unlink()

    def test_after_many_failures_it_is_left_to_the_next_run(self):
        janitor = bare()
        slot = self.registry.slot("key")
        slot.tidy = mock.Mock(side_effect=OSError("stuck"))

        with mock.patch("builtins.print"):
            pauses = [janitor._look(slot) for _ in range(module.MOST_FAILURES + 1)]

        self.assertEqual(sorted(pauses[:-1]), pauses[:-1])
        self.assertIsNone(pauses[-1])
        self.assertLess(sum(pauses[:-1]), 20)


def bare(**attributes):
    """Return a janitor that does nothing by itself, as it leaves this process as it is."""
    with mock.patch.object(module.Janitor, "__init__", return_value=None):
        janitor = module.Janitor("path", 3)
    given = {"_failures": {}, "_members": {}, "_poll": mock.Mock(), **attributes}
    for name, value in given.items():
        setattr(janitor, name, value)
    return janitor


class DoorTest(JanitorTest):
    """Whoever comes at the last moment has come to this one, or finds the door closed."""

    def setUp(self):
        super().setUp()
        listener = listening_at(self.registry.path)
        listener.setblocking(False)
        self.keeper = bare(_path=self.registry.path, _listener=listener)
        self.addCleanup(lambda: self.keeper._listener.close())

    def call(self):
        """Return a connection to it, that waits to be accepted."""
        connection = connected(self.registry.path)
        self.addCleanup(connection.close)
        return connection

    def close_all(self):
        for member in self.keeper._members.values():
            member.connection.close()

    def test_nobody_finds_the_door_when_it_has_left(self):
        self.assertTrue(self.keeper._leave())

        with self.assertRaises(FileNotFoundError):
            self.call()

    def test_it_stays_for_all_who_came_before_it_closed_the_door(self):
        self.addCleanup(self.close_all)
        for _ in range(3):
            self.call()

        self.assertFalse(self.keeper._leave())

        self.assertEqual(3, len(self.keeper._members))
        self.call()
        self.assertTrue(self.keeper._accept())


class ApartTest(JanitorTest):
    def test_signals_to_a_run_do_not_end_it(self):
        self.registry.janitor.join()
        self.addCleanup(self.registry.janitor.leave)
        janitor = self.signed()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            processes.send(*janitor, number)

        other = self.run_other(HOLDER)  # it answers after it has had them all
        other.finish()

        self.assertEqual(janitor, self.janitor())

    def test_it_is_in_no_session_and_group_of_a_run(self):
        self.registry.janitor.join()
        self.addCleanup(self.registry.janitor.leave)

        pid = self.signed()[0]

        self.assertEqual((pid, pid), (os.getsid(pid), os.getpgid(pid)))

    def test_its_name_goes_with_it(self):
        self.published().release()

        self.assertAllRemoved()


class MemberTest(unittest.TestCase):
    def setUp(self):
        ours, self.theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(self.theirs.close)
        self.member = module.Member(ours)

    def test_requests_are_lines_however_they_arrive(self):
        self.theirs.sendall(b'{"do": "a"}\n{"do": "b"}\n{"do"')
        self.assertEqual([{"do": "a"}, {"do": "b"}], self.member.read())

        self.theirs.sendall(b': "c"')
        self.assertEqual([], self.member.read())

        self.theirs.sendall(b"}\n")
        self.assertEqual([{"do": "c"}], self.member.read())

    def test_one_that_hangs_up_is_gone(self):
        self.theirs.shutdown(socket.SHUT_WR)

        with self.assertRaises(EOFError):
            self.member.read()

    def test_it_is_answered_by_a_line(self):
        self.member.answer({"pid": 7})

        self.assertEqual(b'{"pid": 7}\n', self.theirs.recv(100))

    def test_all_that_an_error_groups_is_told(self):
        both = ExceptionGroup("some", [OSError("a"), ValueError("b")])

        self.assertEqual("OSError: a; ValueError: b", module.describe(both))
        self.assertEqual("OSError: a", module.describe(OSError("a")))
