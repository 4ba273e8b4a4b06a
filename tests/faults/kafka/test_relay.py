"""The relay as a process: what it was asked for lasts as long as who asked is connected."""

import contextlib
import socket
import subprocess
import sys
import threading
import unittest

from harness.core.endpoint import Endpoint
from harness.faults.kafka.messages import plain
from harness.services.kafka.relay import Line
from tests.faults.kafka.test_messages import METADATA, answer, request

PROXY = ("127.0.0.1", 20001)
PATIENCE = 5.0


class RelayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = [sys.executable, "-m", "harness.faults.kafka", "127.0.0.1", "0"]
        cls.relay = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.relay.stdout.close)
        cls.addClassCleanup(cls.relay.wait)
        cls.addClassCleanup(cls.relay.kill)
        cls.port = int(cls.relay.stdout.readline().rpartition(":")[2])

    def line(self):
        line = Line(Endpoint("127.0.0.1", self.port))
        self.addCleanup(line.close)
        return line

    def broker(self):
        """Return where something answers each message by its own address."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        threading.Thread(target=answer_each, args=(listener,), daemon=True).start()
        return listener.getsockname()

    def ask(self, port):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(request(METADATA, 7))
            with contextlib.suppress(ConnectionResetError):
                return client.recv(1000)
            return b""

    def test_each_port_leads_to_its_broker_and_tells_the_proxys_address(self):
        line, brokers = self.line(), [self.broker(), self.broker()]
        ports = line.open(2)
        line.lead([(broker, (PROXY[0], PROXY[1] + n)) for n, broker in enumerate(brokers)])

        for number, port in enumerate(ports):
            expected = answer(7, plain((PROXY[0], PROXY[1] + number)))
            self.assertEqual(expected, self.ask(port))

    def test_it_leads_elsewhere_when_it_is_told_to(self):
        line = self.line()
        (port,) = line.open(1)
        self.assertEqual(b"", self.ask(port))
        for _ in range(2):
            line.lead([(self.broker(), PROXY)])
            self.assertEqual(answer(7, plain(PROXY)), self.ask(port))

    def test_nothing_is_left_of_a_line_that_is_closed(self):
        line = self.line()
        (port,) = line.open(1)
        line.lead([(self.broker(), PROXY)])
        client = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.addCleanup(client.close)
        client.sendall(request(METADATA, 7))
        client.recv(1000)

        line.close()

        self.assertEqual(b"", client.recv(1))
        with self.assertRaises(OSError):
            self.ask(port)

    def test_a_broker_that_is_gone_ends_the_connection(self):
        line, gone = self.line(), socket.create_server(("127.0.0.1", 0))
        (port,) = line.open(1)
        line.lead([(gone.getsockname(), PROXY)])
        gone.close()

        self.assertEqual(b"", self.ask(port))


def answer_each(listener):
    address = listener.getsockname()
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(client, address), daemon=True).start()


def serve(client, address):
    with client:
        while client.recv(1000):
            client.sendall(answer(7, plain(address)))
