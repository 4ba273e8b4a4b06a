"""Workers as processes of this machine."""

from __future__ import annotations

import atexit
import gc
import math
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from harness.core import realtime as time
from harness.core.pauses import pause
from harness.core.signals import signal_name
from harness.errors import ConfigurationError
from harness.runner.channel import Message, pair
from harness.runner.link import DEAF, Link
from harness.runner.options import Options
from harness.runner.slate import Slate
from harness.runner.transport import Member

INTERRUPT = {signal.SIGINT}
TERMINAL = {signal.SIGTTIN, signal.SIGTTOU}  # stop what uses a terminal that others have
Serve: TypeAlias = Callable[[Link, Options], None]


class BecomeWorkerError(BaseException):
    """Raised in a new process, which is to leave all that its parent was doing.

    Attributes:
        link: To the coordinator.
        serve: What it is to do from now on.
    """

    def __init__(self, link: Link, serve: Serve) -> None:
        self.link = link
        self.serve = serve


class Process:
    """A worker, seen from the coordinator.

    Args:
        number: Which one it is, from 1.
        pid: Its process.
        link: To it.
    """

    def __init__(self, number: int, pid: int, link: Link) -> None:
        self.number = number
        self.link = link
        self._pid = pid
        self._status: int | None = None
        self._why = ""  # it was killed here, if it was

    def fileno(self) -> int:
        """Return the number by which a selector knows whether it has sent something."""
        return self.link.channel.fileno()

    def send(self, **message: Any) -> None:
        """Send it a message."""
        self.link.channel.send(**message)

    def receive(self) -> list[Message] | None:
        """Return messages that came; None when it has ended, or will: nobody listens any more."""
        messages = self.link.channel.receive()
        if messages is None:
            self.link.channel.close()
        return messages

    def read(self) -> bytes:
        """Return what it has told of tests since the last time."""
        return self.link.slate.read()

    def gone(self) -> bool:
        """Return whether it has ended."""
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                self._stopped(os.WSTOPSIG(status))
            elif pid:
                self._status = status
        return self._status is not None

    def _stopped(self, number: int) -> None:
        """Kill it where it waits for a terminal, which it will never have."""
        if number in TERMINAL:
            self._why = "stopped: a test uses the terminal, which python -m unittest lets it do"
            os.kill(self._pid, signal.SIGKILL)

    def interrupt(self) -> None:
        """Have it end what it is doing, as Ctrl-C does, and begin with nothing more."""
        if not self.gone():
            self.link.slate.halt()
            os.kill(self._pid, signal.SIGINT)

    def kill(self) -> None:
        """Have it end at once."""
        if not self.gone():
            os.kill(self._pid, signal.SIGKILL)

    def end(self, patience: float) -> str:
        """Wait for its end, and return how it ended; empty if in order."""
        self.link.channel.close()
        late = not happens(self.gone, patience)
        if late:
            self.kill()
            happens(self.gone, math.inf)
        self.link.slate.close()
        how = self._why or how_ended(self._status or 0)
        return f"it did not end within {patience:g} s, and was killed" if late else how


def happens(condition: Callable[[], bool], patience: float) -> bool:
    """Wait until something is so; return whether it came to be, within so many seconds."""
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        if waited > patience:
            return False
        time.sleep(pause(waited, 0.0002, 0.02))
    return True


def how_it_was(code: int) -> str:
    """Return how a process has ended, by its exit code; empty if in order.

    Example:
        >>> how_it_was(0), how_it_was(7), how_it_was(-9)
        ('', 'exit code 7', 'SIGKILL')
    """
    if code == 0:
        return ""
    if code == DEAF:
        return "a test has closed its connection to harness, or has written to it"
    return f"exit code {code}" if code > 0 else signal_name(-code)


def how_ended(status: int) -> str:
    """Return how a process has ended, by what `wait` says of it; empty if in order."""
    return how_it_was(os.waitstatus_to_exitcode(status))


class Processes:
    """Workers as copies of this process, which has loaded nothing of the tests yet.

    A copy takes a millisecond, where a new interpreter takes fifty; and it is safe, for there is
    one thread here, and none of the user's code.

    Args:
        count: How many there may be.
    """

    def __init__(self, count: int) -> None:
        remember_ends()
        self._count = count
        self._ready: deque[Process] = deque()  # started, and not hired yet

    def start(self, options: Options) -> None:
        """Start all workers ahead: they load the tests while there is something else to do here.

        In a new process it does not return, but is a worker to the end.
        """
        atexit.register(gc.freeze)  # what is left goes with its process, and need not be searched
        become = None
        try:
            for number in range(1, self._count + 1):
                self._ready.append(self._fork(number, self._ready, work))
        except BecomeWorkerError as error:
            become = error
        if become is not None:
            become.serve(become.link, options)
            sys.exit()

    def wanted(self) -> int:
        """Return how many workers there may be."""
        return self._count

    def hire(self, number: int, others: Sequence[Member]) -> Process:
        """Start a worker, or return one that was started ahead.

        Raises:
            ConfigurationError: The machine has no room for it.
            BecomeWorkerError: In the new process.
        """
        return self._ready.popleft() if self._ready else self._fork(number, others, work)

    def keep(self, others: Sequence[Member]) -> Process:
        """Start what starts services before tests need them, and holds them.

        Raises:
            BecomeWorkerError: In the new process.
        """
        from harness.runner.schedule.keeper import keep

        return self._fork(0, others, keep)

    def _fork(self, number: int, others: Iterable[Member], serve: Serve) -> Process:
        sys.stdout.flush()
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPT)
        try:
            ours, theirs = pair()
            slate = Slate()
            pid = os.fork()
        except OSError as error:
            be_interrupted()
            raise too_many(number, error) from error
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPT)
            theirs.close()
            return Process(number, pid, Link(ours, slate))
        os.setpgid(0, 0)  # Ctrl-C is the coordinator's, who passes it on: once, wherever from
        read_nothing()
        ours.close()
        for other in others:
            assert isinstance(other, Process)
            other.link.channel.close()  # not its business
        raise BecomeWorkerError(Link(theirs, slate), serve)

    def close(self) -> None:
        """Give nothing back: there is nothing."""


def read_nothing() -> None:
    """Have the standard input be empty: who asks for an answer learns at once that there is none.

    The terminal is the coordinator's, and would stop the process.
    """
    nothing = os.open(os.devnull, os.O_RDONLY)
    if nothing:
        os.dup2(nothing, 0)
        os.close(nothing)


def remember_ends() -> None:
    """Have it be known how processes end, though who has started this one may not want to know."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def too_many(number: int, error: OSError) -> ConfigurationError:
    """Return the error for a process that cannot be started."""
    return ConfigurationError(
        f"process {number} cannot be started: {error.strerror}",
        cause="a limit of this machine on memory, open files or processes is reached",
        hint="run fewer at a time, by a smaller -n",
    )


def be_interrupted() -> None:
    """Have an interrupt arrive: before, it would have found what the process was copied from.

    Raises:
        KeyboardInterrupt: One has waited for this.
    """
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPT)


def work(link: Link, options: Options) -> None:
    """Be a worker, to the end of the process."""
    from harness.runner.worker import Worker  # with unittest, of which a coordinator has no need

    gc.freeze()  # what is here by now stays, and no collection need go through it
    try:
        be_interrupted()
        Worker(link, options).serve()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    finally:
        link.channel.close()
