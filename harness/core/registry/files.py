"""Small files that are whole or not there."""

from __future__ import annotations

import os
import threading
from typing import Any

MODE = 0o600  # a record holds a password


def write(path: str, value: object) -> None:
    """Write a value as JSON, by rename, so that no reader sees half of it.

    Raises:
        OSError: It cannot be written; what was there before still is.
    """
    import json

    partial = f"{path}.{os.getpid()}.{threading.get_ident()}.part"
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, MODE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.rename(partial, path)
    except BaseException:
        remove(partial)
        raise


def make(path: str) -> None:
    """Make an empty file.

    Raises:
        OSError: It cannot be made.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, MODE))


def read(path: str) -> Any:
    """Return the value of a file; None if there is none.

    Raises:
        ValueError: It is not JSON.
    """
    import json

    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def remove(path: str) -> None:
    """Remove a file; one that is not there is no error."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
