"""A container of ours, as the registry removes it."""

from __future__ import annotations

from harness.core import realtime as time
from harness.providers.engine import Engine, EngineError

IN_PROGRESS = 409
GOING = 10.0  # seconds that a busy daemon takes to remove a container, and more
POLL = 0.02


def words(name: str, **_: object) -> str:
    """Name it."""
    return f"container {name}"


def remove(host: str, name: str, made: bool) -> bool:
    """Remove a container with its volumes; one that is gone is no error.

    Args:
        host: The daemon's address.
        name: The container's name, which nobody else's has.
        made: Whether the daemon has answered whether it was made; else it may still be at it.

    Returns:
        Whether it may still appear.

    Raises:
        EngineError, OSError: The daemon refuses, or does not answer.
    """
    engine = Engine(host)
    there = made or engine.has(f"/containers/{name}/json")
    remove_now(engine, name)
    return not there


def remove_now(engine: Engine, name: str) -> None:
    """Remove a container if it is there, whatever it does."""
    try:
        engine.delete(f"/containers/{name}", force="true", v="true")
    except EngineError as error:
        if error.status != IN_PROGRESS:
            raise
        wait_until_gone(engine, name)


def wait_until_gone(engine: Engine, name: str) -> None:
    """Wait for whoever removes a container: they may be killed, and the daemon may fail.

    Raises:
        TimeoutError: It is still there.
    """
    deadline = time.monotonic() + GOING
    while engine.has(f"/containers/{name}/json"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"container {name} is being removed for more than {GOING:g} s")
        time.sleep(POLL)
