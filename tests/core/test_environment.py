"""The environment starts services once, side by side, and closes them all."""

import threading
import traceback
import unittest
from unittest import mock

from harness import Environment
from harness.core.choice import Choice
from harness.core.group import Group
from harness.core.start import Start
from harness.errors import (
    CleanupError,
    LeaseError,
    StartError,
    UnavailableError,
    UnknownSettingError,
)
from tests.support.fakes import (
    Fake,
    Journal,
    empty_environment,
    environment,
    failing,
    make_environment,
)
from tests.support.unit import Closing, DirectoryTest, ScriptedRunning

PATIENCE = 20


class EnvironmentTest(unittest.TestCase):
    def setUp(self):
        self.journal = Journal()
        self.environment = environment()
        self.addCleanup(self.environment.close)

    def fake(self, name="db", **options):
        return Closing(self.journal, name, **options)


class StartTest(EnvironmentTest):
    def test_an_instance_is_started_once(self):
        first = self.environment.instance(self.fake())

        self.assertIs(first, self.environment.instance(self.fake()))
        self.assertEqual(["db start"], self.journal.entries)

    def test_many_threads_start_one_instance(self):
        barrier = threading.Barrier(8)
        found = []

        def ask():
            barrier.wait(PATIENCE)
            found.append(self.environment.instance(self.fake()))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual((8, 1), (len(found), len(set(map(id, found)))))
        self.assertEqual(["db start"], self.journal.entries)

    def test_services_start_side_by_side(self):
        together = threading.Barrier(3)
        services = [
            self.fake(name, starting=lambda: together.wait(PATIENCE)) for name in ("a", "b", "c")
        ]

        self.environment.start_in_background(Group(services))
        for service in services:
            self.environment.instance(service)

        self.assertEqual(["a start", "b start", "c start"], sorted(self.journal.entries))

    def test_starting_in_the_background_waits_for_nothing(self):
        go = threading.Event()
        self.addCleanup(go.set)

        self.environment.start_in_background(Group([self.fake(starting=lambda: go.wait(PATIENCE))]))

        go.set()
        self.environment.instance(self.fake())

    def test_one_service_does_not_wait_for_another(self):
        go = threading.Event()
        slow = self.fake("slow", starting=lambda: go.wait(PATIENCE))
        self.addCleanup(go.set)

        self.environment.start_in_background(Group([slow, self.fake("quick")]))

        self.environment.instance(self.fake("quick"))
        self.assertFalse(go.is_set())

    def test_a_lease_is_a_context_manager(self):
        with self.environment.lease(self.fake()) as db:
            db.use()

        self.assertEqual(["db start", "db acquire", "db use", "db release"], self.journal.entries)

    def test_what_the_first_lease_needs_can_be_made_before_it(self):
        self.environment.prepare(self.fake())

        self.assertEqual(["db start"], self.journal.entries)

    def test_what_no_provider_runs_is_an_error_each_time(self):
        nowhere = empty_environment()
        self.addCleanup(nowhere.close)

        nowhere.start_in_background(Group([self.fake()]))

        errors = []
        for _ in range(2):
            with self.assertRaises(UnavailableError) as caught:
                nowhere.instance(self.fake())
            errors.append(caught.exception)
        self.assertIsNot(errors[0], errors[1])
        self.assertEqual(str(errors[0]), str(errors[1]))

    def test_those_that_are_ready_are_told_and_no_other_is_waited_for(self):
        go = threading.Event()
        slow, quick = self.fake("slow", starting=lambda: go.wait(PATIENCE)), self.fake("quick")
        group = Group([slow, quick])
        self.assertEqual([], self.environment.ready(group))
        self.environment.start_in_background(group)
        instance = self.environment.instance(quick, group)

        self.assertEqual([instance], self.environment.ready(group))
        go.set()

    def test_choosing_starts_nothing(self):
        self.assertEqual("external", self.environment.choose(self.fake()).provider.name)
        self.assertEqual([], self.journal.entries)

    def test_a_service_is_chosen_for_once(self):
        self.assertIs(self.environment.choose(self.fake()), self.environment.choose(self.fake()))


class FailureTest(EnvironmentTest):
    def fail(self, service):
        with self.assertRaises(Exception) as caught:
            self.environment.lease(service)
        return caught.exception

    def test_a_failure_is_kept_and_not_tried_again(self):
        service = self.fake(starting=failing(StartError("no memory", hint="free some")))

        first, second = self.fail(service), self.fail(service)

        self.assertEqual(1, self.journal.count("db start"))
        self.assertEqual("no memory\n  next: free some", str(second))
        self.assertIsInstance(first, StartError)

    def test_each_gets_a_copy_so_that_notes_do_not_add_up(self):
        for error in (StartError("no memory"), ValueError("a bug")):
            with self.subTest(error):
                service = self.fake(str(error), starting=failing(error))
                first = self.fail(service)
                first.add_note("repeat with: ...")

                second = self.fail(service)

                self.assertIsNot(first, second)
                self.assertFalse(hasattr(second, "__notes__"))

    def test_a_bug_shows_where_it_was_raised_however_often(self):
        def broken():
            raise ValueError("a bug")

        service = self.fake(starting=broken)

        traces = []
        for _ in range(3):
            try:
                self.environment.lease(service)
            except ValueError as error:
                traces.append(traceback.extract_tb(error.__traceback__))

        self.assertEqual("broken", traces[0][-1].name)
        self.assertEqual([len(traces[0])] * 2, [len(trace) for trace in traces[1:]])

    def test_a_failure_is_that_of_its_own_service(self):
        self.environment.start_in_background(
            Group([self.fake("bad", starting=failing(StartError("no"))), self.fake("good")])
        )

        self.environment.lease(self.fake("good")).release()
        self.assertIsInstance(self.fail(self.fake("bad")), StartError)

    def test_a_start_that_gets_no_thread_is_a_failure_that_nobody_waits_for(self):
        full = RuntimeError("can't start new thread")
        with mock.patch.object(threading.Thread, "start", side_effect=full):
            error = self.fail(self.fake())

        self.assertIn("the start of Fake(name='db') got no thread: can't start", str(error))
        self.environment.close()

    def test_an_interrupted_start_is_an_error_for_who_waits(self):
        error = self.fail(self.fake(starting=failing(SystemExit())))

        self.assertEqual("the start of Fake(name='db') was interrupted", str(error))


class CloseTest(EnvironmentTest):
    def test_all_close_in_reverse_order(self):
        for name in "abc":
            self.environment.instance(self.fake(name))

        self.environment.close()

        self.assertEqual(["c close", "b close", "a close"], self.journal.entries[3:])

    def test_leaving_it_closes_it(self):
        with self.environment:
            self.environment.instance(self.fake())

        self.assertEqual(["db start", "db close"], self.journal.entries)

    def test_closing_twice_closes_once(self):
        self.environment.instance(self.fake())

        self.environment.close()
        self.environment.close()

        self.assertEqual(1, self.journal.count("db close"))

    def test_all_are_closed_and_all_failures_reported(self):
        for name in "abc":
            closing = failing(OSError(f"{name} is stuck")) if name != "b" else int
            self.environment.instance(self.fake(name, closing=closing))

        with self.assertRaises(CleanupError) as caught:
            self.environment.close()

        self.assertEqual(["c close", "b close", "a close"], self.journal.entries[3:])
        self.assertIn("2 clean-up(s) of the environment failed", str(caught.exception))
        self.assertRegex(str(caught.exception), r"(?s)c is stuck.*a is stuck")

    def test_an_interrupt_keeps_nothing_from_being_closed(self):
        for name in "abc":
            closing = failing(KeyboardInterrupt()) if name == "b" else int
            self.environment.instance(self.fake(name, closing=closing))

        with self.assertRaises(KeyboardInterrupt):
            self.environment.close()

        self.assertEqual(["c close", "b close", "a close"], self.journal.entries[3:])

    def test_what_failed_to_start_is_nothing_to_close(self):
        with self.assertRaises(StartError):
            self.environment.instance(self.fake(starting=failing(StartError("no"))))

        self.environment.close()

        self.assertEqual(["db start"], self.journal.entries)

    def test_what_is_still_starting_is_closed_too(self):
        started, go = threading.Event(), threading.Event()

        def start():
            started.set()
            go.wait(PATIENCE)

        self.environment.start_in_background(Group([self.fake(starting=start)]))
        started.wait(PATIENCE)
        closer = threading.Thread(target=self.environment.close)
        closer.start()
        go.set()
        closer.join(PATIENCE)

        self.assertFalse(closer.is_alive())
        self.assertEqual(["db start", "db close"], self.journal.entries)

    def test_a_closed_environment_hands_out_nothing(self):
        self.environment.close()

        with self.assertRaises(LeaseError) as caught:
            self.environment.lease(self.fake())

        self.assertEqual(
            "Fake(name='db') was asked for after its environment was closed\n"
            "  next: make a new Environment()",
            str(caught.exception),
        )


class SettingsTest(DirectoryTest):
    def test_an_override_is_in_force(self):
        own = Environment(self.settings(TEST_SEED="1"), providers="embedded", seed="2")
        self.addCleanup(own.close)

        self.assertEqual(("embedded",), own.settings.providers.default)
        self.assertEqual(2, own.settings.seed)

    def test_a_wrong_override_is_an_error_at_once(self):
        with self.assertRaisesRegex(UnknownSettingError, "did you mean providers"):
            Environment(self.settings(), provider="embedded")

    def test_the_given_settings_are_in_force(self):
        own = make_environment(HARNESS_PROVIDERS="docker")
        self.addCleanup(own.close)

        self.assertEqual(("docker",), own.settings.providers.default)


class ScriptedProvider:
    """A provider that starts what it is given."""

    name = "scripted"
    patience = None
    shares = False

    def __init__(self, running):
        self.running = running

    def start(self, recipe, settings, claim):
        return self.running


class OneStartTest(DirectoryTest):
    def start(self, running, service):
        choice = Choice(ScriptedProvider(running), None, "a script", ())
        start = Start(service, choice, self.settings(HARNESS_START_TIMEOUT="30"))
        start.begin()
        return start

    def test_what_cannot_be_opened_is_stopped(self):
        running = ScriptedRunning()

        with self.assertRaises(StartError):
            self.start(running, Fake(Journal(), starting=failing(StartError("no")))).wait()

        self.assertEqual(1, running.stops)

    def test_what_ends_while_starting_is_stopped(self):
        running = ScriptedRunning("exit code 1")

        with self.assertRaisesRegex(StartError, "fake on scripted ended while starting"):
            self.start(running, Fake(Journal())).wait()

        self.assertEqual(1, running.stops)

    def test_closing_ends_the_wait_for_what_is_never_ready(self):
        asked = threading.Event()

        class Silent(Fake):
            def probe(self, running, timeout):
                asked.set()
                raise OSError("not yet")

        running = ScriptedRunning()
        start = self.start(running, Silent(Journal()))
        asked.wait(PATIENCE)

        start.close()

        self.assertEqual(1, running.stops)
        with self.assertRaisesRegex(StartError, "the start of fake on scripted was cancelled"):
            start.wait()
