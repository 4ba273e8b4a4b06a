"""Telling a mock cluster what its protocol has no words for."""

from __future__ import annotations

import json
import socket
from typing import Any

from harness.core.endpoint import Endpoint

LOOPBACK = "127.0.0.1"
TIMEOUT = 5.0  # seconds


def ask(port: int, timeout: float = TIMEOUT, **order: Any) -> Any:
    """Give one order to the program that the cluster runs in, and return its answer.

    Args:
        port: Where it listens for orders.
        timeout: Seconds to wait.
        order: What to do, in `do`, and with what.

    Raises:
        OSError: It does not answer.
    """
    with socket.create_connection((LOOPBACK, port), timeout) as connection:
        connection.sendall(json.dumps(order).encode() + b"\n")
        with connection.makefile("rb") as lines:
            line = lines.readline()
    if not line:
        raise ConnectionError("the mock cluster has closed the connection")
    return json.loads(line)


def control_port(endpoint: Endpoint) -> int | None:
    """Return the port on which a mock cluster takes orders; None for a real broker."""
    from harness.services.kafka.client import CONTROL

    port = dict(endpoint.options).get(CONTROL)
    return int(port) if port else None
