"""What `proxied=True` does for any program and any container."""

import time
import unittest

from harness import Container, HarnessTestCase, Process
from harness.errors import FaultError, ServiceDefinitionError
from harness.services.readiness import Line, Port
from tests.integration.programs import LISTENER, SERVER, ask, python
from tests.integration.providers import PROVIDERS, environment, on_embedded
from tests.integration.toxiproxies import LONG, SOON

TWO = Container(
    "postgres",
    ports=[7001, 7002],
    command=["sh", "-c", "/listen 7001 & exec /listen 7002"],
    files={"/listen": LISTENER},
    ready=Port(7002),
    proxied=True,
)


class Asking:
    def assertSlow(self, address):
        began = time.monotonic()
        self.assertAnswers(address)
        self.assertGreater(time.monotonic() - began, 0.098)

    def assertAnswers(self, address):
        """Check that an answer comes long before a delay of `LONG` is over."""
        self.assertNotEqual("", ask(address, SOON))


@on_embedded
class ProxiedProcessTest(Asking):
    shop = Process(python(SERVER, "{port}"), proxied=True)
    plain = Process(python(SERVER, "{port}"))
    told = Process(
        python("import os, time; print(os.environ['SHOP'], flush=True); time.sleep(600)"),
        ready=Line("tcp:"),
        environment={"SHOP": plain.address("tcp://{host}:{port}")},
    )
    needed = shop

    def test_its_address_leads_through_the_proxy(self):
        with self.shop.toxics.latency(ms=100):
            self.assertSlow(self.shop.address())
            self.assertSlow((self.shop.host, self.shop.port))
        with self.shop.toxics.latency(ms=LONG):
            self.assertAnswers(self.plain.address())
        self.assertAnswers(self.shop.address())

    def test_it_is_the_same_program_and_has_one_address_in_each_test(self):
        self.assertIs(self.plain.instance, self.shop.instance)
        self.assertIn(f":{self.shop.port}/a", self.shop.url("http", "/a"))
        with self.environment.lease(type(self).shop) as again:
            self.assertEqual(self.shop.address(), again.address())

    def test_one_that_is_told_its_address_need_not_ask_for_the_proxy_too(self):
        self.assertEqual(f"tcp://127.0.0.1:{self.plain.port}\n", self.told.instance.log)

    def test_what_a_test_forgot_is_gone_in_the_next_one(self):
        with self.environment.lease(type(self).shop) as lease:
            lease.toxics.down().__enter__()
            with self.assertRaises(OSError):
                ask(lease.address())
        self.assertAnswers(self.shop.address())

    def test_what_is_not_proxied_says_how_to_declare_it(self):
        with self.assertRaises(FaultError) as raised:
            self.plain.toxics.latency(ms=5)
        self.assertIn("proxied=True)", str(raised.exception))


@unittest.skipUnless("docker" in PROVIDERS, "a container runs in Docker only")
class ProxiedContainerTest(Asking, HarnessTestCase):
    environment = environment("docker")
    two = TWO

    def test_each_of_its_ports_is_reached_through_a_proxy(self):
        places = [self.two.address(port) for port in (7001, 7002)]
        self.assertEventually(lambda: ask(places[0]))  # only the second one was waited for
        with self.two.toxics.latency(ms=100):
            for place in places:
                self.assertSlow(place)
        with self.two.toxics.latency(ms=LONG):
            pass
        for place in places:
            self.assertAnswers(place)

    def test_its_host_and_url_are_those_of_the_first_port(self):
        self.assertEqual((self.two.host, self.two.port), self.two.address())
        self.assertIn(f":{self.two.address(7002)[1]}/", self.two.url("http", port=7002))


class DeclarationTest(unittest.TestCase):
    def test_a_container_without_ports_cannot_be_proxied(self):
        with self.assertRaises(ServiceDefinitionError) as raised:
            Container("postgres", proxied=True)
        self.assertEqual(
            "Container(proxied=True): it has no ports\n"
            "  likely cause: a fault proxy leads to ports\n"
            "  next: name them, as in ports=[8080], or leave proxied out",
            str(raised.exception),
        )
