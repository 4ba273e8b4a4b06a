"""A fault proxy that runs."""

from __future__ import annotations

import itertools
import threading

from harness.core.identity import registry_id
from harness.core.instance import Instance, Running
from harness.core.service import Told
from harness.core.settings import Settings
from harness.core.versions import fits
from harness.errors import FaultError, ServiceDiedError, StartError
from harness.faults.client import Proxy, ToxiproxyClient
from harness.faults.http import TIMEOUT
from harness.faults.server import PROGRAM
from harness.services.failing import MESSAGES
from harness.services.toxiproxy.lease import ToxiproxyLease
from harness.services.toxiproxy.names import is_orphan, name_of
from harness.services.toxiproxy.ports import ports_of
from harness.services.toxiproxy.service import Toxiproxy

IN_USE = "address already in use"
NUMBERS = itertools.count(1)  # of this process's proxies: several environments may share a server


class ToxiproxyInstance(Instance[ToxiproxyLease]):
    """A server of fault proxies, which several processes may use.

    Args:
        provider: Where it runs.
        running: The server, which answers.
        settings: The settings of the environment.
        service: The service that it was started for.

    Attributes:
        client: A client of it.
    """

    def __init__(
        self, provider: str, running: Running, settings: Settings, service: Toxiproxy
    ) -> None:
        super().__init__("toxiproxy", provider, running)
        try:
            self._take_over(settings, service)
        except BaseException:
            self.cleanups.close()
            raise

    def _take_over(self, settings: Settings, service: Toxiproxy) -> None:
        found = about(self.running)
        check_version(self.running, found["version"], service)
        self._ports = ports_of(self.provider, self.running, service.published)
        self._registry = registry_id(settings)
        self._made: dict[str, Proxy] = {}
        self._lock = threading.Lock()
        self._leases: list[ToxiproxyLease] = []
        self.client = ToxiproxyClient(url_of(self.running), self._ports.reach, silent=self._silent)
        self.cleanups.push(self.client.close)
        self.cleanups.push(self._remove_all)
        self.capabilities = frozenset(self._abilities(found))
        if self.provider == "external":
            self.remove_orphans()

    def _abilities(self, found: dict[str, str]) -> list[str]:
        ours = ["toxiproxy.seeded", MESSAGES] if found.get("program") == PROGRAM else []
        return [*ours, *["toxiproxy.loopback"] * self._ports.loopback]

    def lease(self, service: Toxiproxy) -> ToxiproxyLease:
        """Hand out a lease.

        Raises:
            ServiceDiedError: The server has ended.
        """
        self.check_alive(settle=0)
        lease = ToxiproxyLease(self, service)
        self._leases.append(lease)
        return lease

    def forget(self, lease: ToxiproxyLease) -> None:
        """Let go of a lease that was released."""
        self._leases.remove(lease)

    def _silent(self) -> None:
        """Raise that the server has ended, if it has; those who use it need not be told again."""
        try:
            self.check_alive()
        except ServiceDiedError as death:
            for lease in list(self._leases):
                lease.note(death)
            raise

    def create(
        self, name: str, upstream: str, seed: int, port: int = 0, protocol: str = ""
    ) -> Proxy:
        """Make a proxy of this process's own.

        Args:
            name: Its name, for people.
            upstream: Where it leads to.
            seed: What its random choices follow from.
            port: Where it is to listen, if that is free; 0 for anywhere.
            protocol: What is said through it, if statements may fail; else empty.

        Raises:
            FaultError: It was refused, or no port is free.
        """
        full = name_of(self._registry, next(NUMBERS), name)
        proxy = self._listening(full, upstream, seed, port, protocol)
        with self._lock:
            self._made[full] = proxy
        return proxy

    def _listening(self, name: str, upstream: str, seed: int, port: int, protocol: str) -> Proxy:
        """Make a proxy on the first port that is free; ports of the dead are freed before long."""
        for again in (False, True):
            if again and not self.remove_orphans():
                break
            for address in self._ports.addresses(port):
                try:
                    return self.client.create(
                        name, upstream, listen=address, seed=seed, protocol=protocol
                    )
                except FaultError as error:
                    if IN_USE not in error.what:
                        raise
        raise FaultError(
            f"no port is free for a proxy: all {len(self._ports.numbers)} are taken",
            cause="each proxy of each process that shares the server takes one",
            hint="use fewer at once, or HARNESS_PROVIDERS=toxiproxy=embedded",
        )

    def remove(self, proxy: Proxy) -> None:
        """Remove a proxy that was made here; nothing if it was removed."""
        with self._lock:
            made = self._made.pop(proxy.name, None)
        if made is not None:  # else a line that was closed would be opened again
            made.delete()

    def _remove_all(self) -> None:
        for proxy in list(self._made.values()):
            if self.running.exit_state() is None:
                self.remove(proxy)

    def remove_orphans(self) -> int:
        """Remove the proxies of processes that have ended; return how many."""
        found = orphans(self.client, self._registry)
        for proxy in found:
            proxy.delete()
        return len(found)


def orphans(client: ToxiproxyClient, registry: str) -> list[Proxy]:
    """Return the proxies that killed processes of ours have left."""
    return [proxy for name, proxy in client.proxies().items() if is_orphan(name, registry)]


def remove_orphans(running: Running, settings: Settings, told: Told, *, dry: bool) -> None:
    """Remove the proxies that killed processes of ours have left on a server.

    Raises:
        FaultError: It does not answer.
    """
    with ToxiproxyClient(url_of(running)) as client:
        for proxy in orphans(client, registry_id(settings)):
            if not dry:
                proxy.delete()
            told(f"proxy {proxy.name}", None)


def url_of(running: Running) -> str:
    """Return where the API is."""
    endpoint = running.endpoint
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"http://{host}:{endpoint.port}"


def about(running: Running, timeout: float = TIMEOUT) -> dict[str, str]:
    """Return what a server says of itself.

    Raises:
        FaultError: It does not answer, or is none.
    """
    with ToxiproxyClient(url_of(running), timeout=timeout) as client:
        return client.about()


def greet(running: Running, timeout: float) -> None:
    """Return when a server answers.

    Raises:
        OSError, http.client.HTTPException: It does not answer yet.
        FaultError: Another one answers.
    """
    try:
        about(running, timeout)
    except FaultError as error:
        raise error.__cause__ or error from None


def check_version(running: Running, version: str, service: Toxiproxy) -> None:
    """Do nothing for a server of the version that was asked for.

    Raises:
        StartError: It has another one.
    """
    if service.version is not None and not fits(version, service.version):
        raise StartError(
            f"the server at {url_of(running)} is Toxiproxy {version}, not {service.version}",
            hint=f"leave version={service.version!r} out, or use another server",
        )


def inspect(running: Running, service: Toxiproxy) -> str:
    """Return name and version of somebody else's server; make nothing there.

    Raises:
        StartError: It has another version than was asked for.
        FaultError: It does not answer.
    """
    version = about(running)["version"]
    check_version(running, version, service)
    return f"Toxiproxy {version}"
