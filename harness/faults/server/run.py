"""Running the fault proxy: its HTTP API on one address, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from harness.errors import MissingExtraError
from harness.faults.server import addresses
from harness.faults.server.collection import Collection
from harness.faults.server.loop import new_loop
from harness.faults.server.routes import Routes

if TYPE_CHECKING:
    from harness.faults.server.http import Http

INSTALL = 'pip install "unittest-harness[faults]"'


def run(host: str, port: int, seed: int = 0) -> None:
    """Serve until SIGINT or SIGTERM arrives.

    Args:
        host: Where the API listens.
        port: Its port; 0 for a free one.
        seed: What random choices follow from, of proxies that are given no seed of their own.

    Raises:
        ApiError: It cannot listen there.
        MissingExtraError: h11 is not installed.
    """
    protocol()
    raise_limit()
    with contextlib.closing(new_loop()) as loop:
        loop.run_until_complete(serve(addresses.join(host, port), seed))


async def serve(address: str, seed: int) -> None:
    """Serve until a signal arrives."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # on Windows the loop has none
            loop.add_signal_handler(name, stop.set)
    collection, http = Collection(seed), protocol()
    routes = Routes(collection)
    own = await addresses.listener(address)
    server = await loop.create_server(lambda: http(routes.answer), sock=own)
    print(f"listening on {addresses.address_of(own)}", flush=True)
    await stop.wait()
    server.close()
    for proxy in collection.proxies.values():
        proxy.stop()
    await asyncio.sleep(0)  # what was closed says so in the loop's next turn


def protocol() -> type[Http]:
    """Return what speaks HTTP.

    Raises:
        MissingExtraError: h11 is not installed.
    """
    try:
        from harness.faults.server.http import Http
    except ImportError as error:
        raise MissingExtraError("the package h11 is not installed", hint=INSTALL) from error
    return Http


def raise_limit() -> None:
    """Let this process have as many sockets as it may: a proxy takes one."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
