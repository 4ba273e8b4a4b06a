"""What we make outside this process, written down so that anybody of ours can remove it.

Each thing is of a kind; the module of that kind has `remove(**fields)`, which is no error where the
thing is gone already and returns true where it may still appear, and `words(**fields)`, which names
it for people.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Thing: TypeAlias = Mapping[str, Any]
Told: TypeAlias = Callable[[Thing, Exception | None], object]

KINDS = {
    "directory": "harness.core.registry.directory_thing",
    "processes": "harness.core.registry.processes_thing",
    "container": "harness.providers.container_thing",
    "network": "harness.providers.network_thing",
    "segment": "harness.services.postgres.segment_thing",
}


def thing(kind: str, **fields: Any) -> Thing:
    """Return a thing as it is written down."""
    assert kind in KINDS, kind
    return {"kind": kind, **fields}


def words(thing: Thing) -> str:
    """Name a thing, such as `container harness-0f3c-redis-1b2d`."""
    return str(_call("words", thing))


def ignored(thing: Thing, failure: Exception | None) -> None:
    """Do nothing with what became of a thing."""


def remove_all(things: Sequence[Thing], told: Told = ignored) -> list[Thing]:
    """Remove things, the last made first; one that fails keeps none from being tried.

    Args:
        things: What to remove, in the order in which it was made.
        told: Called with each thing, and with why it could not be removed; None if it was.

    Returns:
        Those that are not there and may still appear: whoever asked for them was killed.

    Raises:
        ExceptionGroup: Some could not be removed.
    """
    failures: list[Exception] = []
    late: list[Thing] = []
    for thing in reversed(things):
        try:
            if _call("remove", thing):
                late.insert(0, thing)
        except Exception as error:
            failures.append(error)
            told(thing, error)
        else:
            told(thing, None)
    if failures:
        raise ExceptionGroup("some of what was made could not be removed", failures)
    return late


def _call(function: str, thing: Thing) -> Any:
    fields = dict(thing)
    module = importlib.import_module(KINDS[fields.pop("kind")])
    return getattr(module, function)(**fields)
