"""A directory of ours, as the registry removes it."""

from __future__ import annotations

import os

ATTEMPTS = 5


def words(path: str) -> str:
    """Name it."""
    return f"directory {path}"


def remove(path: str) -> None:
    """Remove a directory and all in it; a file that is just vanishing is no error.

    Raises:
        OSError: Something in it cannot be removed.
    """
    import shutil

    for attempt in range(ATTEMPTS):  # a dying child may still write a file while we list
        shutil.rmtree(path, ignore_errors=attempt < ATTEMPTS - 1)
        if not os.path.lexists(path):
            return
