"""What a forked child must not take for its own: locks, connections and servers of its parent's."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_inherited: weakref.WeakKeyDictionary[object, Callable[..., None]] = weakref.WeakKeyDictionary()


def forget_after_fork(owned: T, forget: Callable[[T], None]) -> None:
    """Have each child that this process forks forget what is its parent's.

    Args:
        owned: What the child inherits; it may be collected as ever.
        forget: Called with it in the child. Must not hold it, as a bound method would.
    """
    _inherited[owned] = forget


def _forget_all() -> None:
    for owned, forget in list(_inherited.items()):
        forget(owned)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
