"""A network for all who use the same services: made once, and removed with the last of them."""

from unittest import mock

from harness.core.registry import processes
from harness.providers import network, network_thing
from harness.providers.engine import EngineError
from tests.support.daemon import FakeDaemon
from tests.support.registry import RegistryTest

CREATE = "/networks/create"


class NetworkTest(RegistryTest):
    def setUp(self):
        super().setUp()
        self.environment()
        self.daemon = FakeDaemon(self, self.directory / "d.sock")
        self.daemon.answers("POST", CREATE, {"Id": "1"})
        self.daemon.answers("GET", "/networks", [{"Name": "it is there"}])

    def join(self, number="0a"):
        claim, name = network.join(self.registry, self.daemon.host, number)
        self.addCleanup(claim.release)
        return claim, name

    def refused(self):
        with self.assertRaises(EngineError) as caught:
            network.join(self.registry, self.daemon.host, "0a")
        return str(caught.exception)


class JoinTest(NetworkTest):
    def test_the_first_makes_it_with_our_labels(self):
        claim, name = self.join()

        body = self.daemon.requests[0].body
        self.assertEqual((name, True), (body["Name"], body["CheckDuplicate"]))
        self.assertEqual(
            {
                "org.unittest-harness.registry": self.registry.identifier,
                "org.unittest-harness.instance": claim.instance,
                "org.unittest-harness.service": "network",
            },
            body["Labels"],
        )
        self.assertEqual(f"harness-{self.registry.identifier}-{claim.instance}", name)

    def test_the_next_finds_it(self):
        first, second = self.join(), self.join()

        self.assertEqual(first[1], second[1])
        self.assertEqual([f"POST {CREATE}"], self.daemon.asked("POST"))
        filters = self.daemon.requests[-1].query["filters"]
        self.assertEqual(f'{{"name": {{"{first[1]}": true}}}}', filters)

    def test_other_services_have_another(self):
        self.assertNotEqual(self.join("0a")[1], self.join("0b")[1])

    def test_the_last_who_leaves_removes_it(self):
        (first, name), (second, _) = self.join(), self.join()

        first.release()
        self.assertEqual([], self.daemon.asked("DELETE"))
        second.release()

        self.assertEqual([f"DELETE /networks/{name}"], self.daemon.asked("DELETE"))
        self.assertNothingLeft()

    def test_one_that_somebody_removed_is_made_anew(self):
        _, name = self.join()
        self.daemon.answers("GET", "/networks", [])

        self.assertNotEqual(name, self.join()[1])

    def test_it_is_written_down_before_it_is_made(self):
        seen = []
        self.enterContext(
            mock.patch.object(
                network.Engine,
                "post",
                lambda *_: seen.extend(
                    thing for slot in self.registry.slots() for thing in slot.things()
                ),
            )
        )

        _, name = self.join()

        self.assertEqual(
            [("network", name, False)], [(t["kind"], t["name"], t["made"]) for t in seen]
        )

    def test_one_that_the_daemon_refuses_leaves_nothing(self):
        words = "could not find an available, non-overlapping IPv4 address pool"
        self.daemon.answers("POST", CREATE, (500, words))

        self.assertEqual(f"the Docker daemon answers 500: {words}", self.refused())

        self.assertNothingLeft()

    def test_after_a_refusal_the_next_can_make_it(self):
        self.daemon.answers("POST", CREATE, (500, "busy"), {"Id": "1"})
        self.refused()

        self.join()

        self.assertEqual(2, len(self.daemon.asked("POST")))

    def test_one_that_a_killed_process_held_is_removed(self):
        other = self.other(f"""
            from harness.providers import network
            network.join(registry, {self.daemon.host!r}, "0a")
            say("made")
            wait()
        """)
        other.wait_for("made")
        janitor = self.signed()

        other.kill()

        self.assertTrue(processes.wait_for_end(*janitor, within=20))
        self.assertEqual(1, len(self.daemon.asked("DELETE")))
        self.assertNothingLeft()


class RemovalTest(NetworkTest):
    PATH = "/networks/n"

    def remove(self, made=True):
        return network_thing.remove(self.daemon.host, "n", made)

    def busy(self, *containers):
        """Let it have containers, which must be taken off before it can be removed."""
        self.daemon.answers("DELETE", self.PATH, (403, "has active endpoints"), b"")
        self.daemon.answers("GET", self.PATH, {"Containers": {name: {} for name in containers}})

    def test_one_that_is_gone_is_no_error(self):
        self.assertFalse(self.remove())

    def test_one_that_may_still_be_made_may_still_appear(self):
        self.assertTrue(self.remove(made=False))

    def test_one_that_was_made_though_its_maker_never_heard_of_it_is_removed(self):
        self.daemon.answers("GET", self.PATH, {})
        self.daemon.answers("DELETE", self.PATH, b"")

        self.assertFalse(self.remove(made=False))

        self.assertEqual([f"DELETE {self.PATH}"], self.daemon.asked("DELETE"))

    def test_whoever_is_still_on_it_is_taken_off(self):
        self.busy("a", "b")
        self.daemon.answers("POST", f"{self.PATH}/disconnect", b"")

        self.remove()

        bodies = [request.body for request in self.daemon.requests if request.method == "POST"]
        self.assertEqual([{"Container": name, "Force": True} for name in "ab"], bodies)
        self.assertEqual(2, len(self.daemon.asked("DELETE")))

    def test_one_that_has_left_meanwhile_is_no_error(self):
        self.busy("a")
        self.daemon.answers("POST", f"{self.PATH}/disconnect", (404, "no such container"))

        self.remove()

    def test_one_that_vanishes_while_it_is_emptied_is_no_error(self):
        self.busy()
        self.daemon.answers("GET", self.PATH, (404, "gone"))

        self.remove()

    def test_one_that_comes_while_it_is_emptied_is_taken_off_too(self):
        self.busy("a")
        refused = (403, "has active endpoints")
        self.daemon.answers("DELETE", self.PATH, refused, refused, refused, b"")
        self.daemon.answers("POST", f"{self.PATH}/disconnect", b"")

        self.assertFalse(self.remove())

        self.assertEqual(4, len(self.daemon.asked("DELETE")))

    def test_one_that_stays_in_use_is_an_error(self):
        self.busy()
        self.daemon.answers("DELETE", self.PATH, (403, "has active endpoints"))
        self.enterContext(mock.patch.object(network_thing, "PATIENCE", 0.05))

        with self.assertRaisesRegex(EngineError, "403: has active endpoints"):
            self.remove()

    def test_a_refusal_is_an_error(self):
        self.daemon.answers("DELETE", self.PATH, (500, "broken"))

        with self.assertRaisesRegex(EngineError, "500: broken"):
            self.remove()
