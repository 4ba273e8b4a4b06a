"""A service that runs: its log, its death and what it can do."""

import unittest

from harness.core.instance import Instance, log_tail
from harness.errors import CapabilityError, CleanupError, LeaseError, ServiceDiedError
from tests.support.unit import ScriptedRunning


class InstanceTest(unittest.TestCase):
    def instance(self, *states, **options):
        return Instance("db", "docker", ScriptedRunning(*states, **options))

    def test_its_repr_says_what_and_where(self):
        self.assertEqual("<db on docker: Script 1.0>", repr(self.instance()))

    def test_nothing_is_said_while_it_runs(self):
        self.instance().check_alive()

    def test_a_death_says_state_log_and_cause(self):
        instance = self.instance("exit code 137", log="out of memory", cause="no memory")

        with self.assertRaises(ServiceDiedError) as caught:
            instance.check_alive()

        self.assertEqual(
            "db on docker died: exit code 137 (Script 1.0)\n"
            "    out of memory\n"
            "  likely cause: no memory\n"
            "  next: look at the end of its log above, then run the tests again",
            str(caught.exception),
        )

    def test_a_death_that_takes_a_moment_is_seen(self):
        with self.assertRaisesRegex(ServiceDiedError, "it crashed, or was killed from outside"):
            self.instance(None, None, "exit code 1").check_alive()

    def test_one_that_we_stopped_ourselves_did_not_die(self):
        instance = self.instance("exit code 0")
        instance.close()

        with self.assertRaisesRegex(LeaseError, "used after its environment was closed"):
            instance.check_alive()

    def test_one_that_others_may_use_is_neither_killed_nor_stopped_in_any_other_way(self):
        for action in ("pause", "resume", "kill", "restart"):
            instance = self.instance()
            with self.subTest(action), self.assertRaises(LeaseError) as caught:
                getattr(instance, action)()
            self.assertEqual(
                f"db on docker was told to {action}, and other tests may use it\n"
                "  likely cause: it was declared without exclusive=True\n"
                "  next: declare the service with exclusive=True: the class gets one of its own",
                str(caught.exception),
            )
            instance.check_alive()

    def test_what_it_can_do_is_not_refused(self):
        instance = self.instance()
        instance.capabilities = frozenset({"db.superuser", "db.extension.a"})

        instance.need()
        instance.need("db.superuser")

    def test_what_it_cannot_do_is_named_with_what_it_can(self):
        instance = self.instance()
        instance.capabilities = frozenset({"db.superuser"})

        with self.assertRaises(CapabilityError) as caught:
            instance.need("db.superuser", "db.fly", "db.dig")

        self.assertEqual(
            "db on docker cannot do: db.dig, db.fly\n"
            "  likely cause: Script 1.0 does not offer it\n"
            "  next: it can do: db.superuser",
            str(caught.exception),
        )

    def test_one_that_can_do_nothing_extra_says_so(self):
        with self.assertRaisesRegex(CapabilityError, "it can do: nothing extra"):
            self.instance().need("db.fly")

    def test_closing_stops_it_last_and_whatever_fails(self):
        instance = self.instance()
        stops = []
        instance.cleanups.push(lambda: stops.append(instance.running.stops))
        instance.cleanups.push(lambda: 1 / 0)

        with self.assertRaisesRegex(CleanupError, "of db on docker failed\n    - division by zero"):
            instance.close()

        self.assertEqual(([0], 1), (stops, instance.running.stops))

    def test_its_log_is_that_of_what_runs(self):
        self.assertEqual("one\ntwo", self.instance(log="one\ntwo").log)

    def test_the_end_of_a_log_in_an_error_has_no_passwords(self):
        instance = self.instance("exit code 1", log="hunter2 password='swordfish'")
        instance.running.secrets = ("hunter2",)

        with self.assertRaisesRegex(ServiceDiedError, r"\*\*\* password=\*\*\*") as raised:
            instance.check_alive()

        self.assertNotIn("hunter2", str(raised.exception))

    def test_one_that_was_killed_by_its_test_is_down_until_it_is_restarted(self):
        instance = self.instance()
        instance.exclusive = True
        self.assertFalse(instance.down)

        instance.kill()
        self.assertTrue(instance.down)
        instance.restart()

        self.assertFalse(instance.down)

    def test_the_tail_of_a_log_has_no_empty_lines_at_its_end(self):
        self.assertEqual("b\nc", log_tail(ScriptedRunning(log="a\nb\nc\n\n"), 2))
        self.assertEqual("", log_tail(ScriptedRunning()))


class ExclusiveTest(unittest.TestCase):
    def instance(self, *states):
        instance = Instance("db", "docker", ScriptedRunning(*states, log="the end"))
        instance.exclusive = True
        return instance

    def test_one_that_runs_is_left_alone(self):
        instance = self.instance()

        self.assertIsNone(instance.revive())
        self.assertEqual([], instance.running.told)

    def test_what_was_paused_is_resumed(self):
        instance = self.instance()
        instance.pause()

        self.assertIsNone(instance.revive())
        self.assertEqual(["pause", "resume"], instance.running.told)
        self.assertEqual(0, instance.disturbed)

    def test_what_was_killed_is_restarted_and_awaited(self):
        instance = self.instance("exit code 137")
        instance.await_ready = lambda: instance.running.told.append("await")
        instance.kill()
        self.assertTrue(instance.down)

        self.assertIsNone(instance.revive())
        self.assertEqual(["kill", "restart", "await"], instance.running.told)
        self.assertEqual((False, 2), (instance.down, instance.disturbed))

    def test_what_ended_by_itself_is_restarted_and_told(self):
        instance = self.instance("exit code 1")

        self.assertIn("db on docker died: exit code 1", str(instance.revive()))
        self.assertEqual(["restart"], instance.running.told)

    def test_what_was_killed_is_down_and_did_not_die(self):
        instance = self.instance("exit code 137")
        instance.kill()

        with self.assertRaises(ServiceDiedError) as caught:
            instance.check_alive()

        self.assertEqual(
            "db on docker is down: exit code 137 (Script 1.0)\n"
            "  likely cause: the test killed it, and has not restarted it\n"
            "  next: call instance.restart() before it is used again",
            str(caught.exception),
        )
