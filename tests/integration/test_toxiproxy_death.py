"""A fault proxy that dies, one of a class's own, and one with too few ports."""

import os
import signal
import subprocess
import sys
import time

from harness import Environment, HarnessTestCase, Toxiproxy
from harness.core.settings import Settings
from harness.errors import FaultError, ServiceDiedError, StartError, UnavailableError
from tests.integration.inner import run_inner
from tests.integration.programs import OwnRegistryTest
from tests.integration.providers import PROVIDERS, on_one_python
from tests.integration.toxiproxies import (
    Upstream,
    connect,
    echo,
    free_port,
    read,
    real,
    real_server,
)
from tests.support.unit import DirectoryTest

PLACES = ("state_dir", "data_dir")
KILLED = """
import os, signal, sys
from harness import Environment, Toxiproxy
lease = Environment(providers="external").lease(Toxiproxy())
print(lease.proxy("bank", "127.0.0.1:1").name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@on_one_python
class DeathTest(OwnRegistryTest):
    def setUp(self):
        self.need(Toxiproxy(), "embedded")
        self.environment = self.own("embedded")

    def run_case(self, *methods, **tests):
        attributes = {"environment": self.environment, "faults": Toxiproxy(), **tests}
        return run_inner(type("Case", (HarnessTestCase,), attributes), *methods)

    def test_the_test_and_those_after_it_say_so_once_each(self):
        def test_a(self):
            proxy = self.faults.proxy("bank", "127.0.0.1:1")
            self.faults.instance.running.kill()
            with proxy.toxics.latency(ms=5):
                pass

        def test_b(self):
            self.faults.proxy("bank", "127.0.0.1:1")

        result = self.run_case("test_a", "test_b", test_a=test_a, test_b=test_b)

        self.assertEqual(["test_a", "test_b"], result.failed, result.text)
        self.assertIn("toxiproxy on embedded died: killed by SIGKILL", result.text)
        self.assertIn("next: ", result.text)

    def test_two_environments_of_a_process_share_it_and_use_the_same_names(self):
        places = {name: str(getattr(self.environment.settings, name)) for name in PLACES}
        other = self.own("embedded", **places)
        with self.environment.lease(Toxiproxy()) as one, other.lease(Toxiproxy()) as two:
            self.assertEqual(one.url, two.url)
            made = {lease.proxy("bank", "127.0.0.1:1").name for lease in (one, two)}

        self.assertEqual(2, len(made))

    def test_one_of_a_class_is_killed_and_comes_back(self):
        def test_a(self):
            upstream = Upstream(echo)
            self.addCleanup(upstream.close)
            proxy = self.faults.proxy("bank", upstream.address)
            self.faults.instance.kill()
            with self.assertRaisesRegex(ServiceDiedError, "the test killed it"):
                proxy.toxics.down().__enter__()
            self.faults.instance.restart()
            again = self.faults.proxy("again", upstream.address)
            with connect(again.address) as line:
                line.sendall(b"hello")
                self.assertEqual((b"hello", "more"), read(line, 5))

        result = self.run_case(faults=Toxiproxy(exclusive=True), test_a=test_a)

        self.assertTrue(result.wasSuccessful(), result.text)


@on_one_python
class ExternalTest(DirectoryTest):
    def setUp(self):
        super().setUp()
        if "external" not in PROVIDERS or not real_server():
            self.skipTest("no toxiproxy-server to run as somebody else's")
        self.server = real(real_server())
        self.addCleanup(self.server.close)

    def environment_of(self, url):
        """Return an environment to which that is somebody else's server."""
        self.variables = {
            **os.environ,
            "TOXIPROXY_URL": url,
            "HARNESS_STATE_DIR": str(self.directory),
        }
        made = Environment(Settings.read(environ=self.variables), providers="external")
        self.addCleanup(made.close)
        return made

    def test_what_a_killed_process_left_the_next_one_removes(self):
        environment = self.environment_of(self.server.url)
        done = subprocess.run(
            [sys.executable, "-c", KILLED],
            env=self.variables,
            capture_output=True,
            text=True,
        )
        self.assertEqual(-signal.SIGKILL, done.returncode, done.stderr)
        self.assertIn(done.stdout.strip(), self.server.send("GET", "/proxies")[2])

        with environment.lease(Toxiproxy()):
            self.assertEqual("{}", self.server.send("GET", "/proxies")[2])

    def test_nothing_else_of_its_owner_is_touched(self):
        self.server.made("127.0.0.1:1", name="theirs")
        self.server.add("latency", proxy="theirs", latency=5)
        before = self.server.send("GET", "/proxies")

        with self.environment_of(self.server.url).lease(Toxiproxy()) as lease:
            lease.proxy("bank", "127.0.0.1:1")

        self.assertEqual(before, self.server.send("GET", "/proxies"))

    def test_its_url_may_name_the_ports_that_are_reached(self):
        port = free_port()
        url = f"{self.server.url}?ports={port}-{port}"
        with self.environment_of(url).lease(Toxiproxy()) as lease:
            self.assertEqual(("127.0.0.1", port), lease.proxy("a", "192.0.2.1:80").address)
            with self.assertRaises(FaultError) as raised:
                lease.proxy("b", "192.0.2.1:80")

        self.assertEqual(
            "no port is free for a proxy: all 1 are taken\n"
            "  likely cause: each proxy of each process that shares the server takes one\n"
            "  next: use fewer at once, or HARNESS_PROVIDERS=toxiproxy=embedded",
            str(raised.exception),
        )

    def test_ports_that_are_none_are_an_error(self):
        for ports in ("x", "5-", "9-5", "1-70000", "0"):
            environment = self.environment_of(f"{self.server.url}?ports={ports}")
            with self.assertRaises(StartError) as raised:
                environment.lease(Toxiproxy())
            self.assertIn("next: end the URL with ?ports=8666-8675", str(raised.exception))

    def test_a_server_that_is_not_there_is_an_error_soon(self):
        began = time.monotonic()
        with self.assertRaises(StartError) as raised:
            self.environment_of("http://127.0.0.1:1").lease(Toxiproxy())

        self.assertIn("no server runs at 127.0.0.1:1, or the URL is wrong", str(raised.exception))
        self.assertLess(time.monotonic() - began, 10)

    def test_another_version_than_the_one_asked_for_is_an_error(self):
        environment = self.environment_of(self.server.url)
        with self.assertRaises(StartError) as raised:
            environment.lease(Toxiproxy(version="1"))

        self.assertRegex(
            str(raised.exception), r"is Toxiproxy \S+, not 1\n  next: leave version='1'"
        )


@on_one_python
class ProgramTest(OwnRegistryTest):
    def test_a_version_that_nobody_has_is_a_reason(self):
        with self.assertRaises(UnavailableError) as raised:
            Environment(providers="embedded").choose(Toxiproxy(version="1"))

        self.assertIn("own server of Toxiproxy 2.12.0 is not 1", str(raised.exception))
        self.assertIn('pip install "unittest-harness[faults]"', str(raised.exception))
