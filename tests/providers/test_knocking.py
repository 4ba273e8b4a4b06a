"""Telling whether a program inside a container listens, and not only Docker's proxy."""

import contextlib
import socket
import threading
import unittest

from harness.providers import knocking


class Door:
    """A container at some addresses."""

    def __init__(self, *addresses, neighbour=True):
        self._addresses = list(addresses)
        self._neighbour = neighbour

    def addresses_inside(self):
        return self._addresses

    def is_neighbour(self):
        return self._neighbour


class KnockingTest(unittest.TestCase):
    """The proxy is the server here; 127.0.0.2 plays the container's own address."""

    def setUp(self):
        self.stack = self.enterContext(contextlib.ExitStack())

    def serve(self, host="127.0.0.1", port=0, answer=None):
        server = self.stack.enter_context(socket.create_server((host, port)))
        if answer is not None:
            thread = threading.Thread(target=lambda: answer(server.accept()[0]))
            thread.start()
            self.stack.callback(thread.join)
        return server.getsockname()

    def check(self, door, address, port=9):
        with socket.create_connection(address) as connection:
            knocking.check(door, port, connection, 1)

    def test_who_listens_inside_is_ready(self):
        proxy = self.serve()
        _, port = self.serve("127.0.0.2")

        self.check(Door("127.0.0.2"), proxy, port)

    def test_the_proxy_alone_is_not_enough(self):
        proxy = self.serve()
        with socket.create_server(("127.0.0.2", 0)) as unused:
            port = unused.getsockname()[1]

        with self.assertRaisesRegex(ConnectionRefusedError, "nothing listens on that port inside"):
            self.check(Door("127.0.0.2"), proxy, port)

    def test_from_afar_a_connection_that_is_closed_at_once_is_the_proxys(self):
        proxy = self.serve(answer=lambda connection: connection.close())

        with self.assertRaisesRegex(ConnectionResetError, "nothing listens on that port inside"):
            self.check(Door("127.0.0.2", neighbour=False), proxy)

    def test_from_afar_a_connection_that_stays_is_a_servers(self):
        self.check(Door(neighbour=False), self.serve())

    def test_from_afar_a_server_that_speaks_first_is_ready(self):
        def greet(connection):
            with connection:
                connection.sendall(b"220 hello\r\n")

        self.check(Door(neighbour=False), self.serve(answer=greet))
