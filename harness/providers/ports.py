"""The ports of containers: which are published, and where the tests reach them."""

from __future__ import annotations

import dataclasses
import socket
from typing import TYPE_CHECKING, Any

from harness.core import realtime as time
from harness.core.recipe import ContainerRecipe
from harness.errors import StartError
from harness.providers.embedded import reserve_port
from harness.providers.engine import Engine

if TYPE_CHECKING:
    from testcontainers.core.docker_client import DockerClient

LOOPBACK = "127.0.0.1"
MAPPING_TIMEOUT = 5.0  # seconds
POLL = 0.01


def ports_of(recipe: ContainerRecipe) -> tuple[int, ...]:
    """Return all ports that are published, the main one first."""
    main = (recipe.port,) if recipe.port else ()
    return tuple(dict.fromkeys((*main, *recipe.ports)))


def publish_address(client: DockerClient) -> str:
    """Return the host address to publish ports on: the loopback, where the tests reach that.

    With a daemon on another machine it is every address: its loopback is not ours.
    """
    return LOOPBACK if client.host() in ("localhost", LOOPBACK) else ""


def free_port() -> int:
    """Return a port that is free now: one that the daemon chooses changes at each restart."""
    with reserve_port() as holder:
        return int(holder.getsockname()[1])


def settled_port(recipe: ContainerRecipe) -> ContainerRecipe:
    """Return a recipe with the port that a container on this machine's network listens on."""
    if not recipe.host_network:
        return recipe
    port = free_port()
    command = tuple(word.format(port=port) for word in recipe.command)
    return dataclasses.replace(recipe, port=port, command=command)


def networking(client: DockerClient, recipe: ContainerRecipe) -> dict[str, Any]:
    """Return how a container is reached: by ports that are published, or as a neighbour."""
    if recipe.host_network:
        return {"network_mode": "host"}
    return {
        "ports": {
            f"{port}/tcp": (publish_address(client), free_port() if recipe.steady else None)
            for port in ports_of(recipe)
        }
    }


def places(
    client: DockerClient, engine: Engine, container_id: str, recipe: ContainerRecipe
) -> tuple[tuple[int, str, int], ...]:
    """Return where each port of a container is reached, as (port inside, host, port)."""
    if recipe.host_network:
        return ((recipe.port, LOOPBACK, recipe.port),)
    return tuple(
        (port, *published(client, engine, container_id, port)) for port in ports_of(recipe)
    )


def published(
    client: DockerClient, engine: Engine, container_id: str, port: int
) -> tuple[str, int]:
    """Return the host and port at which the tests reach a container's port."""
    if inside_other_container(client, container_id):
        return client.bridge_ip(container_id), port
    host = client.host()
    host = LOOPBACK if host == "localhost" else host  # published on the IPv4 loopback only
    return host, mapped(engine, container_id, port)


def mapped(engine: Engine, container_id: str, port: int) -> int:
    """Return the port of the host that leads to one inside; 0 if the container has ended.

    Then the wait for it says how it ended.

    Raises:
        StartError: It runs, and the daemon has not published the port.
    """
    deadline = time.monotonic() + MAPPING_TIMEOUT
    while time.monotonic() < deadline:
        found = engine.get(f"/containers/{container_id}/json")
        mappings = (found["NetworkSettings"]["Ports"] or {}).get(f"{port}/tcp")
        if mappings:
            return int(mappings[0]["HostPort"])
        if not found["State"]["Running"]:
            return 0
        time.sleep(POLL)
    raise StartError(
        f"the Docker daemon has not published port {port} within {MAPPING_TIMEOUT:g} s",
        cause="it is overloaded, or its network is broken",
        hint="restart the daemon",
    )


def inside_other_container(client: DockerClient, container_id: str) -> bool:
    """Tell whether we run in a container beside ours, with a daemon outside of it.

    Then the daemon's bridge is not an interface of ours, and its loopback not our loopback; the
    container is reached at its own address.
    """
    from testcontainers.core.utils import inside_container

    if not inside_container() or client.host() not in ("localhost", LOOPBACK):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bridge:
        try:
            bridge.bind((client.gateway_ip(container_id), 0))
        except OSError:
            return True
    return False
