"""Workers as processes of this machine."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass

from harness.runner.channel import pair
from harness.runner.link import Link
from harness.runner.options import Options
from harness.runner.slate import Slate
from harness.runner.worker import Worker


class BecomeWorkerError(BaseException):
    """Raised in a new process, which is to leave all that its parent was doing.

    Attributes:
        link: To the coordinator.
    """

    def __init__(self, link: Link) -> None:
        self.link = link


@dataclass(eq=False)
class Process:
    """A worker, seen from the coordinator.

    Attributes:
        number: Which one it is, from 1.
        pid: Its process.
        link: To it.
    """

    number: int
    pid: int
    link: Link

    def end(self) -> str:
        """Wait for its end, and return how it ended; empty if in order."""
        self.link.channel.close()
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            return ""
        return f"exit code {code}" if code > 0 else signal.Signals(-code).name

    def interrupt(self) -> None:
        """Have it end what it is doing, as Ctrl-C does."""
        os.kill(self.pid, signal.SIGINT)


def fork(number: int, others: list[Process]) -> Process:
    """Start a worker: a copy of this process, which has loaded nothing of the tests yet.

    That takes a millisecond, where a new interpreter takes fifty; and it is safe, for there is one
    thread here, and none of the user's code.

    Args:
        number: Which one it is.
        others: Those that there are, whose channels are not the new one's business.

    Raises:
        BecomeWorkerError: In the new process.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    ours, theirs = pair()
    slate = Slate()
    pid = os.fork()
    if pid:
        theirs.close()
        return Process(number, pid, Link(ours, slate))
    os.setpgid(0, 0)  # Ctrl-C is the coordinator's, who passes it on: once, wherever it came from
    ours.close()
    for other in others:
        other.link.channel.close()
    raise BecomeWorkerError(Link(theirs, slate))


def work(link: Link, options: Options) -> None:
    """Be a worker, to the end of the process."""
    try:
        Worker(link, options).serve()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
