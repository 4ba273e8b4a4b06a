"""What a lease of a fault proxy offers to a test, whatever the provider."""

import contextlib
import socket
import threading
import time

from harness import Toxiproxy, ToxiproxyLease
from harness.core.identity import registry_id
from harness.errors import FaultError, LeaseError
from tests.integration.providers import on_embedded, on_every_provider
from tests.integration.sandbox import docker_client
from tests.integration.toxiproxies import Upstream, connect, echo, read


def gateway():
    """Return this machine's address on the network of containers."""
    return docker_client().networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]


@on_every_provider
class ToxiproxyConformance:
    needed = Toxiproxy()
    faults = Toxiproxy()

    def upstream(self, serve=echo):
        """Return the address of a new server that the fault proxy can reach."""
        inside = self.environment.choose(Toxiproxy()).provider.name == "docker"
        made = Upstream(serve, gateway() if inside else "127.0.0.1")
        self.addCleanup(made.close)
        return made.address

    def answered(self, proxy):
        with contextlib.closing(connect(proxy.address)) as line:
            line.sendall(b"hello")
            return read(line, 5)

    def refused(self, ask, *arguments):
        with self.assertRaises(FaultError) as raised:
            ask(*arguments)
        return str(raised.exception)

    def test_a_proxy_leads_to_its_upstream(self):
        proxy = self.faults.proxy("bank", self.upstream())

        self.assertIsInstance(self.faults, ToxiproxyLease)
        self.assertEqual((b"hello", "more"), self.answered(proxy))

    def test_an_upstream_may_be_a_host_and_a_port(self):
        host, _, port = self.upstream().rpartition(":")

        proxy = self.faults.proxy("bank", (host, int(port)))

        self.assertEqual((b"hello", "more"), self.answered(proxy))

    def test_faults_last_as_long_as_their_block(self):
        proxy = self.faults.proxy("bank", self.upstream())

        with proxy.toxics.latency(ms=50), proxy.toxics.limit_data(bytes=3):
            began = time.monotonic()
            self.assertEqual((b"hel", "end"), self.answered(proxy))
            self.assertGreater(time.monotonic() - began, 0.048)

        self.assertEqual((b"hello", "more"), self.answered(proxy))

    def test_down_keeps_the_port(self):
        proxy = self.faults.proxy("bank", self.upstream())
        before = proxy.address

        with proxy.toxics.down(), contextlib.suppress(ConnectionError):
            self.assertEqual(b"", self.answered(proxy)[0])

        self.assertEqual(before, proxy.address)
        self.assertEqual((b"hello", "more"), self.answered(proxy))

    def test_several_are_apart(self):
        one, two = (self.faults.proxy(name, self.upstream()) for name in ("one", "two"))

        with one.toxics.limit_data(bytes=1):
            self.assertEqual((b"h", "end"), self.answered(one))
            self.assertEqual((b"hello", "more"), self.answered(two))

    def test_two_tests_may_use_the_same_names_at_once(self):
        with self.environment.lease(Toxiproxy()) as other:
            one = self.faults.proxy("bank", self.upstream())
            two = other.proxy("bank", self.upstream())
            with one.toxics.limit_data(bytes=1):
                self.assertEqual((b"hello", "more"), self.answered(two))

    def test_they_are_gone_after_the_test_with_their_connections(self):
        with self.environment.lease(Toxiproxy()) as other:
            proxy = other.proxy("bank", self.upstream())
            proxy.toxics.latency(ms=5).__enter__()
            line = self.enterContext(contextlib.closing(connect(proxy.address)))
            line.sendall(b"hello")
            read(line, 5)

        self.assertEqual((b"", "end"), read(line))
        self.assertNotIn(proxy.name, self.faults.instance.client.proxies())

    def test_a_name_is_taken_once(self):
        upstream = self.upstream()
        self.faults.proxy("bank", upstream)

        self.assertEqual(
            "there is a proxy 'bank' in this test already\n  next: give each a name of its own",
            self.refused(self.faults.proxy, "bank", upstream),
        )

    def test_odd_names_are_names(self):
        upstream = self.upstream()
        with self.environment.lease(Toxiproxy()) as other:
            made = [other.proxy(name, upstream) for name in ("a b/c?", "ä☃", "", "x" * 300)]
            for proxy in made:
                self.assertEqual((b"hello", "more"), self.answered(proxy))

        left = self.faults.instance.client.proxies()
        self.assertEqual([], [proxy.name for proxy in made if proxy.name in left])

    def test_what_is_no_upstream_is_an_error(self):
        for upstream in (
            "bank",
            "127.0.0.1",
            ":80",
            "127.0.0.1:x",
            "127.0.0.1:0",
            ("a",),
            80,
            None,
        ):
            self.assertEqual(
                f"upstream={upstream!r} is no address\n"
                '  next: write "127.0.0.1:5432", or a host and a port',
                self.refused(self.faults.proxy, "bank", upstream),
            )

    def test_after_the_test_it_is_not_to_be_used(self):
        with self.environment.lease(Toxiproxy()) as other:
            pass

        for use in (lambda: other.proxy("bank", "127.0.0.1:1"), lambda: other.url):
            with self.assertRaisesRegex(LeaseError, "was released"):
                use()

    def test_other_clients_use_the_url(self):
        host, _, port = self.faults.url.removeprefix("http://").rpartition(":")

        with socket.create_connection((host, int(port)), 5) as line:
            line.sendall(b"GET /version HTTP/1.0\r\nHost: x\r\n\r\n")
            self.assertIn(b"version", line.makefile("rb").read())

    def test_threads_may_make_proxies(self):
        upstream, made = self.upstream(), []

        def make(number):
            made.append(self.faults.proxy(f"p{number}", upstream))

        threads = [threading.Thread(target=make, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(4, len({proxy.address for proxy in made}))

    def test_the_loopback_of_this_machine_is_reached_or_it_is_said_that_it_is_not(self):
        if "toxiproxy.loopback" in self.faults.instance.capabilities:
            self.faults.proxy("bank", "127.0.0.1:1")
        else:
            self.assertEqual(
                "the fault proxy cannot reach 127.0.0.1:1\n"
                "  likely cause: it runs on docker: another machine's loopback, to it\n"
                "  next: run it beside the server: HARNESS_PROVIDERS=toxiproxy=embedded",
                self.refused(self.faults.proxy, "bank", "127.0.0.1:1"),
            )

    def test_proxies_of_processes_that_died_are_removed(self):
        instance = self.faults.instance
        registry = registry_id(self.environment.settings)
        listen = next(instance._ports.addresses())
        dead = instance.client.create(
            f"harness-{registry}-99999999x1-1-a", "127.0.0.1:1", listen=listen, enabled=False
        )
        strange = instance.client.create("harness-mine", "127.0.0.1:1", enabled=False)
        self.addCleanup(strange.delete)
        told = []

        for dry in (True, False):
            Toxiproxy().remove_orphans(
                instance.running,
                self.environment.settings,
                lambda words, failure: told.append((words, failure)),
                dry=dry,
            )

        self.assertEqual(2, told.count((f"proxy {dead.name}", None)), told)
        self.assertNotIn(dead.name, instance.client.proxies())
        self.assertIn(strange.name, instance.client.proxies())

    def test_random_choices_follow_from_the_seed_where_the_server_keeps_to_it(self):
        if "toxiproxy.seeded" not in self.faults.instance.capabilities:
            self.skipTest("toxiproxy.seeded is declared by our own server alone")
        first = self.choices()
        self.assertEqual(first, self.choices())
        self.assertIn("end", first)
        self.assertIn("more", first)
        self.assertNotEqual(first, self.choices("other"))

    def choices(self, name="bank"):
        with self.environment.lease(Toxiproxy()) as lease:
            lease.seed_from(lambda: 7)
            proxy = lease.proxy(name, self.upstream())
            with proxy.toxics.limit_data(bytes=1, toxicity=0.5):
                return [self.answered(proxy)[1] for _ in range(20)]


@on_embedded
class Seed:
    """The seed of a proxy is that of the test, whatever was drawn before."""

    needed = Toxiproxy()
    faults = Toxiproxy()

    def test_it_follows_from_the_test_alone(self):
        first = self.faults.seed
        self.rng.random()

        self.assertEqual(first, self.faults.seed)
        with self.environment.lease(Toxiproxy()) as other:
            self.assertNotEqual(first, other.seed)
