"""The janitor's work: serve those who are there, remove what nobody holds any more, then leave."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

from harness.core.janitor.children import Children
from harness.core.janitor.link import SOCKET, listening
from harness.core.registry import files, processes
from harness.core.registry.locks import Lock
from harness.core.registry.slot import GONE, Slot

SOON = 0.02  # seconds to the next look while somebody is at an instance that nobody may hold
FADING = 1.0  # seconds in which one that is gone may still drop locks: not all go at once
LATER = 1.0  # while a process holds something that has no connection to us
WATCH = 0.1  # for what may still appear
NAP = 60.0  # while an instance is kept: the clock may be set, and the instance removed by hand
MOST_FAILURES = 8  # of a removal, each after twice the pause of the one before
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)


class Janitor:
    """Parent of the embedded servers; removes the instances that nobody holds.

    Args:
        path: The registry's directory.
        listener: Descriptor of the socket on which processes join.
    """

    def __init__(self, path: str, listener: int) -> None:
        self._path = path
        self._members: dict[int, Member] = {}
        self._parting: list[Member] = []
        self._fading = 0.0
        self._children = Children()
        self._failures: dict[str, int] = {}
        self._poll = select.poll()
        self._sweep()
        self._strangers = any(self._slots())  # of a janitor that was killed: they do not call us
        detach()
        self._listen(socket.socket(fileno=listener))
        self._poll.register(wake_at_signals(), select.POLLIN)
        self._sign()

    def _listen(self, listener: socket.socket) -> None:
        self._listener = listener
        listener.setblocking(False)
        listener.set_inheritable(False)  # a server would keep our door open when we are dead
        self._poll.register(listener, select.POLLIN)

    def _sign(self) -> None:
        try:
            files.write(
                f"{self._path}/janitor.pid", (os.getpid(), processes.start_time(os.getpid()))
            )
        except OSError:
            pass  # a full disk: it is there for people, and must not keep us from our work

    def run(self) -> None:
        """Work until there is nothing to look after."""
        pause: float | None = SOON
        while True:
            for handle, _ in self._poll.poll(None if pause is None else pause * 1000):
                self._serve(handle)
            self._children.reap()
            pause = self._tend()
            left = pause is None and not self._members and self._leave()
            self._part()
            if left:
                return
            if not self._members and pause is None:
                pause = SOON  # somebody was about to come in, and may have died on the way

    def _serve(self, handle: int) -> None:
        if handle == self._listener.fileno():
            self._accept()
        elif handle in self._members:
            self._hear(self._members[handle])
        else:
            os.read(handle, 4096)  # signals, for which `run` looks

    def _accept(self) -> bool:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return False
        except OSError as error:
            if error.errno != errno.EINVAL:  # said of a socket that refuses
                raise
            return False
        member = Member(connection)
        self._members[connection.fileno()] = member
        self._poll.register(connection, select.POLLIN)
        return True

    def _hear(self, member: Member) -> None:
        try:
            for request in member.read():
                self._do(member, request)
        except (EOFError, OSError):
            self._poll.unregister(member.connection)
            del self._members[member.connection.fileno()]
            self._parting.append(member)
            self._fading = time.monotonic() + FADING

    def _part(self) -> None:
        """Let those go who have left: by now what they alone held is removed, and so are we."""
        for member in self._parting:
            member.connection.close()
        self._parting = []

    def _do(self, member: Member, request: dict[str, Any]) -> None:
        if request["do"] == "hello":
            sys.path += [entry for entry in request["path"] if entry not in sys.path]
        elif request["do"] == "spawn":
            member.answer(self._children.spawn(request))

    def _tend(self) -> float | None:
        """Remove what nobody holds; return in how many seconds to look again."""
        pauses = []
        for slot in self._slots():
            pause = self._look(slot)
            if pause is not None:
                pauses.append(pause)
            for handle, _ in self._poll.poll(0):  # a removal may take long: let nobody wait for all
                self._serve(handle)
                pauses.append(SOON)  # who has left may have held what was looked at before
        return min(pauses, default=None)

    def _slots(self) -> list[Slot]:
        directory = f"{self._path}/slots"
        return [Slot(f"{directory}/{name}") for name in os.listdir(directory)]

    def _look(self, slot: Slot) -> float | None:
        """Remove an instance if nobody holds it; return in how many seconds to look again."""
        try:
            state = slot.tidy()
        except Exception as error:
            return self._fail(slot, error)
        self._failures.pop(slot.path, None)
        if state == "kept":
            until: float = (slot.record or {}).get("until", 0)
            return min(max(until - time.time(), SOON), NAP)
        if state == "late":
            return WATCH
        if state == "busy":
            return SOON if not self._members else LATER
        return self._next_look() if state == "held" else None

    def _next_look(self) -> float | None:
        """Return when to look again at what is held: nobody tells us of a lock that is dropped."""
        if time.monotonic() < self._fading:
            return SOON
        return LATER if self._strangers or not self._members else None

    def _fail(self, slot: Slot, error: Exception) -> float | None:
        """Write down why an instance could not be removed; leave it to the next run in the end."""
        count = self._failures[slot.path] = self._failures.get(slot.path, 0) + 1
        if count == 1:
            print(f"{time.ctime()}: {slot.path}: {describe(error)}", file=sys.stderr, flush=True)
        return None if count > MOST_FAILURES else SOON * 2**count

    def _leave(self) -> bool:
        """Close our door, unless somebody has just come in; tell whether it is closed.

        Whoever finds it closed starts the next janitor, under the lock that we hold meanwhile.
        """
        with Lock(f"{self._path}/spawn") as lock:
            if not lock.try_exclusive():
                return False
            files.remove(f"{self._path}/{SOCKET}")
            refuse(self._listener)
            if self._accept():
                self._reopen()
                return False
            files.remove(f"{self._path}/janitor.pid")
            self._sweep()
            return True

    def _sweep(self) -> None:
        """Remove what is left of slots whose remover was killed in the middle."""
        for name in os.listdir(self._path):
            if name.startswith(GONE):
                import shutil

                shutil.rmtree(f"{self._path}/{name}", ignore_errors=True)
            elif name.startswith("janitor.pid."):  # half written by one that was killed
                files.remove(f"{self._path}/{name}")

    def _reopen(self) -> None:
        """Open the door again, for whoever waits behind those that have just come in."""
        while self._accept():
            pass
        self._poll.unregister(self._listener)
        self._listener.close()
        self._listen(listening(self._path))


class Member:
    """A process that is there, and the part of a request that it has sent so far."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.connection.setblocking(False)
        self._received = b""

    def read(self) -> list[dict[str, Any]]:
        """Return the requests that have arrived.

        Raises:
            EOFError: The process is gone, or has left.
        """
        block = self.connection.recv(1 << 16)
        if not block:
            raise EOFError
        *lines, self._received = (self._received + block).split(b"\n")
        return [json.loads(line) for line in lines]

    def answer(self, message: dict[str, Any]) -> None:
        """Answer a request; the few bytes always fit."""
        self.connection.sendall(json.dumps(message).encode() + b"\n")


def refuse(listener: socket.socket) -> None:
    """Let nobody in any more who has found the door before it was removed."""
    try:
        listener.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # not on every system: then it is a matter of microseconds


def detach() -> None:
    """Leave the run's session, so that no signal to its group reaches us; adopt all orphans."""
    try:
        os.setsid()
    except PermissionError:
        pass  # we lead one already
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def wake_at_signals() -> int:
    """Return a descriptor that can be read when a child has ended."""
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return reading


def describe(error: Exception) -> str:
    """Return an error with all that it groups."""
    parts = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
    return "; ".join(f"{type(part).__name__}: {part}" for part in parts)
