"""The fault proxy that stands before other services."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.core.endpoint import Endpoint, is_loopback
from harness.core.order import DOCKER, EMBEDDED
from harness.core.recipe import ContainerRecipe, Recipe, UrlRecipe
from harness.core.settings import Settings
from harness.core.settings_values import OWN
from harness.providers.ports import LOOPBACK
from harness.services.toxiproxy.service import PORT, VARIABLE, Toxiproxy


@dataclass(frozen=True, repr=False)
class NearToxiproxy(Toxiproxy):
    """A fault proxy that reaches what listens on this machine's loopback.

    It is a helper rather than a service that is tested: where the settings exclude `embedded`,
    they do not mean this one, unless they name `toxiproxy`.
    """

    published = ()  # on this machine's own network it may listen anywhere

    def instance_key(self) -> tuple[object, ...]:
        """Return what tells it from a `Toxiproxy()`, which may run elsewhere."""
        return ("near", *super().instance_key())

    def providers(self, settings: Settings) -> tuple[str, ...]:
        """Return the providers to choose from; at last `embedded`, whatever others may."""
        if settings.fault_proxy == OWN:
            return (EMBEDDED,)
        chosen = super().providers(settings)
        if self.kind in settings.providers.by_service:
            return chosen
        # A process of ours is there sooner than a container, and does the same.
        return (*(name for name in chosen if name not in (DOCKER, EMBEDDED)), EMBEDDED)

    def _url(self) -> Recipe | str:
        return UrlRecipe(VARIABLE, PORT, ("http",), unfit=unfit)

    def _process(self) -> Recipe | str:
        from harness.services.toxiproxy.process import ToxiproxyProcess

        return ToxiproxyProcess(self.version, near=True)

    def _container(self) -> ContainerRecipe:
        return replace(
            super()._container(),
            ports=(),
            host_network=True,
            command=("-host", LOOPBACK, "-port", "{port}"),
        )


def unfit(url: str) -> str | None:
    """Return why the server of a URL cannot reach this machine's loopback, or None.

    Example:
        >>> unfit("http://127.0.0.1:8474?ports=8666-8675")
        'TOXIPROXY_URL names ports, as of a container, which cannot reach loopback'
    """
    try:
        endpoint = Endpoint.parse(url, PORT)
    except ValueError:
        return None  # told by whoever reads it to connect
    if not is_loopback(endpoint.host):
        return f"{VARIABLE} names {endpoint.host}, which cannot reach this machine's loopback"
    if "ports" in dict(endpoint.options):
        return f"{VARIABLE} names ports, as of a container, which cannot reach loopback"
    return None
