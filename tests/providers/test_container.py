"""A server in a container of ours, and its removal, on a daemon that answers what it is told."""

import json
import time
from unittest import mock

from harness.core.endpoint import Endpoint
from harness.core.recipe import ContainerRecipe
from harness.providers import container, container_thing
from harness.providers.container import ContainerServer, text_of
from harness.providers.engine import Engine, EngineError
from tests.support.daemon import FakeDaemon, log_of
from tests.support.unit import DirectoryTest

PATH = "/containers/c"
LOGS = f"{PATH}/logs"
STATE = f"{PATH}/json"


class DaemonTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        self.environment()
        self.daemon = FakeDaemon(self, self.directory / "d.sock")


class ServerTest(DaemonTest):
    def setUp(self):
        super().setUp()
        self.claim = mock.Mock(instance="0a1b2c3d")
        self.server = self.make()

    def make(self, network=None, **options):
        recipe = ContainerRecipe("db", 5432, Endpoint("", 0), **options)
        return ContainerServer(
            self.claim,
            Engine(self.daemon.host),
            "c",
            "db:1",
            recipe,
            Endpoint("127.0.0.1", 4711),
            ((5432, "127.0.0.1", 4711),),
            True,
            network,
        )

    def is_now(self, status, **fields):
        self.daemon.answers("GET", STATE, self.found(status, **fields))

    def found(self, status, *, memory=0, **fields):
        """Return what the daemon says of the container."""
        state = {"Status": status, "ExitCode": 0, **fields}
        return {"State": state, "HostConfig": {"Memory": memory}}

    def logs(self, *pieces):
        self.daemon.answers("GET", LOGS, log_of(*pieces))


class StateTest(ServerTest):
    def test_one_that_runs_or_is_about_to_has_no_exit_state(self):
        for status in ("created", "running", "restarting"):
            with self.subTest(status):
                self.is_now(status)
                self.assertIsNone(self.server.exit_state())

    def test_one_that_ended_says_its_exit_code(self):
        self.is_now("exited", ExitCode=7)

        self.assertEqual("exit code 7", self.server.exit_state())

    def test_one_that_was_killed_for_want_of_memory_says_so(self):
        self.is_now("exited", ExitCode=137, OOMKilled=True)
        self.logs((1, "nothing special"))

        self.assertEqual("exit code 137, killed for want of memory", self.server.exit_state())
        self.assertIn("it used more than its limit", self.server.likely_cause())

    def test_that_memory_was_short_may_be_known_later_than_the_end(self):
        killed = {"status": "exited", "ExitCode": 137, "memory": 1 << 24}
        first, then = self.found(**killed), self.found(**killed, OOMKilled=True)
        self.daemon.answers("GET", STATE, first, first, then)

        self.assertEqual("exit code 137, killed for want of memory", self.server.exit_state())

    def test_one_that_was_killed_otherwise_is_asked_for_that_once_and_not_for_long(self):
        self.is_now("exited", ExitCode=137, memory=1 << 24)

        with mock.patch.object(container, "MEMORY_LAG", 0.02):
            self.assertEqual("exit code 137", self.server.exit_state())
        self.logs((1, "nothing special"))
        cause = "somebody killed it; or it used more than its limit (memory=)"
        self.assertEqual(cause, self.server.likely_cause())
        asked = len(self.daemon.asked())
        self.assertEqual("exit code 137", self.server.exit_state())
        self.assertEqual(asked + 1, len(self.daemon.asked()))

    def test_one_that_somebody_else_paused_is_out_of_order_and_ours_is_not(self):
        self.is_now("paused")
        self.assertEqual("paused", self.server.exit_state())

        self.daemon.answers("POST", f"{PATH}/pause", b"")
        self.server.pause()

        self.assertIsNone(self.server.exit_state())

    def test_one_that_somebody_removed_is_gone_with_the_daemons_words(self):
        self.assertEqual(
            f"the container is gone: the Docker daemon answers 404: no such thing: {STATE}",
            self.server.exit_state(),
        )

    def test_one_that_we_stopped_is_not_gone(self):
        self.server.stop()

        self.assertEqual("stopped by us", self.server.exit_state())


class LogTest(ServerTest):
    def test_its_log_is_both_of_its_streams(self):
        self.logs((1, "out\n"), (2, "err\n"))

        self.assertEqual("out\nerr\n", self.server.log())
        query = {"stdout": "1", "stderr": "1", "tail": "200"}
        self.assertEqual(query, self.daemon.requests[-1].query)

    def test_after_its_removal_the_last_reading_stands(self):
        self.logs((1, "ready\n"))
        self.server.log()

        self.daemon.answers("GET", LOGS, (404, "gone"))

        self.assertEqual("ready\n", self.server.log())

    def test_it_is_read_once_more_before_the_container_is_removed(self):
        self.logs((1, "last words\n"))
        self.claim.release.side_effect = lambda: self.daemon.answers("GET", LOGS, (404, "gone"))

        self.server.stop()

        self.assertEqual("last words\n", self.server.log())

    def test_what_it_logged_since_a_moment_is_asked_for_by_time(self):
        self.logs((1, "2024-01-01T00:00:00Z later\n"))
        before = time.time()
        mark = self.server.log_mark()

        self.assertEqual("2024-01-01T00:00:00Z later\n", self.server.log_since(mark))

        query = self.daemon.requests[-1].query
        self.assertEqual("1", query["timestamps"])
        self.assertAlmostEqual(before, float(query["since"]), delta=60)

    def test_its_cause_is_read_from_its_log_the_recipes_own_first(self):
        server = self.make(causes=(("no such role", "the role is missing"),))
        self.logs((2, "FATAL: no such role; No space left on device"))
        self.assertEqual("the role is missing", server.likely_cause())

        self.logs((2, "write: No space left on device"))
        self.assertEqual("the disk of the Docker host is full", server.likely_cause())

        self.is_now("exited", ExitCode=1)
        self.logs((2, "something else"))
        self.assertIsNone(server.likely_cause())

    def test_the_streams_of_an_answer_are_told_apart(self):
        answer = log_of((1, "out"), (2, "err"), (1, "more"))

        self.assertEqual(("outmore", "err"), (text_of(answer, 1), text_of(answer, 2)))


class ActionTest(ServerTest):
    def allow(self, *actions):
        for action in actions:
            self.daemon.answers("POST", f"{PATH}/{action}", b"")

    def actions(self):
        return [path.removeprefix(f"POST {PATH}/") for path in self.daemon.asked("POST")]

    def test_it_is_frozen_and_let_go_on(self):
        self.allow("pause", "unpause")

        self.server.pause()
        self.server.resume()

        self.assertEqual(["pause", "unpause"], self.actions())

    def test_a_frozen_one_is_killed_too(self):
        self.allow("unpause", "kill", "wait")

        self.server.kill()

        self.assertEqual(["unpause", "kill", "wait"], self.actions())

    def test_it_is_ended_and_started_again(self):
        self.allow("unpause", "stop", "start")

        self.server.restart()

        self.assertEqual(["unpause", "stop", "start"], self.actions())

    def test_what_is_so_already_is_no_error(self):
        self.daemon.answers("POST", f"{PATH}/unpause", (500, "Container c is not paused"))
        self.daemon.answers("POST", f"{PATH}/kill", (409, "Container c is not running"))
        self.allow("wait")

        self.server.kill()

    def test_what_the_daemon_refuses_is_an_error(self):
        self.daemon.answers("POST", f"{PATH}/pause", (500, "no freezer here"))

        with self.assertRaisesRegex(EngineError, "no freezer here"):
            self.server.pause()
        self.is_now("paused")
        self.assertEqual("paused", self.server.exit_state())


class GivenUpTest(ServerTest):
    def test_it_is_given_up_with_its_network_after_it(self):
        order = mock.Mock()
        self.claim.release.side_effect = order.container
        network = mock.Mock()
        network.release.side_effect = order.network

        self.make(network=(network, "harness-n")).stop()

        self.assertEqual(["container", "network"], [call[0] for call in order.mock_calls])

    def test_letting_go_of_what_was_dead_gives_up_the_network_alone(self):
        network = mock.Mock()

        self.make(network=(network, "harness-n")).detach()

        network.release.assert_called_once_with()
        self.claim.release.assert_not_called()

    def test_its_record_is_all_that_another_process_needs(self):
        network = (mock.Mock(), "harness-n")
        server = self.make(network=network, environment={"DB_PASSWORD": "s3cret", "DB": "shop"})

        self.assertEqual(
            {
                "host": self.daemon.host,
                "name": "c",
                "provenance": "db:1",
                "ports": [[5432, "127.0.0.1", 4711]],
                "secrets": ["s3cret"],
                "network": "harness-n",
            },
            json.loads(json.dumps(server.record())),
        )

    def test_it_is_reached_by_the_port_inside(self):
        self.assertEqual(("127.0.0.1", 4711), self.server.address())
        self.assertEqual(("127.0.0.1", 4711), self.server.address(5432))
        with self.assertRaises(KeyError):
            self.server.address(1)


class RemovalTest(DaemonTest):
    def remove(self, made=True):
        return container_thing.remove(self.daemon.host, "c", made)

    def test_it_is_removed_by_force_with_its_volumes(self):
        self.daemon.answers("DELETE", PATH, b"")

        self.assertFalse(self.remove())

        [request] = self.daemon.requests
        self.assertEqual({"force": "true", "v": "true"}, request.query)

    def test_one_that_is_gone_is_no_error(self):
        self.assertFalse(self.remove())

    def test_one_that_may_still_be_made_may_still_appear(self):
        self.assertTrue(self.remove(made=False))

    def test_one_that_was_made_though_its_maker_never_heard_of_it_is_removed(self):
        self.daemon.answers("GET", STATE, {})
        self.daemon.answers("DELETE", PATH, b"")

        self.assertFalse(self.remove(made=False))

        self.assertEqual([f"DELETE {PATH}"], self.daemon.asked("DELETE"))

    def test_one_that_is_being_removed_is_waited_for(self):
        self.daemon.answers("DELETE", PATH, (409, "removal of container c is in progress"))
        self.daemon.answers("GET", STATE, {}, {}, (404, "gone"))

        self.assertFalse(self.remove())

        self.assertEqual([f"GET {STATE}"] * 3, self.daemon.asked("GET"))

    def test_one_whose_removal_never_ends_is_an_error(self):
        self.daemon.answers("DELETE", PATH, (409, "removal of container c is in progress"))
        self.daemon.answers("GET", STATE, {})

        with (
            mock.patch.object(container_thing, "GOING", 0.05),
            self.assertRaisesRegex(TimeoutError, "container c is being removed for more than 0.05"),
        ):
            self.remove()

    def test_a_refusal_is_an_error(self):
        self.daemon.answers("DELETE", PATH, (500, "device or resource busy"))

        with self.assertRaisesRegex(EngineError, "500: device or resource busy"):
            self.remove()

    def test_a_daemon_that_does_not_answer_is_an_error(self):
        self.daemon.hangs("DELETE", PATH)

        with (
            mock.patch("harness.providers.engine.TIMEOUT", 0.05),
            self.assertRaisesRegex(ConnectionError, "does not answer: TimeoutError"),
        ):
            self.remove()
