"""A container of ours, as the registry removes it."""

from __future__ import annotations

import time

from harness.providers.engine import Engine, EngineError

# Seconds after which a container shows whose maker was killed while it was asking for it: it was
# seen 10 ms later on an idle machine.
LATE = (0.0, 0.02, 0.1, 0.4)
NOT_FOUND = 404
IN_PROGRESS = 409
GOING = 10.0  # seconds that a busy daemon takes to remove a container, and more
POLL = 0.02


def words(name: str, **_: object) -> str:
    """Name it."""
    return f"container {name}"


def remove(host: str, name: str, made: bool) -> None:
    """Remove a container with its volumes; one that is gone is no error.

    Args:
        host: The daemon's address.
        name: The container's name, which nobody else's has.
        made: Whether it is known to have been made; else it is looked for again and again.

    Raises:
        EngineError, OSError: The daemon refuses, or does not answer.
    """
    for pause in LATE[:1] if made else LATE:
        time.sleep(pause)
        remove_now(Engine(host), name)


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
    while is_there(engine, name):
        if time.monotonic() > deadline:
            raise TimeoutError(f"container {name} is being removed for more than {GOING:g} s")
        time.sleep(POLL)


def is_there(engine: Engine, name: str) -> bool:
    """Tell whether there is a container of that name."""
    try:
        engine.get(f"/containers/{name}/json")
    except EngineError as error:
        if error.status != NOT_FOUND:
            raise
        return False
    return True
