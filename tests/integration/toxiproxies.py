"""Fault proxies to compare: ours, and the real Toxiproxy where its program is there."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest
from urllib.parse import quote

SERVER, CLI = "HARNESS_CI_TOXIPROXY", "HARNESS_CI_TOXIPROXY_CLI"
OURS = (sys.executable, "-m", "harness.faults.server", "127.0.0.1", "{port}", "1")
PATIENCE = 5.0
LONG = 60_000  # ms: a delay that nobody takes for that of a busy machine
SOON = 20.0  # seconds: well below it, however busy
PORT = re.compile(r":\d{4,5}\b")


def program(variable, name):
    """Return a program of Toxiproxy's own, or None: it is named by a variable, or on the PATH."""
    return os.environ.get(variable) or shutil.which(name)


def real_server():
    return program(SERVER, "toxiproxy-server")


class Server:
    """A fault proxy that runs; closed with the test or the class that made it."""

    def __init__(self, name, command):
        self.name = name
        tries = (self._started(command) for _ in range(3))  # somebody may take the port
        assert any(tries), f"{name} does not start"
        self.url = f"http://127.0.0.1:{self.port}"
        self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def _started(self, command):
        """Start it on a free port; tell whether it listens there."""
        self.port = free_port()
        words = [word.format(port=self.port) for word in command]
        self.process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
        )
        until = time.monotonic() + 4 * PATIENCE
        while self.process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                time.sleep(0.005)
            else:
                return self.process.poll() is None
        return False

    def send(self, method, path, body=None, headers=None):
        """Send a request; return (status, type, text)."""
        if not isinstance(body, bytes | None):
            body = json.dumps(body).encode()
        self._line.request(method, path, body, headers or {})
        answer = self._line.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()

    def made(self, upstream, name="p", **fields):
        """Make a proxy; return where it listens."""
        body = {"name": name, "listen": "127.0.0.1:0", "upstream": upstream, **fields}
        status, _, text = self.send("POST", "/proxies", body)
        assert status == 201, text
        return address(json.loads(text)["listen"])

    def add(self, kind, stream="downstream", proxy="p", **attributes):
        """Add a toxic."""
        toxicity = attributes.pop("toxicity", 1.0)
        body = {"type": kind, "stream": stream, "attributes": attributes, "toxicity": toxicity}
        status, _, text = self.send("POST", f"/proxies/{proxy}/toxics", body)
        assert status == 200, text

    def clear(self):
        """Remove all proxies."""
        for name in json.loads(self.send("GET", "/proxies")[2]):
            self.send("DELETE", f"/proxies/{quote(name, safe='')}")

    def close(self):
        self._line.close()
        self.process.terminate()
        self.process.wait(PATIENCE)


def free_port():
    """Return a port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def ours():
    return Server("ours", OURS)


def real(path):
    return Server("toxiproxy", [path, "-host", "127.0.0.1", "-port", "{port}"])


def address(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


class BothServersTest(unittest.TestCase):
    """What is observed on our server, and compared with the real one where that is there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [ours()]
        cls.addClassCleanup(cls.servers[0].close)
        if real_server():
            cls.servers.append(real(real_server()))
            cls.addClassCleanup(cls.servers[1].close)

    def setUp(self):
        super().setUp()
        for server in self.servers:
            self.addCleanup(server.clear)

    def on_each(self, observe):
        """Observe something on each server; it has to be the same. Return it."""
        seen = {server.name: observe(server) for server in self.servers}
        for name, observed in seen.items():
            self.assertEqual(seen["ours"], observed, f"ours and {name} differ")
        return seen["ours"]

    def ask(self, method, path, body=None, headers=None):
        """Send a request to each server; return (status, what it holds), the same of all."""
        sent = (method, path, body, headers)
        status, _, found = self.on_each(lambda server: normal(*server.send(*sent)))
        return status, found


def normal(status, kind, text):
    """Return an answer without what may differ: ports, and the words of a parser of JSON."""
    text = PORT.sub(":PORT", text)
    try:
        found = json.loads(text)
    except ValueError:
        return status, kind, text
    if isinstance(found, dict) and isinstance(found.get("error"), str):
        found["error"] = re.sub("(?s)(bad request body: ).*", r"\1...", found["error"])
    return status, kind, found


class Upstream:
    """A server behind a proxy: what it does with each connection is a function.

    Attributes:
        address: Where it listens, as `host:port`.
    """

    def __init__(self, serve, host="127.0.0.1"):
        self._serve = serve
        self._listener = socket.create_server((host, 0))
        self.address = f"{host}:{self._listener.getsockname()[1]}"
        self._open = []
        self._threads = []
        self._start(self._accept)

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                self._start(self._run, connection)

    def _run(self, connection):
        with contextlib.suppress(OSError), connection:
            self._serve(connection)

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)


def echo(connection):
    """Send back what comes."""
    while block := connection.recv(1 << 16):
        connection.sendall(block)


def connect(place, timeout=PATIENCE):
    """Return a connection without Nagle's delay."""
    connection = socket.create_connection(place, timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read(connection, most=None):
    """Read to the end, or `most` bytes; return (bytes, how it ended)."""
    found = b""
    try:
        while most is None or len(found) < most:
            block = connection.recv(1 << 16)
            if not block:
                return found, "end"
            found += block
    except ConnectionResetError:
        return found, "reset"
    except TimeoutError:
        return found, "silence"
    return found, "more"
