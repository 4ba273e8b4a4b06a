"""librdkafka's mock cluster as a server: a program of its own, which imports nothing of ours.

Run as `python mock_server.py LIBRARY PORT`. The cluster chooses its port itself; on PORT it is
asked for that, and told to make and delete topics: a line of JSON, answered by another one.
"""

from __future__ import annotations

import ctypes
import json
import socket
import socketserver
import sys
from typing import Any

LOOPBACK = "127.0.0.1"
PRODUCER = 0  # as which librdkafka is opened: the cluster hangs on a client, whatever its kind
ONE = 1  # broker, and replica of each partition


class Cluster:
    """One mock cluster of one broker.

    Args:
        library: Path of librdkafka.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, library: str) -> None:
        self._library = ctypes.CDLL(library)
        make = self._function("cluster_new", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
        self._cluster = ctypes.c_void_p(make(opened(self._library), ONE))
        if not self._cluster:
            raise OSError("librdkafka made no mock cluster")
        self._call("group_initial_rebalance_delay_ms", 0)  # or each first member waits 3 s

    def _function(self, name: str, result: Any, *arguments: Any) -> Any:
        function = getattr(self._library, f"rd_kafka_mock_{name}")
        function.restype, function.argtypes = result, arguments
        return function

    def _call(self, name: str, *arguments: object) -> int:
        """Call a function of the cluster that returns an error code, or nothing."""
        function = getattr(self._library, f"rd_kafka_mock_{name}")
        return int(function(self._cluster, *arguments) or 0)

    @property
    def address(self) -> str:
        """Where the broker listens, as `host:port`."""
        bootstraps = self._function("cluster_bootstraps", ctypes.c_char_p, ctypes.c_void_p)
        found: bytes = bootstraps(self._cluster)
        return found.decode()

    def create(self, topic: str, partitions: int) -> int:
        """Make a topic; return librdkafka's number of an error, or 0."""
        return self._call("topic_create", topic.encode(), partitions, ONE)

    def delete(self, topic: str) -> int:
        """Delete a topic; return librdkafka's number of an error, or 0."""
        return self._call("topic_delete", topic.encode())


def opened(library: Any) -> Any:
    """Return a client of librdkafka, which connects to nothing.

    Raises:
        OSError: It cannot be made; with the reason.
    """
    reason = ctypes.create_string_buffer(512)
    size = ctypes.c_size_t(len(reason))
    library.rd_kafka_conf_new.restype = library.rd_kafka_new.restype = ctypes.c_void_p
    settings = ctypes.c_void_p(library.rd_kafka_conf_new())
    library.rd_kafka_conf_set(settings, b"log_level", b"3", reason, size)  # it wants an address
    client = library.rd_kafka_new(PRODUCER, settings, reason, size)
    if not client:
        raise OSError(reason.value.decode(errors="replace"))
    return ctypes.c_void_p(client)


class Control(socketserver.StreamRequestHandler):
    """One connection that asks for the address, or gives orders."""

    server: ControlServer

    def handle(self) -> None:
        """Answer each line by a line."""
        for line in self.rfile:
            answer = self.server.obey(json.loads(line))
            self.wfile.write(json.dumps(answer).encode() + b"\n")


class ControlServer(socketserver.TCPServer):
    """Takes orders for a cluster, one connection after another: each is short.

    Args:
        cluster: The cluster.
        port: Where to listen.
    """

    allow_reuse_address = True  # who started us keeps the port bound until we are gone
    request_queue_size = 64

    def __init__(self, cluster: Cluster, port: int) -> None:
        self._cluster = cluster
        super().__init__((LOOPBACK, port), Control)

    def obey(self, order: dict[str, Any]) -> Any:
        """Carry out an order and return the answer."""
        if order["do"] == "create":
            return self._cluster.create(order["topic"], order["partitions"])
        if order["do"] == "delete":
            return self._cluster.delete(order["topic"])
        return self._cluster.address

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection, which must not keep the others waiting for ever."""
        connection, address = super().get_request()
        connection.settimeout(5)
        return connection, address


def main(library: str, port: str) -> None:
    """Serve until the process is ended."""
    with ControlServer(Cluster(library), int(port)) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
