"""A start finds what runs, or makes it; once, whoever else starts the same at that moment."""

import dataclasses
import os
import signal
import threading
import time
from dataclasses import dataclass
from unittest import mock

from harness.core import start as module
from harness.core.choice import choose
from harness.core.registry import processes
from harness.core.registry.directory import registry_of
from harness.core.start import Start
from harness.errors import StartError
from tests.support.fakes import failing, nothing
from tests.support.registry import wait_until
from tests.support.tiny import TinyProcess, ask
from tests.support.unit import DirectoryTest


@dataclass(frozen=True, repr=False)
class Openable(TinyProcess):
    """A tiny server that may fail when it is opened, which is what comes after it is ready."""

    opening: object = nothing

    def open(self, provider, running, settings):
        self.opening()
        return super().open(provider, running, settings)

    @property
    def label(self):
        return f"Tiny({self.name})"


class StartTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.data = self.directory / "data"
        self.data.mkdir()
        self.started = []
        self.addCleanup(self.close_all)

    def start(self, service=None, needs=(), private="", **variables):
        """Begin to start a service, as one environment does."""
        service = service or TinyProcess()
        settings = self.settings(
            HARNESS_PROVIDERS="embedded",
            HARNESS_STATE_DIR=str(self.directory / "state"),
            HARNESS_DATA_DIR=str(self.data),
            **variables,
        )
        self.registry = registry_of(settings)
        needed = {need.service: need for need in needs}
        start = Start(service, choose(service, settings), settings, needed, None, private)
        self.started.append(start)
        start.begin()
        return start

    def instance(self, *arguments, **options):
        return self.start(*arguments, **options).wait()

    def close_all(self):
        for start in reversed(self.started):
            start.close()

    def close(self, instance):
        next(start for start in self.started if start.made(instance)).close()

    def failure(self, *arguments, **options):
        start = self.start(*arguments, **options)
        with self.assertRaises(StartError) as caught:
            start.wait()
        return str(caught.exception)

    def homes(self):
        return sorted(os.listdir(self.data))

    def assertNothingLeft(self):
        self.assertEqual([], self.homes())
        wait_until(lambda: not self.registry.slots(), "the removal of the slot")


class SharingTest(StartTest):
    def test_the_first_starts_it_and_the_next_attaches(self):
        first, second = self.instance(), self.instance()

        self.assertEqual((True, False), (first.running.fresh, second.running.fresh))
        self.assertEqual(first.identity, second.identity)
        self.assertEqual(first.identity, ask(second.endpoint))
        self.assertEqual(first.endpoint, second.endpoint)

    def test_many_who_come_at_once_start_one(self):
        starts = [self.start() for _ in range(6)]

        instances = [start.wait() for start in starts]

        self.assertEqual(1, len({instance.identity for instance in instances}))
        self.assertEqual(1, sum(instance.running.fresh for instance in instances))

    def test_the_last_who_closes_it_ends_it(self):
        first, second = self.instance(), self.instance()

        self.close(first)
        self.assertEqual(first.identity, ask(second.endpoint))
        self.close(second)

        with self.assertRaises(OSError):
            ask(second.endpoint)
        self.assertNothingLeft()

    def test_other_options_are_another_instance(self):
        first = self.instance(TinyProcess("a"))
        second = self.instance(TinyProcess("b"))

        self.assertNotEqual(first.identity, second.identity)

    def test_what_is_ones_own_is_shared_with_nobody(self):
        instances = [self.instance(private=name) for name in ("a", "b", "")]

        self.assertEqual(3, len({instance.identity for instance in instances}))
        self.close_all()
        self.assertNothingLeft()

    def test_what_needs_another_instance_is_another_one(self):
        needs = [self.start(TinyProcess("need"), private=name) for name in ("a", "b")]

        users = [self.instance(needs=[need]) for need in needs]

        self.assertNotEqual(users[0].identity, users[1].identity)


class NeedTest(StartTest):
    def test_what_it_needs_is_ready_before(self):
        go = threading.Event()
        self.addCleanup(go.set)
        need = self.start(Openable("need", opening=go.wait))
        user = self.start(Openable("user"), needs=[need])

        self.assertIsNone(user.ready)
        go.set()
        user.wait()

        self.assertIsNotNone(need.ready)

    def test_where_that_fails_it_is_not_started(self):
        failed = self.start(Openable("need", opening=failing(StartError("no room", hint="x"))))

        self.assertEqual(
            "Tiny(user) was not started: it needs Tiny(need), which failed\n"
            "    no room\n"
            "      next: x\n"
            "  next: mend that one first",
            self.failure(Openable("user"), needs=[failed]),
        )
        self.assertNothingLeft()


class DeadTest(StartTest):
    """What is found written down may be dead, or may not answer any more."""

    def killed(self, instance):
        """Kill a server as somebody else would."""
        for pid in processes.everything("none", instance.identity):
            processes.send(pid, processes.start_time(pid), signal.SIGKILL)
        wait_until(lambda: instance.running.exit_state(), "its end")

    def kept(self):
        """Return an instance that is kept for the next run, and held by nobody."""
        first = self.instance(HARNESS_REUSE="1", HARNESS_REUSE_TTL="60")
        self.close(first)
        self.assertEqual(first.identity, ask(first.endpoint))
        return first

    def test_one_that_died_since_the_last_run_is_started_anew(self):
        first = self.kept()
        self.killed(first)

        second = self.instance()

        self.assertTrue(second.running.fresh)
        self.assertEqual(second.identity, ask(second.endpoint))
        self.assertEqual([str(second.running.home)], [str(self.data / h) for h in self.homes()])

    def test_one_that_does_not_answer_is_ended_and_started_anew(self):
        first = self.kept()
        first.running.pause()

        with mock.patch.object(module, "ATTACH_TIMEOUT", 0.1):
            second = self.instance()

        self.assertNotEqual(first.identity, second.identity)
        self.assertEqual([], processes.everything("none", first.identity))

    def test_one_that_died_while_others_use_it_is_an_error_that_names_them(self):
        first = self.instance()
        self.killed(first)

        with mock.patch.object(os, "getpid", return_value=1):  # as another process sees it
            error = self.failure()

        self.assertRegex(
            error,
            rf"tiny on embedded ended while starting: killed by SIGKILL.*"
            rf"; it is used by processes \[{os.getpid()}\]",
        )
        self.assertEqual(1, len(self.homes()))

    def test_one_that_is_busy_is_waited_for(self):
        first = self.instance()
        first.running.pause()
        real, probes = TinyProcess.probe, []

        def probe(service, running, timeout):
            probes.append(timeout)
            if len(probes) > 1:
                running.resume()
            real(service, running, 0.1)

        with mock.patch.object(TinyProcess, "probe", probe):
            second = self.instance()

        self.assertEqual(first.identity, second.identity)
        self.assertLess(1, len(probes))

    def test_one_that_cannot_be_opened_is_given_up_and_stays_for_others(self):
        first = self.instance(Openable())

        self.assertEqual("no", self.failure(Openable(opening=failing(StartError("no")))))

        self.assertEqual(first.identity, ask(first.endpoint))
        self.close(first)
        self.assertNothingLeft()

    def test_one_that_cannot_be_opened_first_is_removed(self):
        self.assertEqual("no", self.failure(Openable(opening=failing(StartError("no")))))

        self.assertNothingLeft()

    def test_one_of_another_boot_is_started_anew(self):
        first = self.kept()
        [slot] = self.registry.slots()
        slot.write_record({**slot.record, "boot": "another"})

        second = self.instance()

        self.assertTrue(second.running.fresh)
        self.assertEqual(1, len(self.homes()))
        self.assertNotEqual(first.identity, second.identity)


class CancelTest(StartTest):
    def test_closing_ends_the_wait_for_whoever_starts_it(self):
        go = threading.Event()
        self.addCleanup(go.set)
        opened = threading.Event()
        first = self.start(Openable(opening=lambda: opened.set() or go.wait()))
        opened.wait()
        second = self.start(Openable())

        second.close()

        with self.assertRaisesRegex(StartError, "^the start of tiny was cancelled$"):
            second.wait()
        go.set()
        self.assertTrue(first.wait().running.fresh)


class ReuseTest(StartTest):
    def is_kept(self, private="", **variables):
        """Tell whether an instance outlives its last holder."""
        instance = self.instance(private=private, HARNESS_REUSE_TTL="60", **variables)
        self.close(instance)
        kept = bool(self.homes())
        if kept:
            self.close(self.instance())
        self.assertNothingLeft()
        return kept

    def test_it_is_kept_where_that_is_asked_for(self):
        self.assertTrue(self.is_kept(HARNESS_REUSE="1"))
        self.assertFalse(self.is_kept())

    def test_in_ci_nothing_is_kept(self):
        self.assertFalse(self.is_kept(HARNESS_REUSE="1", CI="true"))

    def test_what_is_ones_own_is_not_kept(self):
        self.assertFalse(self.is_kept("mine", HARNESS_REUSE="1"))

    def test_its_time_to_live_ends(self):
        instance = self.instance(HARNESS_REUSE="1", HARNESS_REUSE_TTL="0.3")
        closed = time.monotonic()
        self.close(instance)
        self.assertEqual(1, len(self.homes()))

        wait_until(lambda: not self.homes(), "the end of its time")

        self.assertLess(0.3 - 0.05, time.monotonic() - closed)
        self.assertNothingLeft()

    def test_the_next_run_attaches(self):
        first = self.instance(HARNESS_REUSE="1", HARNESS_REUSE_TTL="60")
        self.close(first)

        second = self.instance()

        self.assertEqual(first.identity, second.identity)
        self.assertEqual(first.identity, ask(second.endpoint))
        self.assertEqual(dataclasses.asdict(first.endpoint), dataclasses.asdict(second.endpoint))
