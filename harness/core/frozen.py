"""Mappings that can be hashed: options of a service are compared and shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from harness.core.redaction import MASK
from harness.core.secrets import is_secret

V = TypeVar("V")


class FrozenMapping(Mapping[str, V]):
    """A mapping that cannot be changed and can be hashed.

    Args:
        items: What it holds.

    Example:
        >>> FrozenMapping({"LANG": "C", "DB_PASSWORD": "sesame"})
        {'LANG': 'C', 'DB_PASSWORD': '***'}
    """

    def __init__(self, items: Mapping[str, V] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr({name: shown(name, value) for name, value in self._items.items()})


def shown(name: str, value: Any) -> Any:
    """Return a value as it may be shown: a text whose name says so is a secret."""
    return MASK if isinstance(value, str) and is_secret(name) else value
