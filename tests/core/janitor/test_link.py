"""Our connection to the janitor: there is one for all processes, and another after each kill."""

import json
import os
import signal
import socket
import sys
import threading
from unittest import mock

from harness.core.janitor import link as module
from harness.core.janitor.link import JanitorLink
from harness.core.registry import processes
from harness.core.registry.directory import Registry
from harness.core.registry.locks import Lock
from harness.errors import RegistryError, StartError
from tests.support.parts import IDENTIFIER
from tests.support.registry import RegistryTest, wait_until
from tests.support.unit import run_python

ROUNDS = 20
KEEPS = """
import os
from harness.core.registry.claim import Claim
from harness.core.registry.directory import Registry
os.dup2(1, 40)  # a pipe that is inherited, unlike those of Python
claim = Claim(Registry({path!r}, "x"), "key", {{}}, 60)
claim.take(lambda: False)
claim.begin()
claim.publish()
claim.release()
"""


class LinkTest(RegistryTest):
    def joined(self, registry=None):
        """Return a link that has joined, and leaves when the test ends."""
        link = (registry or self.registry).janitor
        link.join()
        self.addCleanup(link.leave)
        return link

    def spawn(self, link, *command):
        """Have a server started that is in no registry; return its number."""
        life = self.write(f"{os.urandom(4).hex()}.life")
        pid = link.spawn(
            command=command or ["true"],
            environment={"PATH": os.environ["PATH"], processes.MARK: "none"},
            user=None,
            cwd="/",
            log=os.devnull,
            life=str(life),
        )
        self.addCleanup(kill, pid, processes.start_time(pid))
        return pid


def kill(pid, started):
    processes.send(pid, started, signal.SIGKILL)
    processes.wait_for_end(pid, started, 20)


class JoinTest(LinkTest):
    def test_the_first_who_joins_starts_it(self):
        self.assertIsNone(self.janitor())

        self.joined()

        self.assertTrue(processes.is_alive(*self.signed()))

    def test_all_who_join_have_the_same(self):
        for registry in (self.registry, self.registry, self.make_registry()):
            self.joined(registry)
        other = self.other("registry.janitor.join(); say('joined'); wait()")
        other.wait_for("joined")

        self.assertEqual([self.signed()[0]], self.janitors())

    def test_of_two_who_find_none_one_starts_it_and_the_other_waits(self):
        link = self.make_registry().janitor
        second = threading.Thread(target=link.join)
        here, started = threading.Event(), []
        real = module.start

        class Waiting(Lock):
            def wait(self, cancelled=None):
                if threading.current_thread() is second:
                    here.set()
                return super().wait(cancelled)

        def start(path):
            started.append(path)
            if len(started) == 1:
                second.start()
            else:
                here.set()
            here.wait()
            real(path)

        with mock.patch.multiple(module, Lock=Waiting, start=start):
            self.joined()
            second.join()
        link.leave()

        self.assertEqual(1, len(started))

    def janitors(self):
        """Return the numbers of all janitors of this registry that run."""
        return [pid for pid in numbers() if is_janitor_of(pid, self.registry.path)]

    def test_many_who_come_at_once_have_the_same(self):
        code = "wait(); registry.janitor.join(); say('joined'); wait()"
        others = [self.other(code) for _ in range(4)]
        for other in others:
            other.go_on()
        for other in others:
            other.wait_for("joined")

        self.assertEqual([self.signed()[0]], self.janitors())

    def test_it_leaves_with_the_last_who_leaves(self):
        first, second = self.registry.janitor, self.make_registry().janitor
        first.join()
        second.join()
        janitor = self.signed()

        first.leave()
        self.assertTrue(processes.is_alive(*janitor))
        second.leave()

        self.assertTrue(processes.wait_for_end(*janitor, within=20))
        self.assertNothingLeft()

    def test_one_process_leaves_when_it_has_left_as_often_as_it_joined(self):
        link = self.registry.janitor
        link.join()
        link.join()
        janitor = self.signed()

        link.leave()
        self.spawn(link)
        self.assertEqual(janitor, self.janitor())
        link.leave()

        self.assertNothingLeft()

    def test_a_killed_process_has_left(self):
        other = self.other("registry.janitor.join(); say('joined'); wait()")
        other.wait_for("joined")
        self.signed()

        other.kill()

        wait_until(lambda: self.janitor() is None, "the end of the janitor")
        self.assertNothingLeft()

    def test_a_path_that_is_too_long_for_a_socket_will_do(self):
        long = self.directory / ("d" * 100) / ("e" * 100)
        self.registry = Registry(str(long), IDENTIFIER)

        self.assertGreater(self.spawn(self.joined()), 1)

    def test_without_a_proc_the_path_itself_will_do(self):
        with mock.patch("os.path.isdir", return_value=False):
            self.assertGreater(self.spawn(self.joined()), 1)

    def test_a_forked_child_is_not_counted(self):
        other = self.other("""
            registry.janitor.join()
            if os.fork() == 0:
                registry.janitor.join()
                registry.janitor.leave()
                sys.exit()
            os.wait()
            import harness.core.janitor.link as link
            say(link.is_closed(registry.janitor._socket))
            registry.janitor.leave()
        """)

        self.assertEqual("False", other.hear())
        other.finish()
        self.assertNothingLeft()


def numbers():
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def is_janitor_of(pid, path):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().endswith(f"{module.PROGRAM}\0{path}\0")
    except OSError:
        return False


class KilledTest(LinkTest):
    def test_the_next_who_joins_starts_another(self):
        self.joined()
        first = self.kill_janitor()

        self.spawn(self.joined())

        self.assertNotEqual(first, self.signed())
        self.assertTrue(processes.is_alive(*self.signed()))

    def test_one_that_was_there_starts_another_when_it_needs_one(self):
        link = self.joined()
        first = self.kill_janitor()

        self.spawn(link)

        wait_until(lambda: self.janitor() not in (None, first), "the next janitor")

    def test_one_that_is_killed_while_it_is_asked_is_asked_again(self):
        link = self.joined()
        first = self.signed()
        real = module.send

        def send(connection, message):
            real(connection, message)
            if message["do"] == "spawn" and processes.is_alive(*first):
                kill(*first)

        os.kill(first[0], signal.SIGSTOP)  # it must not answer before it is killed
        with mock.patch.object(module, "send", send):
            self.assertGreater(self.spawn(link), 1)

    def test_one_that_is_killed_again_and_again_is_an_error(self):
        link = self.joined()
        real = module.start

        def start(path):
            with mock.patch.object(module.sys, "executable", "/bin/true"):
                real(path)

        self.kill_janitor()
        with mock.patch.object(module, "start", start), self.assertRaises(StartError) as caught:
            self.spawn(link)

        self.assertEqual(
            "the janitor, which starts our servers, does not answer\n"
            "  likely cause: it is killed as soon as it runs, or the machine is overloaded\n"
            f"  next: read {self.registry.path}/janitor.log",
            str(caught.exception),
        )

    def test_one_that_hangs_is_an_error_and_the_next_answer_is_our_own(self):
        link = self.joined()
        janitor = self.signed()
        os.kill(janitor[0], signal.SIGSTOP)
        with (
            mock.patch.multiple(module, TIMEOUT=0.05, PARTING=0.05),
            self.assertRaisesRegex(StartError, "does not answer"),
        ):
            link.leave()
            link.join()  # with the shorter patience
            self.spawn(link)

        os.kill(janitor[0], signal.SIGCONT)

        self.assertIn(b"60", command_of(self.spawn(link, "sleep", "60")))

    def test_leaving_one_that_hangs_waits_no_longer_than_it_must(self):
        link = self.registry.janitor
        link.join()
        janitor = self.signed()
        os.kill(janitor[0], signal.SIGSTOP)

        with mock.patch.object(module, "PARTING", 0.05):
            link.leave()

        os.kill(janitor[0], signal.SIGCONT)
        wait_until(lambda: self.janitor() is None, "the end of the janitor")

    def test_leaving_one_that_was_killed_is_no_error(self):
        link = self.registry.janitor
        link.join()
        self.kill_janitor()

        link.leave()


def command_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()


class RaceTest(LinkTest):
    def test_joining_while_it_leaves_always_gives_one_that_works(self):
        failures = []

        def come_and_go():
            link = JanitorLink(self.registry.path)
            try:
                for _ in range(ROUNDS):
                    link.join()
                    self.spawn(link)
                    link.leave()
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=come_and_go) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual([], failures)
        wait_until(lambda: self.janitor() is None, "the end of the last janitor")
        self.assertNothingLeft()

    def test_it_stays_for_who_comes_in_while_it_closes_the_door(self):
        """It may close the door only under the spawn lock, which is ours while we look."""
        link = self.registry.janitor
        link.join()
        janitor = self.signed()
        with Lock(f"{self.registry.path}/spawn") as lock:
            lock.wait()
            link.leave()
            self.assertTrue(processes.is_alive(*janitor))
            newcomer = module.connected(self.registry.path)

        with newcomer:
            self.spawn(self.joined())

        self.assertEqual(janitor, self.janitor())

    def test_it_leaves_though_who_was_about_to_come_in_died(self):
        link = self.registry.janitor
        link.join()
        self.signed()
        with Lock(f"{self.registry.path}/spawn") as lock:
            lock.wait()
            link.leave()

        wait_until(lambda: self.janitor() is None, "the end of the janitor")
        self.assertNothingLeft()


class StartTest(LinkTest):
    def test_it_has_no_pipe_of_its_parents(self):
        """Who reads all that a run prints must not wait for the janitor that it left behind."""
        done = run_python(KEEPS.format(path=self.registry.path))

        self.assertEqual(("", ""), (done.stdout, done.stderr))
        self.assertTrue(processes.is_alive(*self.signed()))
        claim = self.taken()
        claim.attached()
        claim.release()
        self.assertNothingLeft()

    def test_without_a_python_to_run_it_the_error_names_that(self):
        claim = self.claim()
        with (
            mock.patch.object(sys, "executable", "/nowhere/python"),
            self.assertRaisesRegex(RegistryError, "no Python to run the janitor"),
        ):
            claim.take(lambda: False)

    def test_a_socket_that_somebody_left_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(f"{self.registry.path}/janitor.sock")

        self.assertGreater(self.spawn(self.joined()), 1)

    def test_a_message_is_one_line(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            module.send(ours, {"do": "hello", "text": "a\nb"})

            received = theirs.recv(1000)
        self.assertEqual({"do": "hello", "text": "a\nb"}, json.loads(received))
        self.assertEqual(1, received.count(b"\n"))

    def test_one_that_says_nothing_is_open_and_one_that_hangs_up_is_closed(self):
        ours, theirs = socket.socketpair()
        with ours:
            self.assertFalse(module.is_closed(ours))
            theirs.close()
            self.assertTrue(module.is_closed(ours))
