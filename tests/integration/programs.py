"""Small programs to run as processes and in containers, and a look at what a registry has left."""

import contextlib
import socket
import sys
import tempfile
import time
import unittest
from pathlib import Path

from harness import Environment, HarnessTestCase
from harness.core.registry.directory import registry_of
from harness.errors import RequiredError, UnavailableError
from tests.integration.inner import run_inner
from tests.integration.sandbox import docker_client

LABEL = "org.unittest-harness.registry"

# Says which port it listens on, and answers each caller with its process number.
SERVER = """
import os, signal, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(f"PORT={listener.getsockname()[1]}", flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(str(os.getpid()).encode())
"""

# The same in the image's own words; each container has another name.
LISTENER = r"""#!/usr/bin/perl
use IO::Socket; $| = 1;
my $port = shift; sleep(shift // 0);
my $s = IO::Socket::INET->new(
    LocalAddr => shift // "0.0.0.0", LocalPort => $port, Listen => 9, ReuseAddr => 1);
open(my $h, "/etc/hostname"); my $name = <$h>;
print "listening\n";
while (my $c = $s->accept) { print $c $name; print "served\n"; close $c }
"""


def python(code, *arguments):
    """Return the command of a Python program, as the harness is to run it."""
    return [sys.executable, "-c", code, *arguments]


def ask(address, within=5.0):
    """Connect and return what the server says."""
    with socket.create_connection(address, within) as connection:
        connection.settimeout(within)
        return connection.recv(100).decode().strip()


class OwnRegistryTest(unittest.TestCase):
    """A test with a registry of its own, of which nothing may be left."""

    def own(self, provider, **overrides):
        """Return an environment with a registry of its own, closed with the test."""
        holder = tempfile.TemporaryDirectory(prefix="registry-")
        self.addCleanup(holder.cleanup)
        Path(holder.name).chmod(0o755)  # the server's user has to enter it
        state = {"state_dir": holder.name, "data_dir": holder.name}
        made = Environment(providers=provider, **{**state, **overrides})
        self.addCleanup(made.close)
        self.registry = registry_of(made.settings)
        self.data = Path(made.settings.data_dir)
        return made

    def need(self, service, provider):
        """Skip where it cannot run; fail where it is required."""
        try:
            Environment(providers=provider).choose(service)
        except RequiredError:
            raise
        except UnavailableError as error:
            self.skipTest(str(error))

    def refused(self, environment, service, kind, within=20):
        """Start what cannot start; return the error's text, and see that nothing is left."""
        began = time.monotonic()
        with self.assertRaises(kind) as raised:
            environment.lease(service)
        self.assertLess(time.monotonic() - began, within)
        environment.close()
        self.assertEqual([], self.leftovers())
        return str(raised.exception)

    def assertRevived(self, provider, service):
        """Check that what one test has paused, and one has killed, is there for the next."""

        class Case(HarnessTestCase):
            environment = self.own(provider)
            server = service

            def test_a_pauses(self):
                self.server.instance.pause()

            def test_b_finds_it_and_kills(self):
                ask(self.server.address())
                self.server.instance.kill()

            def test_c_finds_it(self):
                ask(self.server.address())

        result = run_inner(Case)

        self.assertTrue(result.wasSuccessful(), result.text)
        Case.environment.close()
        self.assertEqual([], self.leftovers())

    def leftovers(self):
        """Return all that is left of this test's registry."""
        own = f"registry-{self.registry.identifier}"
        found = [str(path) for path in self.data.iterdir() if path.name != own]
        found += [slot.path for slot in self.registry.slots()]
        found += marked(self.registry.identifier)
        with contextlib.suppress(Exception):
            label = {"label": f"{LABEL}={self.registry.identifier}"}
            client = docker_client()
            found += [c.name for c in client.containers.list(all=True, filters=label)]
            found += [n.name for n in client.networks.list(filters=label)]
        return found


def marked(registry):
    """Return the processes that work in a directory of this registry, or were told of one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"/harness-{registry}-".encode() in (entry / "environ").read_bytes():
                found.append(f"process {entry.name}")
    return found
