"""A client of a fault proxy: a real Toxiproxy server, or ours."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

from harness.errors import FaultError, HarnessError
from harness.faults.failing.failure import Failure
from harness.faults.faults import DOWN, Fault, Toxics
from harness.faults.http import TIMEOUT, Line
from harness.faults.remote import RemoteFailure

Reach: TypeAlias = Callable[[int], tuple[str, int]]

NOT_FOUND, CONFLICT = 404, 409


class ToxiproxyClient:
    """A client of a fault proxy server.

    It may be used by several threads. Close it, or use it in a `with` block.

    Args:
        url: Where the server's API is, such as `http://127.0.0.1:8474`.
        reach: Returns where a port that a proxy listens on is reached from here; a server may be in
            a container, or on another machine.
        timeout: Seconds to wait for an answer.
        silent: Called when nobody answers: may raise an error that says more.

    Raises:
        FaultError: That is no URL of HTTP.

    Example:
        ::

            with ToxiproxyClient("http://127.0.0.1:8474") as client:
                proxy = client.create("db", upstream="127.0.0.1:5432")
                with proxy.toxics.latency(ms=500, jitter_ms=50):
                    connect(*proxy.address)
    """

    def __init__(
        self,
        url: str,
        reach: Reach | None = None,
        *,
        timeout: float = TIMEOUT,
        silent: Callable[[], object] | None = None,
    ) -> None:
        self._line = Line(url, timeout, silent)
        self._reach = reach
        self.url = url

    def __enter__(self) -> ToxiproxyClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<client of {self.url}>"

    def close(self) -> None:
        """Close the connection to the server; proxies stay as they are."""
        self._line.close()

    def version(self) -> str:
        """Return the server's version.

        Raises:
            FaultError: It does not answer, or is no Toxiproxy.
        """
        return self.about()["version"]

    def about(self) -> dict[str, str]:
        """Return the server's version, and `program`, which says so if it is ours.

        Raises:
            FaultError: It does not answer, or is no Toxiproxy.
        """
        found = self._line.ask("GET", "/version")
        if not isinstance(found, dict) or not isinstance(found.get("version"), str):
            raise FaultError(
                f"the server at {self.url} is no Toxiproxy",
                cause=f"asked for its version, it says {found!r}",
                hint="look which program listens there",
            )
        return found

    def create(
        self,
        name: str,
        upstream: str,
        *,
        listen: str = "127.0.0.1:0",
        enabled: bool = True,
        seed: int | None = None,
        protocol: str = "",
    ) -> Proxy:
        """Make a proxy.

        Args:
            name: Its name.
            upstream: Where it leads to, as `host:port`, seen from the server.
            listen: Where it listens, as `host:port`; port 0 for a free one.
            enabled: Whether it listens from the start.
            seed: What the random choices of its toxics follow from; only our server keeps to it.
            protocol: What is said through it, `postgres` or `redis`, if statements are to fail;
                only our server reads it.

        Raises:
            FaultError: There is one of that name, or it cannot listen there.
        """
        check_name(name)
        body = {"name": name, "listen": listen, "upstream": upstream, "enabled": enabled}
        if seed is not None:
            body["seed"] = seed
        if protocol:
            body["protocol"] = protocol
        return self._made(self._line.ask("POST", "/proxies", body))

    def _made(self, fields: dict[str, Any]) -> Proxy:
        return Proxy(self._line, fields, self._reach)

    def proxies(self) -> dict[str, Proxy]:
        """Return all proxies by name."""
        found = self._line.ask("GET", "/proxies")
        return {name: self._made(fields) for name, fields in found.items()}

    def proxy(self, name: str) -> Proxy:
        """Return a proxy.

        Raises:
            FaultError: There is none of that name.
        """
        return self._made(self._line.ask("GET", path_of(name)))

    def reset(self) -> None:
        """Enable all proxies, and remove all toxics."""
        self._line.ask("POST", "/reset")


class Proxy:
    """A proxy on a server.

    Attributes:
        name: Its name.
        listen: Where it listens, as `host:port`.
        upstream: Where it leads to, as `host:port`.
        enabled: Whether it listens, as far as this object was told.
        toxics: Faults on it, as context managers: `with proxy.toxics.latency(ms=500): ...`.
    """

    def __init__(self, line: Line, fields: dict[str, Any], reach: Reach | None = None) -> None:
        self._line = line
        self._reach = reach
        self.toxics: Toxics[Applied] = Toxics(lambda fault: Applied(self, fault))
        self._read(fields)

    def _read(self, fields: dict[str, Any]) -> None:
        self.name: str = fields["name"]
        self.listen: str = fields["listen"]
        self.upstream: str = fields["upstream"]
        self.enabled: bool = fields["enabled"]

    def __repr__(self) -> str:
        return f"<proxy {self.name!r} from {self.listen} to {self.upstream}>"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port at which it is reached."""
        host, _, port = self.listen.rpartition(":")
        return self._reach(int(port)) if self._reach else (host.strip("[]"), int(port))

    def update(self, **fields: object) -> None:
        """Change some of `listen`, `upstream`, `enabled` and `seed`; a new seed counts anew.

        Raises:
            FaultError: It is gone, or cannot listen there.
        """
        self._read(self._line.ask("PATCH", path_of(self.name), fields))

    def delete(self) -> None:
        """Remove it, with its connections; no error if it is gone."""
        self._line.ask("DELETE", path_of(self.name), ignored=NOT_FOUND)

    def add(self, fault: Fault) -> str:
        """Add a toxic, and return its name; it stays until it is removed.

        Raises:
            FaultError: The proxy is gone.
        """
        body = {"type": fault.type, "stream": fault.stream, "toxicity": fault.toxicity}
        body["attributes"] = dict(fault.attributes)
        path = f"{path_of(self.name)}/toxics"
        for name in names(fault):
            if self._line.ask("POST", path, {**body, "name": name}, ignored=CONFLICT):
                return name
        raise AssertionError("names never end")

    def remove(self, name: str) -> None:
        """Remove a toxic; no error if it is gone."""
        path = f"{path_of(self.name)}/toxics/{quote(name, safe='')}"
        self._line.ask("DELETE", path, ignored=NOT_FOUND)

    def active(self) -> list[dict[str, Any]]:
        """Return its toxics as the server has them.

        Raises:
            FaultError: The proxy is gone.
        """
        found: list[dict[str, Any]] = self._line.ask("GET", f"{path_of(self.name)}/toxics")
        return found

    def fail(self, failure: Failure) -> RemoteFailure:
        """Have statements fail; only our server can, on a proxy that was given a protocol.

        Raises:
            FaultError: The proxy is gone, or reads no protocol.
        """
        path = f"{path_of(self.name)}/failures"
        made = self._line.ask("POST", path, failure.fields())
        return RemoteFailure(self._line, f"{path}/{made['name']}")

    def clear(self) -> None:
        """Remove all its toxics, and have it listen.

        Raises:
            FaultError: The proxy is gone.
        """
        found = self._line.ask("GET", path_of(self.name))
        for toxic in found["toxics"]:
            self.remove(toxic["name"])
        self._read(found)
        if not self.enabled:
            self.update(enabled=True)

    def apply(self, fault: Fault) -> Callable[[], object]:
        """Have a fault, and return what ends it.

        Raises:
            FaultError: The proxy is gone.
        """
        if fault.type != DOWN:
            return functools.partial(self.remove, self.add(fault))
        was = self.enabled
        self.update(enabled=False)
        return functools.partial(self.update, enabled=was)


class Target(Protocol):
    """What can have a fault."""

    def apply(self, fault: Fault) -> Callable[[], object]:
        """Have a fault, and return what ends it."""


class Applied:
    """A fault on a proxy, for as long as a `with` block lasts.

    Attributes:
        fault: The fault.
    """

    def __init__(self, proxy: Target, fault: Fault) -> None:
        self._proxy = proxy
        self.fault = fault
        self._end: Callable[[], object] | None = None

    def __repr__(self) -> str:
        return f"<{self.fault} on {self._proxy!r}>"

    def __enter__(self) -> Applied:
        if self._end is not None:
            raise FaultError(
                f"{self.fault} was entered twice",
                cause="each `with` block needs a fault of its own",
                hint="call the method once more for the inner block",
            )
        self._end = self._proxy.apply(self.fault)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end, self._end = self._end, None
        assert end is not None
        try:
            end()
        except HarnessError as failure:
            if error is None:
                raise
            error.add_note(f"{self.fault} could not be ended: {failure}")


def check_name(name: str) -> None:
    """Do nothing for a name that can stand in a path.

    Raises:
        FaultError: The Go server would never find it again.
    """
    if not name or "/" in name:
        raise FaultError(
            f"{name!r} is no name of a proxy",
            cause="it stands in the paths of the API",
            hint="write one without a slash",
        )


def names(fault: Fault) -> itertools.chain[str]:
    """Return the names that a toxic may have: Toxiproxy's own, then the same with a number."""
    usual = f"{fault.type}_{fault.stream}"
    return itertools.chain([usual], (f"{usual}_{number}" for number in itertools.count(2)))


def path_of(name: str) -> str:
    """Return the path of a proxy."""
    return f"/proxies/{quote(name, safe='')}"
