"""A Docker daemon that takes its time, and goes on when its client has died."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def slow_daemon(real: str, path: Path, delay: float) -> Iterator[str]:
    """Pass requests on to a daemon, those that make something later; yield the address.

    Args:
        real: Path of the daemon's socket.
        path: Where to listen.
        delay: Seconds by which a container or network is made later.
    """
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        threading.Thread(target=accept, args=(listener, real, delay), daemon=True).start()
        try:
            yield f"unix://{path}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def accept(listener: socket.socket, real: str, delay: float) -> None:
    """Serve each connection in a thread of its own."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(client, real, delay), daemon=True).start()


def serve(client: socket.socket, real: str, delay: float) -> None:
    """Pass on what a client sends, and the answers."""
    with client, socket.socket(socket.AF_UNIX) as daemon:
        daemon.connect(real)
        answers = threading.Thread(target=copy, args=(daemon, client, 0.0), daemon=True)
        answers.start()
        copy(client, daemon, delay)
        answers.join()


def copy(source: socket.socket, target: socket.socket, delay: float) -> None:
    """Copy until the end; what is slow is delayed, and sent though its sender is gone."""
    with contextlib.suppress(OSError):
        while block := source.recv(1 << 16):
            if delay and block.startswith(b"POST") and b"/create" in block.split(b"\r\n")[0]:
                time.sleep(delay)
            target.sendall(block)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
