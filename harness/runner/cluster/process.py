"""A worker on a machine of a cluster: `python -m harness.runner.cluster.process`.

Its arguments are those of `main`. It is a fresh interpreter: a Dask worker has threads, and so
cannot be forked.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import socket
import sys
from base64 import b85decode

from harness.core.printing import announced_elsewhere
from harness.runner.channel import Channel
from harness.runner.cluster import kept
from harness.runner.link import Link
from harness.runner.processes import work

PARENT_DEATH = 1  # PR_SET_PDEATHSIG, prctl(2)


def main(channel: int, stacks: int, slate: str, parent: int) -> None:
    """Be a worker, to the end of the process.

    Args:
        channel: Descriptor of a socket, to the Dask worker.
        stacks: Descriptor to write the stacks of its threads to when a test takes too long.
        slate: File to write into what becomes of tests.
        parent: Process of the Dask worker.
    """
    die_with(parent)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the Dask worker does
    with contextlib.closing(Channel(socket.socket(fileno=channel))) as line:
        first = line.receive()
        if first:
            options = pickle.loads(b85decode(first[0]["options"]))
            announced_elsewhere.add(options.seed)
            work(Link(line, kept.slate_of(slate), stacks), options)


def die_with(parent: int) -> None:
    """Have the kernel end this process with its parent, in the middle of a test.

    What it had not begun is run elsewhere then, and must not be run here as well.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
