"""What a server is, and whether it can be used."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.core.endpoint import Endpoint
from harness.core.versions import fits, is_older
from harness.errors import StartError
from harness.services.redis import binaries
from harness.services.redis.connect import Session

USUAL_DATABASES = 16  # of a server that does not tell


@dataclass(frozen=True)
class Server:
    """What a server says of itself.

    Attributes:
        redis_version: The version of Redis that it is, or is compatible with.
        name: `redis` or `valkey`.
        version: Its own version.
        databases: How many numbered databases it has.
        modules: The names of its modules.
        clustered: Whether it is a node of a cluster, which has one database only.
    """

    redis_version: str
    name: str
    version: str
    databases: int
    modules: frozenset[str]
    clustered: bool

    @classmethod
    def ask(cls, session: Session) -> Server:
        """Ask a server."""
        info, modules, databases = session.try_all(
            ("INFO", "server"), ("INFO", "modules"), ("CONFIG", "GET", "databases")
        )
        if isinstance(info, Exception):
            raise info
        redis_version = field(info, "redis_version")
        valkey = field(info, "valkey_version")
        listed = modules if isinstance(modules, bytes) else b""
        return cls(
            redis_version=redis_version,
            name="valkey" if valkey else "redis",
            version=valkey or redis_version,
            databases=int(databases[1]) if isinstance(databases, list) else USUAL_DATABASES,
            modules=frozenset(re.findall(r"^module:name=([^,]+)", listed.decode(), re.MULTILINE)),
            clustered="cluster" in (field(info, "redis_mode"), field(info, "server_mode")),
        )

    def __str__(self) -> str:
        return f"{self.name.capitalize()} {self.version}"

    def capabilities(self) -> frozenset[str]:
        """Return what this server can do that not every one can.

        `redis.version.<major>`, of the Redis that it is compatible with; `redis.server.redis` or
        `redis.server.valkey`; and `redis.module.<name>`.
        """
        major = self.redis_version.partition(".")[0]
        modules = {f"redis.module.{name}" for name in self.modules}
        return frozenset({f"redis.version.{major}", f"redis.server.{self.name}", *modules})

    def check(self, endpoint: Endpoint, version: str | None) -> None:
        """Check that it can be used.

        Args:
            endpoint: Where it is, for the messages.
            version: What its version of Redis must begin with; None for any.

        Raises:
            StartError: It is too old, of another version, or a node of a cluster.
        """
        where = f"{self} at {endpoint.host}:{endpoint.port}"
        if is_older(self.redis_version, binaries.OLDEST):
            raise StartError(
                f"{where} is older than {binaries.OLDEST}",
                cause="it cannot list single clients, by which it is told what a test left",
                hint=ELSEWHERE,
            )
        if version is not None and not fits(self.redis_version, version):
            raise StartError(
                f"{where} is compatible with Redis {self.redis_version}, "
                f"and version={version!r} was asked for",
                hint=ELSEWHERE,
            )
        if self.clustered:
            raise StartError(
                f"{where} is a node of a cluster",
                cause="a cluster has no numbered databases, of which each process needs one",
                hint=ELSEWHERE,
            )


ELSEWHERE = "name another server in REDIS_URL, or leave it out with HARNESS_PROVIDERS"


def field(info: bytes, name: str) -> str:
    """Return a field of the answer to `INFO`, or an empty text."""
    match = re.search(rf"^{name}:(.*?)\r?$", info.decode("utf-8", "replace"), re.MULTILINE)
    return match[1] if match else ""
