"""A fault proxy, as a test declares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.core.endpoint import Endpoint
from harness.core.instance import Running
from harness.core.recipe import ContainerRecipe, Recipe, UrlRecipe
from harness.core.service import Service, Told
from harness.core.settings import Settings
from harness.services import options

if TYPE_CHECKING:
    from harness.services.toxiproxy.instance import ToxiproxyInstance
    from harness.services.toxiproxy.lease import ToxiproxyLease  # noqa: F401 - what it leases

PORT = 8474
VARIABLE = "TOXIPROXY_URL"
PUBLISHED = tuple(range(8666, 8682))  # of a container: each proxy listens on one


@dataclass(frozen=True, repr=False)
class Toxiproxy(Service["ToxiproxyLease"]):
    """A server of fault proxies: each test makes proxies of its own, which go with it.

    Embedded, it is a `toxiproxy-server` on the PATH, else a server of our own with the same API.

    Args:
        version: What the server's version must begin with, such as `"2"`.
        image: Name of an entry in `images.json`; only Docker can run it.
        exclusive: Whether to have a server that no other class or process uses.
        name: Keeps two equal services apart.
        alias: Name under which other containers of the run reach it.

    Example:
        ::

            class SlowBankTest(HarnessTestCase):
                faults = Toxiproxy()

                def test_a_slow_bank_is_waited_for(self):
                    bank = self.faults.proxy("bank", upstream="127.0.0.1:9000")
                    with bank.toxics.latency(ms=300):
                        pay(*bank.address)
    """

    kind: ClassVar[str] = "toxiproxy"
    published: ClassVar[tuple[int, ...]] = PUBLISHED

    version: str | None = None
    image: str | None = None
    exclusive: bool = False
    name: str | None = None
    alias: str | None = None

    def instance_key(self) -> tuple[object, ...]:
        """Return what makes a server of its own: version and image."""
        return (self.version, self.image)

    def recipe(self, provider: str) -> Recipe | str:
        """Return how `provider` runs the server, or why it cannot."""
        return options.recipe_on(
            provider, external=self._url, docker=self._container, embedded=self._process
        )

    def _url(self) -> Recipe | str:
        if self.image is not None:
            return f"image={self.image!r} was asked for"
        return UrlRecipe(VARIABLE, PORT, ("http",))

    def _process(self) -> Recipe | str:
        from harness.services.toxiproxy.process import ToxiproxyProcess

        if self.image is not None:
            return f"image={self.image!r} was asked for"
        return ToxiproxyProcess(self.version)

    def _container(self) -> ContainerRecipe:
        return ContainerRecipe(
            image=self.image or "toxiproxy",
            version=self.version,
            port=PORT,
            ports=self.published,
            endpoint=Endpoint("", 0),
        )

    def preload(self) -> None:
        """Import the client, and what works with it."""
        import harness.services.toxiproxy.instance  # noqa: F401

    def probe(self, running: Running, timeout: float) -> None:
        """Return when the server answers.

        Raises:
            OSError: It does not answer yet.
            FaultError: What answers is no Toxiproxy.
        """
        from harness.services.toxiproxy.instance import greet

        greet(running, timeout)

    def identify(self, running: Running, settings: Settings) -> str:
        """Ask a server for its version."""
        from harness.services.toxiproxy.instance import inspect

        return inspect(running, self)

    def remove_orphans(
        self, running: Running, settings: Settings, told: Told, *, dry: bool = False
    ) -> None:
        """Remove the proxies that killed processes of ours have left on somebody else's server."""
        from harness.services.toxiproxy.instance import remove_orphans

        remove_orphans(running, settings, told, dry=dry)

    def open(self, provider: str, running: Running, settings: Settings) -> ToxiproxyInstance:
        """Return the instance, now that the server answers."""
        from harness.services.toxiproxy.instance import ToxiproxyInstance

        return ToxiproxyInstance(provider, running, settings, self)
