"""What happens when processes meet, or die, between two steps: each found by torture once."""

import errno
import os
import signal
import socket
import sys
import threading
import time
import unittest
from unittest import mock

from harness.core.janitor import janitor as janitor_module
from harness.core.janitor import link as link_module
from harness.core.janitor.link import JanitorLink
from harness.core.registry import files, processes
from harness.core.registry import slot as slot_module
from harness.core.registry.claim import Claim
from harness.core.registry.directory import Registry
from harness.core.registry.locks import Lock
from harness.core.registry.processes_thing import pid_file, remove
from harness.errors import RegistryError, StartError
from tests.support.unit import DirectoryTest, run_python

PATIENCE = 20.0
ABOUT = {"service": "fake", "provider": "nowhere", "description": "a fake"}


def never():
    return False


class RaceTest(DirectoryTest):
    """A test with a registry of its own; a janitor that it starts has left in the end."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(str(self.directory / "registry"), "0a1b2c3d")
        self.slot = self.registry.slot("key")
        self.addCleanup(self.janitor_leaves)

    @property
    def janitor(self):
        """The number and start time of the janitor."""
        return files.read(f"{self.registry.path}/janitor.pid")

    def janitor_leaves(self):
        self.await_true(lambda: self.janitor is None, "the janitor's leave")

    def await_true(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"{what} did not happen")
            time.sleep(0.002)

    def claim(self, key="key"):
        claim = Claim(self.registry, key, ABOUT)
        self.addCleanup(claim.release)
        claim.take(never)
        return claim

    def published(self):
        """Return a claim on an instance that is a directory, and that directory."""
        claim = self.claim()
        claim.begin()
        made = self.directory / "made"
        claim.intend("directory", path=str(made))
        made.mkdir()
        claim.publish()
        return claim, made


class SlotTest(RaceTest):
    def test_one_that_is_made_anew_while_the_janitor_looks_is_left_alone(self):
        self.slot.lock().close()
        new = []

        def opening(path):
            """Open the old lock; then its slot goes, and another process makes a new one."""
            old = Lock(path)
            if not new:
                os.rename(self.slot.path, self.directory / "aside")
                new.append(None)
                new[0] = self.slot.lock()
            return old

        with mock.patch.object(slot_module, "Lock", opening):
            state = self.slot.tidy()
        new[0].close()

        self.assertEqual("busy", state)
        self.assertTrue(os.path.exists(f"{self.slot.path}/lock"))

    def test_one_that_cannot_be_locked_for_want_of_room_is_not_left(self):
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with mock.patch.object(slot_module, "Lock", side_effect=full), self.assertRaises(OSError):
            self.slot.lock()

        self.assertEqual([], self.registry.slots())


class ClaimTest(RaceTest):
    def test_a_failed_attach_leaves_what_others_hold(self):
        _, made = self.published()
        second = self.claim()

        second.release()  # as after a probe that failed

        self.assertTrue(made.exists())

    def test_the_last_one_out_removes_it_though_its_own_attach_failed(self):
        first, made = self.published()
        second = self.claim()
        released = threading.Thread(target=first.release)
        released.start()  # waits for the key lock, which the second one has

        second.release()
        released.join()

        self.assertFalse(made.exists())

    def test_one_that_was_cancelled_keeps_no_janitor(self):
        self.published()
        waiting = self.slot.lock()
        with self.assertRaises(StartError):
            Claim(self.registry, "key", ABOUT).take(lambda: True)
        waiting.close()

        self.assertEqual(1, self.registry.janitor._members)

    def test_a_forked_child_gives_up_nothing_of_its_parents(self):
        claim, made = self.published()
        child = os.fork()
        if child == 0:
            claim.release()
            os._exit(0)
        _, status = os.waitpid(child, 0)

        self.assertEqual(0, status)
        self.assertTrue(made.exists())


class LeavingTest(RaceTest):
    """A janitor that leaves while somebody comes."""

    def test_who_found_the_door_before_it_was_closed_is_turned_away(self):
        with link_module.listening(self.registry.path) as listener:
            janitor_module.refuse(listener)

            with self.assertRaises(ConnectionRefusedError):
                link_module.connected(self.registry.path)

    def test_it_leaves_though_somebody_died_who_was_about_to_come_in(self):
        with Lock(f"{self.registry.path}/spawn") as coming:
            coming.wait()
            link_module.start(self.registry.path)
            self.await_true(lambda: self.janitor is not None, "its start")
            time.sleep(0.2)  # by now it has tried to leave

        self.janitor_leaves()

    def test_it_removes_what_is_let_go_only_after_its_process_hung_up(self):
        self.registry.janitor.join()  # somebody else stays
        self.addCleanup(self.registry.janitor.leave)
        self.await_true(lambda: self.janitor is not None, "its start")
        made = self.directory / "made"
        self.slot.lock().close()
        holder = self.slot.holders()
        holder.try_shared()
        self.slot.write_intent({"things": [{"kind": "directory", "path": str(made)}]})
        made.mkdir()

        link_module.connected(self.registry.path).close()
        time.sleep(0.1)  # a dying process drops its locks one by one
        holder.close()

        self.await_true(lambda: not made.exists(), "the removal")

    def test_a_slot_whose_remover_was_killed_is_removed(self):
        gone = self.directory / "registry" / "gone-0a1b2c3d"
        gone.mkdir()
        (gone / "lock").touch()

        self.claim().release()
        self.janitor_leaves()

        self.assertFalse(gone.exists())


class LinkTest(RaceTest):
    def test_a_janitor_is_out_of_reach_of_signals_to_our_group_at_once(self):
        sessions = []

        def spawn(*arguments, **options):
            pid = posix_spawn(*arguments, **options)
            sessions.append((pid, os.getsid(pid)))
            return pid

        posix_spawn = os.posix_spawn
        with mock.patch.object(os, "posix_spawn", spawn):
            self.claim().release()

        [(pid, session)] = sessions
        self.assertEqual(pid, session)

    def test_one_that_is_killed_before_it_answers_is_called_again(self):
        dead = link_module.listening(self.registry.path)
        calls = []

        def connected(path):
            connection = real(path)
            if not calls:
                dead.close()
            calls.append(path)
            return connection

        real = link_module.connected
        with mock.patch.object(link_module, "connected", connected):
            claim = self.claim()

        claim.release()
        self.assertGreater(len(calls), 1)

    def test_one_that_does_not_start_leaves_no_door(self):
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with (
            mock.patch.object(os, "posix_spawn", side_effect=full),
            self.assertRaises(RegistryError),
        ):
            Claim(self.registry, "key", ABOUT).take(never)

        self.assertFalse(os.path.lexists(f"{self.registry.path}/{link_module.SOCKET}"))

    def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(self):
        link = JanitorLink(self.registry.path)
        link._socket, janitor = socket.socketpair()
        with janitor:
            link._socket.settimeout(0.01)
            with self.assertRaisesRegex(StartError, "does not answer"):
                link.spawn(command=["late"])

            self.assertIsNone(link._socket)


SPAWN = """
import os, sys
from harness.core.janitor.children import Children
from harness.core.registry import files, processes

life = sys.argv[1] if len(sys.argv) > 1 else {life!r}
request = dict(
    command=["sleep", "60"],
    environment={{"PATH": os.environ["PATH"], "HARNESS_INSTANCE": "0a1b2c3d"}},
    user=None, cwd="/", log="/dev/null", life=life,
)
"""


class SpawnTest(RaceTest):
    """What the janitor does with a request to start a server."""

    def setUp(self):
        super().setUp()
        self.life = str(self.directory / "0a1b2c3d.life")
        files.make(self.life)
        self.addCleanup(self.end_all)

    def end_all(self):
        processes.end(self.life, "0a1b2c3d", 0, "", signal.SIGKILL, 0)

    def run_code(self, code):
        done = run_python(SPAWN.format(life=self.life) + code, "-W", "error")
        self.assertEqual("", done.stderr)
        return done.stdout.split()

    def test_one_that_is_repeated_ends_what_the_first_started(self):
        said = self.run_code("""
first = Children().spawn(request)["pid"]  # and this janitor is killed before it can tell
second = Children().spawn(request)["pid"]
print(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]), os.waitpid(second, os.WNOHANG)[0])
""")
        self.assertEqual([str(-signal.SIGKILL), "0"], said)

    def test_one_that_comes_when_its_instance_is_being_removed_starts_nothing(self):
        remove(self.life, "0a1b2c3d", processes.boot_id(), signal.SIGTERM, 1)

        said = self.run_code('print(Children().spawn(request)["errno"])')

        self.assertEqual([str(errno.ENOENT)], said)
        self.assertEqual([], processes.everything(self.life, "0a1b2c3d"))

    def test_the_janitor_never_has_the_lifetime_lock_open_itself(self):
        said = self.run_code("""
Children().spawn(request)
print(*(os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{name}")))
""")
        self.assertNotIn(self.life, said)

    def test_what_cannot_be_written_down_does_not_run(self):
        os.mkdir(pid_file(self.life))  # no file can be put there

        said = self.run_code('print("errno" in Children().spawn(request))')

        self.assertEqual(["True"], said)
        self.await_true(
            lambda: not processes.survivors(self.life, "0a1b2c3d", 0, ""), "the server's end"
        )
        os.rmdir(pid_file(self.life))


class Daemon:
    """A Docker daemon that is still at it when its client has died."""

    def __init__(self, *there):
        self.there = set(there)

    def __call__(self, host):
        return self

    def has(self, path):
        return path in self.there

    def delete(self, path, **query):
        self.there.discard(f"{path}/json")


class LateTest(RaceTest):
    """A container that appears after the death of whoever asked for it."""

    def setUp(self):
        super().setUp()
        self.registry.janitor = mock.Mock()  # nobody else tidies
        self.daemon = Daemon()
        self.enterContext(mock.patch("harness.providers.container_thing.Engine", self.daemon))

    def left(self, made=False):
        """Leave what a process leaves that is killed while it asks for a container."""
        thing = {"kind": "container", "host": "unix:///none", "name": "ours", "made": made}
        self.slot.lock().close()
        self.slot.write_intent({"service": "fake", "things": [thing]})

    def tidy(self):
        """Tidy all slots once, as the janitor does; return the states."""
        return sorted(slot.tidy() for slot in self.registry.slots())

    def test_it_is_removed_when_it_appears(self):
        self.left()
        self.assertEqual(["late"], self.tidy())
        self.assertEqual(["late"], self.tidy())

        self.daemon.there.add("/containers/ours/json")

        self.assertEqual(["empty"], self.tidy())
        self.assertEqual(set(), self.daemon.there)
        self.assertEqual([], self.registry.slots())

    def test_it_is_waited_for_no_longer_than_a_daemon_takes(self):
        self.left()
        with mock.patch.object(slot_module, "LATE_FOR", -1):
            self.tidy()

        self.assertEqual(["empty"], self.tidy())
        self.assertEqual([], self.registry.slots())

    def test_the_next_instance_does_not_wait_for_it(self):
        self.left()

        self.claim().begin()

        self.assertEqual([], self.slot.things())
        [late] = [slot for slot in self.registry.slots() if slot.key != "key"]
        self.assertEqual("ours", late.things()[0]["name"])
        self.daemon.there.add("/containers/ours/json")
        self.assertEqual("empty", late.tidy())
        self.assertEqual(set(), self.daemon.there)

    def test_one_that_the_daemon_has_made_or_refused_is_not_waited_for(self):
        self.left(made=True)

        self.assertEqual(["empty"], self.tidy())
        self.assertEqual([], self.registry.slots())


@unittest.skipUnless(sys.platform == "linux", "the daemon's answers are made up here")
class RemovalInProgressTest(unittest.TestCase):
    """A container that somebody else is removing, who may be killed."""

    def test_it_is_waited_for(self):
        from harness.providers import container_thing
        from harness.providers.engine import EngineError

        engine = mock.Mock()
        engine.delete.side_effect = EngineError(409, "removal is already in progress")
        engine.has.side_effect = [True, True, False]

        container_thing.remove_now(engine, "name")

        self.assertEqual(3, engine.has.call_count)

    def test_one_that_stays_is_an_error(self):
        from harness.providers import container_thing
        from harness.providers.engine import EngineError

        engine = mock.Mock()
        engine.delete.side_effect = EngineError(409, "removal is already in progress")

        with mock.patch.object(container_thing, "GOING", 0), self.assertRaises(TimeoutError):
            container_thing.remove_now(engine, "name")
