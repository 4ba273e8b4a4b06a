"""The way to a place on a server through a fault proxy, and what one lease does to it."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Endpoint
from harness.core.instance import Instance
from harness.core.seed import derive
from harness.errors import ServiceDiedError
from harness.faults.client import Applied
from harness.faults.failing.failure import Failure
from harness.faults.faults import Fault, Toxics
from harness.faults.remote import RemoteFailure
from harness.services.sockets import clients_of
from harness.services.toxiproxy.lease import written

if TYPE_CHECKING:
    from harness.services.toxiproxy.instance import ToxiproxyInstance

KIND = "toxiproxy"


class Passage:
    """A proxy that is kept from test to test, so that its address is constant.

    Args:
        server: The fault proxy.
        name: What it leads to, for people.
        endpoint: Where that is reached.
        port: Where the proxy is to listen, if that is free; 0 for anywhere.
        protocol: What is said through it, if statements may fail; else empty.

    Attributes:
        server: The fault proxy.
        target: What it leads to.
        endpoint: Where it is reached through the proxy.
    """

    def __init__(
        self,
        server: ToxiproxyInstance,
        name: str,
        endpoint: Endpoint,
        port: int = 0,
        protocol: str = "",
    ) -> None:
        self.server = server
        self.target = endpoint
        upstream = written(endpoint.host, endpoint.port)
        self.proxy = server.create(name, upstream, 0, port, protocol)
        host, port = self.proxy.address
        self.endpoint = replace(endpoint, host=host, port=port, socket=None)

    def clients(self) -> int:
        """Return how many connections programs of this machine hold to it."""
        return clients_of(self.endpoint.port)

    def remove(self) -> None:
        """Remove the proxy, with its connections."""
        if self.server.running.exit_state() is None:
            self.server.remove(self.proxy)


class Passages:
    """The passages to the places on one server, each made at its first use.

    Args:
        instance: The server.
        protocol: What is spoken to it, if statements may fail; else empty.
    """

    def __init__(self, instance: Instance[Any], protocol: str = "") -> None:
        self._instance = instance
        self._protocol = protocol
        self._lock = threading.Lock()
        self._made: dict[tuple[str, int], Passage] = {}
        self._doubtful: list[Passage] = []
        instance.cleanups.push(self._close)

    def to(self, place: str, port: int = 0) -> Passage:
        """Return the passage to a place: the same one as long as the fault proxy lives.

        After that it is another one at the same address, if the port is free: somebody may have
        been told it.

        Args:
            place: What it is called.
            port: Where it is reached on the server's host; 0 for the server's own.
        """
        server: Any = self._instance.beside[KIND]
        with self._lock:
            known = self._made.get((place, port))
            if known is None or known.server is not server or known in self._doubtful:
                self._doubtful = [each for each in self._doubtful if each is not known]
                endpoint = self._instance.endpoint
                endpoint = replace(endpoint, port=port) if port else endpoint
                known = self._made[place, port] = Passage(
                    server, place, endpoint, end(known), self._protocol
                )
            return known

    def forget(self, passages: Sequence[Passage]) -> bool:
        """Make other ones for the next lease: nobody knows what these do.

        Returns:
            Whether that is news.
        """
        with self._lock:
            known = [each for each in passages if each in self._made.values()]
            news = [each for each in known if each not in self._doubtful]
            self._doubtful += news
            return bool(news)

    def _close(self) -> None:
        cleanups = Cleanups(f"the proxies of {self._instance.kind}")
        for passage in self._made.values():
            cleanups.push(passage.remove)
        self._made = {}
        cleanups.close()


def end(passage: Passage | None) -> int:
    """Remove a passage, if there is one; return the port that is free now, or 0."""
    if passage is None:
        return 0
    passage.remove()
    return passage.endpoint.port


class Visit:
    """What one lease does to the passages that it goes through.

    Args:
        passages: The ways; at least one.
        seed: Returns what the random choices of faults follow from.
        before: Called before each fault; raises if there can be none.
        died: Called with the error, before it is raised, if the fault proxy has ended.

    Attributes:
        passages: The ways.
        toxics: Faults on all of them, as context managers.
        faulted: Whether there was one.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        seed: Callable[[], int],
        before: Callable[[], object],
        died: Callable[[Exception], object],
    ) -> None:
        self.passages = passages
        self.toxics = Toxics(lambda fault: Applied(self, fault))
        self.faulted = False
        self._seed = seed
        self._before = before
        self._died = died
        self._over = False

    def __repr__(self) -> str:
        return ", ".join(repr(passage.proxy) for passage in self.passages)

    @property
    def server(self) -> ToxiproxyInstance:
        """The fault proxy."""
        return self.passages[0].server

    @property
    def endpoint(self) -> Endpoint:
        """Where the first one begins."""
        return self.passages[0].endpoint

    def apply(self, fault: Fault) -> Callable[[], object]:
        """Have a fault, and return what ends it.

        Raises:
            LeaseError: The lease was released.
            FaultError: The fault proxy refuses.
            ServiceDiedError: It has ended.
        """
        with self._telling():
            self._begin()
            return functools.partial(self._end, self._applied(fault))

    def fail(self, failure: Failure) -> RemoteFailure:
        """Have statements fail; what loses a connection is a fault as others are.

        Raises:
            LeaseError: The lease was released.
            FaultError: The fault proxy refuses.
            ServiceDiedError: It has ended.
        """
        with self._telling():
            self._begin(cuts=failure.lost is not None)
            return self.passages[0].proxy.fail(failure)

    def _begin(self, *, cuts: bool = True) -> None:
        """Get ready for a fault.

        Args:
            cuts: Whether connections may be lost by it.
        """
        self.server.check_alive(settle=0)
        self._before()
        if cuts and not self.faulted:  # before that, the fault proxy is asked nothing
            self.faulted = True
            self._reseed()

    def _reseed(self) -> None:
        for number, passage in enumerate(self.passages):
            passage.proxy.update(seed=derive(self._seed(), str(number)))

    def _applied(self, fault: Fault) -> Callable[[], object]:
        """Have a fault on all passages or on none, and return what ends it."""
        with contextlib.ExitStack() as stack:
            for passage in self.passages:
                stack.callback(passage.proxy.apply(fault))
            return stack.pop_all().close

    def _end(self, end: Callable[[], object]) -> None:
        if not self._over:  # a thread that outlives its test must not end another one's
            with self._telling():
                end()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except ServiceDiedError as death:
            self._died(death)
            raise

    def finish(self) -> None:
        """Have all as it was before, whatever the test has left.

        Raises:
            FaultError: The fault proxy refuses.
            ServiceDiedError: It has ended.
        """
        self._over = True
        if self.faulted:
            for passage in self.passages:
                passage.proxy.clear()
