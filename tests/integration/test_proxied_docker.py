"""What is reached through a real Toxiproxy server in Docker, on this machine's own network."""

import socket
import time

from harness import HarnessTestCase, Postgres, Redis
from harness.errors import FaultError
from tests.integration.providers import on_proxy_in_docker


@on_proxy_in_docker
class ProxyInDocker:
    needed = Redis(proxied=True)
    db = Postgres(isolation="commit", proxied=True)
    cache = Redis(proxied=True)

    def ask(self):
        cursor = self.db.connection.cursor()
        cursor.execute("select 1")
        return cursor.fetchone()[0]

    def test_it_runs_in_docker_and_reaches_this_machines_loopback(self):
        instance = self.cache._visit.server
        self.assertEqual("docker", instance.provider)
        self.assertEqual({"toxiproxy.loopback"}, set(instance.capabilities))
        self.assertEqual(1, self.ask())

    def test_it_slows_down_and_cuts(self):
        began = time.monotonic()
        with self.cache.toxics.latency(ms=100):
            self.cache.client.set("a", 1)
        self.assertGreater(time.monotonic() - began, 0.098)
        with self.db.toxics.down(), self.assertRaises(OSError):
            socket.create_connection(self.address(), 5)
        self.assertEqual(1, self.ask())

    def address(self):
        endpoint = self.db._endpoint
        return endpoint.host, endpoint.port

    def test_a_sweep_takes_its_place_and_gives_it_back(self):
        seen = []
        for cut in self.cache.sweep(lambda: self.cache.client.incr("a"), lose="response"):
            with cut:
                seen.append(type(cut.error).__name__)
        self.assertIn("ConnectionError", seen)
        with self.cache.toxics.latency(ms=1):
            self.assertEqual(1, self.cache.client.incr("a"))

    def test_what_only_our_own_server_can_is_an_error_that_says_so(self):
        with self.assertRaises(FaultError) as raised:
            self.cache.fail_next("READONLY", on="SET")
        self.assertIn("toxiproxy.messages", str(raised.exception))

    def test_a_fault_that_was_forgotten_is_gone_in_the_next_test(self):
        class Inner(HarnessTestCase):
            cache = Redis(proxied=True)

            def test_a(self):
                self.cache.toxics.down().__enter__()

            def test_b(self):
                self.cache.client.ping()

        result = self.run_inner(Inner)
        self.assertTrue(result.wasSuccessful(), result.text)
