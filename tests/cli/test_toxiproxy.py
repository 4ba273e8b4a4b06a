"""`harness toxiproxy`: the fault proxy by itself."""

import signal
import socket
import subprocess
import sys

from harness.faults.client import ToxiproxyClient
from tests.support.commands import COMMAND
from tests.support.project import STRICT, environ
from tests.support.unit import DirectoryTest


class ToxiproxyTest(DirectoryTest):
    def start(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, *STRICT, "-c", COMMAND, *arguments],
            cwd=self.directory,
            env=environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        process.kill()
        process.communicate()

    def url_of(self, process):
        line = process.stdout.readline()
        self.assertRegex(line, r"^listening on 127\.0\.0\.1:\d+\n$")
        return f"http://{line.split()[-1]}"

    def test_it_serves_until_it_is_stopped(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("toxiproxy", "--port", "0")
            with ToxiproxyClient(self.url_of(process)) as client:
                client.create("bank", "127.0.0.1:1")
            process.send_signal(number)
            self.assertEqual(0, process.wait(10), process.stderr.read())
            self.assertEqual("", process.stderr.read())

    def test_a_port_that_is_taken_exits_with_2_and_says_what_to_do(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            process = self.start("toxiproxy", "--port", str(port))
            _, errors = process.communicate(timeout=30)

        self.assertEqual(2, process.returncode)
        self.assertEqual(
            f"harness: the fault proxy cannot listen on 127.0.0.1:{port}: "
            f"listen tcp 127.0.0.1:{port}: bind: address already in use\n"
            "  next: choose another --port, or 0 for a free one\n",
            errors,
        )

    def test_what_is_no_port_exits_with_2(self):
        process = self.start("toxiproxy", "--port", "99999")
        process.communicate(timeout=30)

        self.assertEqual(2, process.returncode)

    def test_without_h11_it_says_what_to_install(self):
        code = f"import sys; sys.modules['h11'] = None\n{COMMAND}"
        done = subprocess.run(
            [sys.executable, "-c", code, "toxiproxy", "--port", "0"],
            cwd=self.directory,
            env=environ(),
            capture_output=True,
            text=True,
        )

        self.assertEqual(2, done.returncode)
        self.assertEqual(
            "harness: the package h11 is not installed\n"
            '  next: pip install "unittest-harness[faults]"\n',
            done.stderr,
        )

    def test_what_toxics_draw_follows_from_the_seed(self):
        self.assertEqual(self.drawn("7"), self.drawn("7"))
        self.assertNotEqual(self.drawn("7"), self.drawn("8"))

    def drawn(self, seed):
        """Return how many bytes come through of each of some connections."""
        process = self.start("--set", f"seed={seed}", "toxiproxy", "--port", "0")
        with (
            socket.create_server(("127.0.0.1", 0)) as upstream,
            ToxiproxyClient(self.url_of(process)) as client,
        ):
            proxy = client.create("bank", f"127.0.0.1:{upstream.getsockname()[1]}")
            with proxy.toxics.limit_data(bytes=0, toxicity=0.5):
                found = [hit(proxy.address, upstream) for _ in range(12)]
        self.end(process)
        return found


def hit(address, upstream):
    """Tell whether a connection is ended by the toxic, before the upstream ends it itself."""
    with socket.create_connection(address, 5) as line:
        other, _ = upstream.accept()
        with other:
            other.sendall(b"x")
            return line.recv(1) == b""
