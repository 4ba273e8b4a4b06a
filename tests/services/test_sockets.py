"""Which ports hold a connection to a server."""

import socket
import unittest

from harness.services.sockets import open_ports


class OpenPortsTest(unittest.TestCase):
    def server(self):
        """Return a listener."""
        return self.enterContext(socket.create_server(("127.0.0.1", 0)))

    def connected(self, server, port=0):
        """Return a connection to a listener, from a port that others may use, too."""
        client = self.enterContext(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        client.bind(("127.0.0.1", port))
        client.connect(server.getsockname())
        return client

    def test_a_connection_to_another_server_from_the_same_port_does_not_count(self):
        ours, others = self.server(), self.server()
        client = self.connected(ours)
        port = client.getsockname()[1]
        self.connected(others, port)
        wanted = {ours.getsockname()[1]}

        self.assertIn(port, open_ports(wanted))
        client.close()
        self.assertNotIn(port, open_ports(wanted))
