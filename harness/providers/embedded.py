"""Servers that we start on this machine, without Docker, and what runs inside this process."""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

from harness.core.instance import Running
from harness.core.recipe import (
    ContainerRecipe,
    InProcessRecipe,
    Launch,
    ProcessRecipe,
    Recipe,
    UrlRecipe,
)
from harness.core.registry.claim import Claim
from harness.core.settings import Settings
from harness.providers import directories
from harness.providers.server import LOG_NAME, LocalServer, attached, not_executed

LOOPBACK = "127.0.0.1"
LOWEST, ENOUGH = 15000, 20000  # below are the ports that people give to their own servers
TRIES = 20


class Embedded:
    """The provider of servers that run as processes of this machine, or inside this one."""

    name = "embedded"
    patience = None
    shares = True

    def refusal(self, recipe: Recipe, settings: Settings) -> str | None:
        """Return why no server can be started here, or None."""
        if isinstance(recipe, InProcessRecipe):
            return None
        return as_process(recipe).refusal(settings)

    def describe(self, recipe: Recipe, settings: Settings) -> str:
        """Return which server would be started."""
        if isinstance(recipe, InProcessRecipe):
            return recipe.description
        return as_process(recipe).describe(settings)

    def place(self, settings: Settings) -> str:
        """Return the directory below which data lies."""
        return str(settings.data_dir or "")

    def start(self, recipe: Recipe, settings: Settings, claim: Claim | None) -> Running:
        """Start a server in a new directory, on a free port of the loopback interface.

        Raises:
            StartError: It could not be prepared or started.
        """
        if isinstance(recipe, InProcessRecipe):
            return recipe.start(settings)
        assert claim is not None
        return self._start(as_process(recipe), settings, claim)

    def _start(self, process: ProcessRecipe, settings: Settings, claim: Claim) -> LocalServer:
        home = directories.home_of(claim, settings)
        port = reserve_port()
        try:
            claim.intend("directory", path=str(home))
            directories.make(home)
            launch = prepare(process, home, port.getsockname()[1], settings)
            for leftover in launch.leftovers:
                claim.note(leftover)
            if not launch.holds_port:
                port.close()
            try:
                claim.spawn(launch, launch.cwd or str(home), str(home / LOG_NAME))
            except OSError as error:
                raise not_executed(launch, error) from error
            return LocalServer(claim, launch, home, process, True, port)
        except BaseException:
            port.close()
            raise

    def attach(self, recipe: Recipe, settings: Settings, claim: Claim) -> LocalServer:
        """Return a server that another process has started."""
        return attached(as_process(recipe), claim)


def prepare(process: ProcessRecipe, home: Path, port: int, settings: Settings) -> Launch:
    """Fill a server's directory and return what to run.

    Raises:
        StartError: It cannot be prepared, or the directory not be written.
    """
    try:
        return process.prepare(home, port, settings)
    except OSError as error:
        raise directories.no_room(home.parent, error) from error


def as_process(recipe: Recipe) -> ProcessRecipe:
    """Return the recipe as the only kind of a server that this provider is given."""
    assert not isinstance(recipe, UrlRecipe | ContainerRecipe | InProcessRecipe)
    return recipe


def reserve_port() -> socket.socket:
    """Bind a free port of the loopback interface and keep it, without listening.

    A server that sets `SO_REUSEADDR`, as Postgres does, may bind and listen on it all the same;
    nobody else is given it meanwhile.
    """
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if not any(binds(holder, port) for port in quiet_ports()):
            holder.bind((LOOPBACK, 0))
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # after: it was free, indeed
    except BaseException:
        holder.close()
        raise
    return holder


def binds(holder: socket.socket, port: int) -> bool:
    """Bind a socket to a port, if that is free."""
    try:
        holder.bind((LOOPBACK, port))
    except OSError:
        return False
    return True


def quiet_ports() -> list[int]:
    """Return some ports that the kernel gives to nobody who does not ask for them by number.

    From the others it takes those of outgoing connections: while a server is down, one of them may
    get its port, and a client that keeps trying may even be connected to itself.
    """
    try:
        range_of_kernel = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        first = int(range_of_kernel.split()[0])
    except OSError:
        return []
    return random.SystemRandom().sample(range(LOWEST, first), TRIES) if first > ENOUGH else []


def clean_environment(**values: str) -> dict[str, str]:
    """Return the little environment that a server of ours gets, with `values` added.

    A user's `PG*` or `LD_PRELOAD` must not change the server under test.
    """
    kept = ("PATH", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "LC_ALL": "C",
        **values,
    }


PROVIDER = Embedded()
