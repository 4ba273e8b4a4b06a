"""A Docker network of ours, as the registry removes it."""

from __future__ import annotations

from harness.core import realtime as time
from harness.providers.engine import Engine, EngineError

HAS_ENDPOINTS = 403
# Seconds: a container that the daemon is starting, for one who was killed, comes on it meanwhile.
PATIENCE = 5.0
POLL = 0.02


def words(name: str, **_: object) -> str:
    """Name it."""
    return f"network {name}"


def remove(host: str, name: str, made: bool) -> bool:
    """Remove a network, whoever is still on it; one that is gone is no error.

    Arguments, result and errors are those of `container_thing.remove`.
    """
    engine = Engine(host)
    there = made or engine.has(f"/networks/{name}")
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            engine.delete(f"/networks/{name}")
            return not there
        except EngineError as error:
            if error.status != HAS_ENDPOINTS or time.monotonic() > deadline:
                raise
        disconnect_all(engine, name)
        time.sleep(POLL)


def disconnect_all(engine: Engine, name: str) -> None:
    """Take every container off a network."""
    try:
        containers = engine.get(f"/networks/{name}")["Containers"]
    except EngineError:
        return
    for container in containers:
        try:
            engine.post(f"/networks/{name}/disconnect", {"Container": container, "Force": True})
        except EngineError:
            pass  # gone meanwhile, which is as good
