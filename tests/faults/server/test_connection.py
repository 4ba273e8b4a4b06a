"""The two ends of a connection, in moments that sockets rarely are in."""

import asyncio
import socket
import unittest
import unittest.mock

from harness.faults.server.connection import Connection


class Line(asyncio.Transport):
    """A transport whose other end was reset, which nobody has read yet."""

    def __init__(self):
        super().__init__()
        self.aborted = False
        self.own, self.other = socket.socketpair()

    def write_eof(self):
        raise OSError(107, "Transport endpoint is not connected")

    def abort(self):
        self.aborted = True

    def is_closing(self):
        return self.aborted

    def get_extra_info(self, name, default=None):
        return self.own

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def pause_reading(self):
        pass

    def close(self):
        self.own.close()
        self.other.close()


class ConnectionTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.line = Line()
        self.addCleanup(self.line.close)

    def connection(self):
        loop = asyncio.get_running_loop()
        return Connection(loop, "127.0.0.1:1", list, None, lambda *ended: None)

    async def test_an_end_for_a_socket_that_was_reset_ends_the_connection(self):
        connection = self.connection()
        connection.server.transport = self.line
        connection.server.outgoing = unittest.mock.Mock(finished=False)

        connection.server.finish()

        self.assertTrue(self.line.aborted)

    async def test_a_client_that_comes_when_the_proxy_was_stopped_is_sent_away(self):
        connection = self.connection()
        connection.drop()

        connection.client.connection_made(self.line)

        self.assertTrue(self.line.aborted)
