"""A thread that stands between the action and its servers for the time of a sweep."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness.core import realtime as time
from harness.faults.sweep.pair import End, Pair
from harness.faults.sweep.run import Run

Address: TypeAlias = tuple[str, int]

BACKLOG = 1024  # connections at once: one more waits a second for its next attempt
PATIENCE = 5.0  # seconds: for a port to be free, and for a server to accept
BARRIER = 0.5  # seconds at most to read what has arrived when the action ends


@dataclass(frozen=True)
class Place:
    """Where the action connects to, and where that leads to.

    Attributes:
        listen: Host and port at which to listen.
        upstream: Host and port of the server.
    """

    listen: Address
    upstream: Address


class Relay:
    """Passes bytes on between the action and its servers, and cuts where a run says so.

    Args:
        places: Where to listen, and where that leads to.

    Raises:
        OSError: One of the ports is taken.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._selector = selectors.DefaultSelector()
        self._listeners: list[socket.socket] = []
        self._pairs: set[Pair] = set()
        self._run: Run | None = None
        self._quiet: Future[None] | None = None
        self._refusing = self._closing = False
        self._commands: deque[tuple[Callable[[], object], Future[Any]]] = deque()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        try:
            for place in places:
                self._listen(place)
        except OSError:
            self._free()
            raise
        self._thread = threading.Thread(target=self._work, name="harness-sweep", daemon=True)
        self._thread.start()

    def _listen(self, place: Place) -> None:
        own = listener(place.listen)
        self._listeners.append(own)
        own.setblocking(False)
        self._selector.register(own, selectors.EVENT_READ, place)

    def begin(self, run: Run) -> None:
        """Have the connections made from now on belong to a run, and cut those that there are."""

        def begin() -> None:
            self._cut_all()
            self._run = run

        self._do(begin)

    def end(self, patience: float) -> bool:
        """End a run: hear what has arrived, then nothing more, and have the servers finish.

        Connections that are made from then on go to the servers untouched.

        Args:
            patience: Seconds to give them.

        Returns:
            Whether all servers have ended their connections, and so have done all they will do.
        """
        quiet: Future[None] = Future()
        self._do(lambda: self._finish(quiet))
        try:
            quiet.result(patience)
        except TimeoutError:
            self._do(self._hang_up)
            return False
        finally:
            self._refusing = False
        return True

    def cut_all(self) -> None:
        """Cut all connections, and take no new ones until the run is ended."""

        def refuse() -> None:
            self._refusing = True
            self._cut_all()

        self._do(refuse)

    @property
    def is_alive(self) -> bool:
        """Whether it was not closed."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End the thread and all connections."""

        def close() -> None:
            self._closing = True

        if self._thread.is_alive():
            self._do(close)
            self._thread.join()

    def _do(self, command: Callable[[], Any]) -> Any:
        """Have the thread do something, and return what it returns."""
        answer: Future[Any] = Future()
        self._commands.append((command, answer))
        self._waker.send(b"!")
        return answer.result()

    def _work(self) -> None:
        try:
            while not self._closing:
                self._handle(None)
        finally:
            self._free()

    def _handle(self, timeout: float | None) -> bool:
        """Handle what is there; tell whether there was anything."""
        found = self._selector.select(timeout)
        for key, mask in found:
            if key.fileobj is self._woken:
                self._obey()
            elif isinstance(key.data, Place):
                self._accept(key.fileobj, key.data)  # type: ignore[arg-type]
            else:
                self._pass_on(key.data, mask)
        return bool(found)

    def _obey(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(1 << 12)
        while self._commands:
            command, answer = self._commands.popleft()
            try:
                answer.set_result(command())
            except Exception as error:
                answer.set_exception(error)

    def _accept(self, listener: socket.socket, place: Place) -> None:
        try:
            client, _ = listener.accept()
        except OSError:  # it has gone again
            return
        if self._refusing:
            client.close()
            return
        tap = self._run.tap() if self._run is not None else None
        try:
            server = socket.create_connection(place.upstream, PATIENCE)
        except OSError:
            client.close()
            return
        self._pairs.add(Pair(self._selector, client, server, tap))

    def _pass_on(self, ready: tuple[Pair, End], mask: int) -> None:
        pair, end = ready
        pair.handle(end, mask)
        self._forget(pair)

    def _finish(self, quiet: Future[None]) -> None:
        """Handle all that has arrived, then cut the clients off: that is the end of the trace."""
        deadline = time.monotonic() + BARRIER
        while self._handle(0) and time.monotonic() < deadline:
            pass
        self._quiet = quiet
        self._cut_all()

    def _cut_all(self) -> None:
        self._run = None
        for pair in list(self._pairs):
            pair.cut()
            self._forget(pair)
        self._tell()

    def _forget(self, pair: Pair) -> None:
        if pair.over:
            self._pairs.discard(pair)
            self._tell()

    def _tell(self) -> None:
        """Tell who waits for it that all connections of the run have ended."""
        if self._quiet is not None and not any(pair.is_cut for pair in self._pairs):
            self._quiet.set_result(None)
            self._quiet = None

    def _hang_up(self) -> None:
        """Close all connections at once."""
        self._quiet = None
        for pair in self._pairs:
            pair.close()
        self._pairs.clear()

    def _free(self) -> None:
        self._hang_up()
        for own in self._listeners:
            with contextlib.suppress(OSError):  # also where a process that was forked holds it
                own.shutdown(socket.SHUT_RDWR)
        for own in (*self._listeners, self._woken, self._waker):
            own.close()
        self._selector.close()


def listener(address: Address) -> socket.socket:
    """Return a socket that listens where another program has just ceased to.

    Raises:
        OSError: Somebody still does.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_server(address, family=family, backlog=BACKLOG)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
