"""A worker on a machine of a cluster: `python -m harness.runner.cluster.process CHANNEL SLATE PARENT`.

It is a fresh interpreter, for a Dask worker has threads and cannot be forked.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import socket
import sys
from base64 import b85decode

from harness.runner.channel import Channel
from harness.runner.link import Link
from harness.runner.processes import work
from harness.runner.cluster import kept

PARENT_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)


def main(channel: int, slate: str, parent: int) -> None:
    """Be a worker, to the end of the process.

    Args:
        channel: Descriptor of a socket, to the Dask worker.
        slate: File to write into what becomes of tests.
        parent: Process of the Dask worker.
    """
    die_with(parent)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the Dask worker makes of it
    link = Link(Channel(socket.socket(fileno=channel)), kept.slate_of(slate))
    first = link.channel.receive()
    if first:
        work(link, pickle.loads(b85decode(first[0]["options"])))


def die_with(parent: int) -> None:
    """Have the kernel end this process with its parent, in the middle of a test.

    What it had not begun is run elsewhere then, and must not be run here as well.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
