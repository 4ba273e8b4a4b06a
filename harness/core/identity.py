"""Who we are, in the names of what we make."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket

from harness.core.settings import Settings


def registry_id(settings: Settings) -> str:
    """Return what tells our databases and containers from those of other users and machines.

    Eight hex digits from the host's name, the user and the cache directory that was set.
    """
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    parts = (socket.gethostname(), str(user), str(settings.cache_dir or ""))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=4).hexdigest()


def nonce() -> str:
    """Return six hex digits for one process, drawn anew."""
    return secrets.token_hex(3)
