"""What a test holds of a fault proxy."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from harness.core.cleanup import Cleanups
from harness.core.endpoint import Dsn, is_loopback
from harness.core.lease import Lease
from harness.core.seed import derive
from harness.errors import FaultError, ServiceDiedError
from harness.faults.client import Proxy

if TYPE_CHECKING:
    from harness.services.toxiproxy.instance import ToxiproxyInstance
    from harness.services.toxiproxy.service import Toxiproxy


class ToxiproxyLease(Lease):
    """The proxies of one test, which are gone after it with all their toxics.

    Attributes:
        instance: The server: its provider, version, capabilities, log.
        service: What was declared.
    """

    instance: ToxiproxyInstance

    def __init__(self, instance: ToxiproxyInstance, service: Toxiproxy) -> None:
        super().__init__(service.label)
        self.instance = instance
        self.service = service
        self._proxies: dict[str, Proxy] = {}
        self._disturbed = instance.disturbed

    def __repr__(self) -> str:
        return f"<lease of {self.instance!r}>"

    @property
    def url(self) -> Dsn:
        """Where the server's API is, for other clients.

        Example:
            ::

                subprocess.run(["toxiproxy-cli", "-host", self.faults.url, "list"])
        """
        self._check_held()
        return Dsn(self.instance.client.url)

    def proxy(self, name: str, upstream: str | tuple[str, int]) -> Proxy:
        """Make a proxy; what connects to its `address` reaches `upstream`.

        Random choices of its toxics follow from the test's seed, from this name, and from the order
        in which connections are made.

        Args:
            name: Its name, in this test.
            upstream: Where it leads to, as `"host:port"` or (host, port).

        Returns:
            The proxy: `address`, and `toxics` to have faults on it.

        Raises:
            FaultError: There is one of that name, `upstream` is none, or the server, in a
                container, cannot reach it.
        """
        self._check_held()
        if name in self._proxies:
            raise FaultError(
                f"there is a proxy {name!r} in this test already",
                hint="give each a name of its own",
            )
        host, port = address_of(upstream)
        self._check_reach(host, port)
        made = self.instance.create(name, written(host, port), derive(self.seed, name))
        self._proxies[name] = made
        return made

    def _check_reach(self, host: str, port: int) -> None:
        if is_loopback(host) and "toxiproxy.loopback" not in self.instance.capabilities:
            raise FaultError(
                f"the fault proxy cannot reach {written(host, port)}",
                cause=f"it runs on {self.instance.provider}: another machine's loopback, to it",
                hint="run it beside the server: HARNESS_PROVIDERS=toxiproxy=embedded",
            )

    def note(self, death: ServiceDiedError) -> None:
        """Keep the error for a server that has ended, unless the test itself has killed it."""
        if self.instance.disturbed == self._disturbed:
            self.outages.append(death)

    def _release(self) -> None:
        cleanups = Cleanups("the proxies of a test")
        for proxy in self._proxies.values():
            cleanups.push(functools.partial(self.instance.remove, proxy))
        self._proxies, told = {}, bool(self.outages)
        self.instance.forget(self)
        try:
            cleanups.close()
        except ServiceDiedError:
            if not told:
                raise


def address_of(upstream: object) -> tuple[str, int]:
    """Return host and port.

    Raises:
        FaultError: It is no address.
    """
    host, port = parts(upstream)
    if host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536:
        return host.strip("[]"), int(port)
    raise FaultError(
        f"upstream={upstream!r} is no address", hint='write "127.0.0.1:5432", or a host and a port'
    )


def parts(upstream: object) -> tuple[str, str]:
    """Return what stands for a host and for a port."""
    if isinstance(upstream, tuple) and len(upstream) == 2:
        return str(upstream[0]), str(upstream[1])
    host, _, port = str(upstream).rpartition(":")
    return host, port


def written(host: str, port: int) -> str:
    """Return an address as Toxiproxy reads it.

    Example:
        >>> written("::1", 80)
        '[::1]:80'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
