"""The proxies of a server, by name."""

from __future__ import annotations

from harness.core.seed import derive
from harness.faults.server.bodies import ProxyInput
from harness.faults.server.errors import ApiError
from harness.faults.server.proxy import Proxy

EXISTS = "proxy already exists"
NOT_FOUND = "proxy not found"


class Collection:
    """The proxies of a server.

    Args:
        seed: What the random choices follow from, of proxies that are given no seed of their own.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.proxies: dict[str, Proxy] = {}

    def get(self, name: str) -> Proxy:
        """Return a proxy.

        Raises:
            ApiError: There is none of that name.
        """
        try:
            return self.proxies[name]
        except KeyError:
            raise ApiError(NOT_FOUND, 404) from None

    async def create(self, given: ProxyInput) -> Proxy:
        """Make a proxy.

        Raises:
            ApiError: There is one of that name, or it cannot listen.
        """
        if given.name in self.proxies:
            raise ApiError(EXISTS, 409)
        return await self._make(given)

    async def replace(self, given: ProxyInput) -> Proxy:
        """Make a proxy, or return the one that is there, if it listens and leads to the same.

        Raises:
            ApiError: It cannot listen; then one of that name is disabled.
        """
        there = self.proxies.get(given.name)
        if there is not None:
            if not await there.differs(given.listen, given.upstream):
                return there
            there.stop()
        return await self._make(given)

    async def _make(self, given: ProxyInput) -> Proxy:
        seed = derive(self._seed, given.name) if given.seed is None else given.seed
        proxy = Proxy(given.name, given.listen, given.upstream, seed, given.protocol)
        if given.enabled:
            await proxy.start()
        self.proxies[given.name] = proxy
        return proxy

    def remove(self, proxy: Proxy) -> None:
        """Remove a proxy, with its connections."""
        proxy.stop()
        del self.proxies[proxy.name]

    async def reset(self) -> None:
        """Enable all proxies, and remove all toxics.

        Raises:
            ApiError: One cannot listen any more.
        """
        for proxy in list(self.proxies.values()):
            await proxy.start()
            proxy.clear()
