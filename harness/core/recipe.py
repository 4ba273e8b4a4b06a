"""What a service tells a provider: how it is reached or made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.core.endpoint import Endpoint
from harness.core.registry.things import Thing
from harness.core.settings import Settings

if TYPE_CHECKING:
    from harness.core.instance import Running


@dataclass(frozen=True)
class UrlRecipe:
    """A server that somebody else runs, named by an environment variable.

    Attributes:
        variable: The environment variable that holds the URL.
        default_port: Port of a URL that has none.
        schemes: What may stand before `://`, drivers after a `+` apart.
        servers: Option of the endpoint that holds all of several servers, where the variable may
            also hold their addresses alone, such as `one:9092,two:9092`; empty where it may not.
        unfit: Returns why the server of a URL cannot be used, or None.
    """

    variable: str
    default_port: int
    schemes: tuple[str, ...]
    servers: str = ""
    unfit: Callable[[str], str | None] = lambda url: None


@dataclass(frozen=True)
class ContainerRecipe:
    """A container.

    Attributes:
        image: Name of an entry in `images.json`, or a reference that is pinned by digest.
        version: What the tag of the image must begin with, where the user asked for a version.
        port: The port that the server listens on inside; 0 for none.
        environment: Environment variables; may hold a password, so not in the repr.
        command: Command and arguments; empty for the image's own.
        endpoint: How to log in; host and port are filled in by the provider.
        causes: Likely causes of a failed start, as (text in the log, cause).
        ports: Further ports that it listens on inside.
        files: Files to put into it before it starts, as (absolute path inside, content).
        user: User that its command runs as; None for the image's own.
        memory: Most memory that it may use, in bytes; None for no limit.
        network: Number of the network on which it sees its peers; None for none.
        alias: Its name on that network.
        scratch: Directories inside that may lie in memory, since nothing there is worth keeping.
        steady: Whether its published port outlives a restart.
        secrets: Texts that must never be shown.
        address_file: File inside into which its own address, as the tests reach it, is written as
            `host:port` once it is known; empty for none.
        inside_port: Main port for its peers on the network; 0 for the same as for the tests.
        host_network: Whether it shares the network of this machine, whose loopback it then reaches;
            it listens on a free port, which `{port}` in the command stands for.
    """

    image: str
    port: int
    endpoint: Endpoint
    version: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)  # may hold a password, too
    causes: tuple[tuple[str, str], ...] = ()
    ports: tuple[int, ...] = ()
    files: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    user: str | None = None
    memory: int | None = None
    network: str | None = None
    alias: str | None = None
    scratch: tuple[str, ...] = ()
    steady: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)
    address_file: str = ""
    inside_port: int = 0
    host_network: bool = False


@dataclass(frozen=True)
class Account:
    """The user under which a local server runs.

    Attributes:
        prefix: Command to put before the server's own, such as `unshare ...`.
        user: User to switch to; None for the one we are.
        copy_to: Directory to which binaries are copied that the user cannot reach; None for none.
    """

    prefix: tuple[str, ...] = ()
    user: str | None = None
    copy_to: Path | None = None


@dataclass(frozen=True)
class Launch:
    """A prepared local server: what to run, and where it will answer.

    Attributes:
        command: Command and arguments, with the account's prefix.
        endpoint: Where it will answer.
        provenance: What it is, such as `PostgreSQL 15.13 (/usr/lib/postgresql/15/bin)`.
        account: The user it runs under.
        stop_signal: Signal number that asks it to stop at once.
        environment: Its whole environment.
        grace: Seconds that it is given to stop.
        cwd: Its working directory; None for its own.
        holds_port: Whether we may keep its port bound until it is, which needs `SO_REUSEADDR`.
        secrets: Texts that must never be shown.
        leftovers: What it leaves outside its directory when it is killed, as things of the
            registry.
    """

    command: tuple[str, ...]
    endpoint: Endpoint
    provenance: str
    account: Account
    stop_signal: int
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    grace: float = 5.0
    cwd: str | None = None
    holds_port: bool = True
    secrets: tuple[str, ...] = field(default=(), repr=False)
    leftovers: tuple[Thing, ...] = ()


class ProcessRecipe(Protocol):
    """A program on this machine that serves from a directory of its own."""

    def refusal(self, settings: Settings) -> str | None:
        """Return why it cannot run here, or None. Starts no server."""

    def describe(self, settings: Settings) -> str:
        """Return what would run, such as its version and its directory."""

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Fill the empty directory `home` and return what to run.

        Args:
            home: Directory of this server alone.
            port: TCP port of the loopback interface to listen on.
            settings: The settings of the environment.
        """

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from its log."""


@dataclass(frozen=True)
class InProcessRecipe:
    """What runs inside this process: made at once, shared with no other.

    Attributes:
        description: What it is, such as `SQLite 3.40.1`.
        start: Makes it.
    """

    description: str
    start: Callable[[Settings], Running]


Recipe: TypeAlias = UrlRecipe | ContainerRecipe | ProcessRecipe | InProcessRecipe
