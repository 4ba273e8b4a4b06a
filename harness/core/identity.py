"""Who we are, in the names of what we make, and where we write it down."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

from harness.core.registry import processes
from harness.core.settings import Settings


def registry_id(settings: Settings) -> str:
    """Return what tells what is ours from that of other users and machines.

    Eight hex digits from the host's name, the user and the state directory that was set.
    """
    parts = (socket.gethostname(), user_id(), str(settings.state_dir or ""))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=4).hexdigest()


def user_id() -> str:
    """Return what tells the user from others on this machine."""
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")


def nonce() -> str:
    """Return six hex digits for one process, drawn anew."""
    return os.urandom(3).hex()


def process_name() -> str:
    """Return what tells this process from all others of this boot, in letters and digits.

    Example:
        >>> is_dead(process_name())
        False
    """
    return f"{os.getpid()}x{processes.start_time(os.getpid())}"


def is_dead(name: str) -> bool:
    """Tell whether the process that gave itself this name has ended."""
    pid, _, started = name.partition("x")
    return not (pid.isdecimal() and processes.is_alive(int(pid), started))


def registry_path(settings: Settings) -> Path:
    """Return the directory of the registry: each machine has one of its own below a shared home.

    The place is the one of the XDG Base Directory Specification for what outlives a run.
    """
    base = settings.state_dir or default_state_directory(settings.environ.get("XDG_STATE_HOME"))
    return base / f"registry-{registry_id(settings)}"


def default_state_directory(given: str | None) -> Path:
    """Return the user's directory for state; below the temporary one where there is no home."""
    base = Path(given) if given else Path(os.path.expanduser("~/.local/state"))
    if base.is_absolute() and can_be_made(base):
        return base / "unittest-harness"
    import tempfile

    return Path(tempfile.gettempdir()) / f"unittest-harness-{user_id()}"


def can_be_made(directory: Path) -> bool:
    """Tell whether a directory, or the first of its parents that is there, can be written."""
    places = (directory, *directory.parents)
    there = next(place for place in places if os.path.exists(place))  # also where we may not look
    return os.access(there, os.W_OK | os.X_OK)
