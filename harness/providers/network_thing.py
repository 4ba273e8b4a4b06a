"""A Docker network of ours, as the registry removes it."""

from __future__ import annotations

from harness.providers.engine import Engine, EngineError

HAS_ENDPOINTS = 403


def words(name: str, **_: object) -> str:
    """Name it."""
    return f"network {name}"


def remove(host: str, name: str, made: bool) -> bool:
    """Remove a network, whoever is still on it; one that is gone is no error.

    Arguments, result and errors are those of `container_thing.remove`.
    """
    engine = Engine(host)
    there = made or engine.has(f"/networks/{name}")
    try:
        engine.delete(f"/networks/{name}")
    except EngineError as error:
        if error.status != HAS_ENDPOINTS:
            raise
        disconnect_all(engine, name)
        engine.delete(f"/networks/{name}")
    return not there


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
