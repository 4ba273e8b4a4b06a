"""Redis, as a test declares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from harness.core.endpoint import Endpoint
from harness.core.extras import lacking
from harness.core.instance import Running
from harness.core.recipe import ContainerRecipe, Recipe, UrlRecipe
from harness.core.secrets import random_password
from harness.core.service import Service
from harness.core.settings import Settings
from harness.services import options

if TYPE_CHECKING:
    from harness.services.redis.instance import RedisInstance
    from harness.services.redis.lease import RedisLease  # noqa: F401 - what the class leases

PORT = 6379
VARIABLE = "REDIS_URL"
SCHEMES = ("redis", "rediss")


@dataclass(frozen=True, repr=False)
class Redis(Service["RedisLease"]):
    """A Redis database, empty for each test.

    Each process of a run works in numbered databases of its own on one server. Published messages
    and the server's configuration know no databases: tests that are about those want a server of
    their own, `Redis(exclusive=True)`.

    Args:
        version: What the server's version of Redis must begin with, such as `"7"`; Valkey counts
            as the Redis that it is compatible with.
        image: Name of an entry in `images.json`; only Docker can run it.
        settings: Server settings as (name, value), such as `(("maxmemory", "64mb"),)`; only a
            server of ours can have them.
        proxied: Whether the code under test reaches it through a fault proxy: then the lease has
            `toxics`.
        exclusive: Whether to have a server that no other class or process uses.
        name: Keeps two equal services apart.
        alias: Name under which other containers of the run reach it.

    Raises:
        ServiceDefinitionError: An option cannot be used; with what to write instead.

    Example:
        ::

            class SessionTest(HarnessTestCase):
                cache = Redis()

                def test_a_session_expires(self):
                    remember(self.cache.client, "ada")
                    self.assertEqual(["session:ada"], self.cache.keys())
    """

    kind: ClassVar[str] = "redis"

    version: str | None = None
    image: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    proxied: bool = False
    exclusive: bool = False
    name: str | None = None
    alias: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        options.check_settings("Redis", self.settings, ("maxmemory", "64mb"))

    def instance_key(self) -> tuple[object, ...]:
        """Return what makes a server of its own: version, image, settings."""
        return (self.version, self.image, self.settings)

    def beside(self) -> tuple[Service[Any], ...]:
        """Return the fault proxy, if it is reached through one."""
        return options.fault_proxy(self.proxied)

    def recipe(self, provider: str) -> Recipe | str:
        """Return how `provider` runs Redis, or why it cannot."""
        return options.recipe_on(
            provider, external=self._url, docker=self._container, embedded=self._process
        )

    def _url(self) -> Recipe | str:
        if self.image is not None:
            return f"image={self.image!r} was asked for"
        if self.settings:
            return f"settings={self.settings!r} were asked for, which hold for a whole server"
        return UrlRecipe(VARIABLE, PORT, SCHEMES)

    def _process(self) -> Recipe | str:
        from harness.services.redis.process import RedisProcess

        if self.image is not None:
            return f"image={self.image!r} was asked for"
        return RedisProcess(self.version, self.settings)

    def _container(self) -> Recipe | str:
        from harness.services.redis.causes import CAUSES
        from harness.services.redis.process import USER, server_flags

        password = random_password()
        flags = server_flags((("requirepass", password), *self.settings))
        return ContainerRecipe(
            image=self.image or "redis",
            version=self.version,
            port=PORT,
            command=("redis-server", *flags),
            endpoint=Endpoint("", 0, user=USER, password=password),
            causes=CAUSES,
        )

    def lacks(self) -> str | None:
        """Return that the client is not installed, if it is not."""
        return lacking("redis", "redis")

    def preload(self) -> None:
        """Import redis-py and what works with it."""
        from harness.services.redis.connect import driver

        driver()
        import harness.services.redis.instance  # noqa: F401

    def probe(self, running: Running, timeout: float) -> None:
        """Return when the server answers.

        Raises:
            StartError: Its host is unknown, it does not let us in, or it is no Redis.
            redis.exceptions.ConnectionError: It does not answer yet.
        """
        from harness.services.redis.connect import greet

        greet(running, timeout)

    def identify(self, running: Running, settings: Settings) -> str:
        """Ask a server for its version, and whether a database is free there for tests."""
        from harness.services.redis.instance import inspect

        return inspect(running, settings, self)

    def open(self, provider: str, running: Running, settings: Settings) -> RedisInstance:
        """Return the instance, now that the server answers."""
        from harness.services.redis.instance import RedisInstance

        return RedisInstance(provider, running, settings, self)
