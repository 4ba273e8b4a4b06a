"""The mark on a topic that we made on somebody else's broker.

A topic has no comment. So it is signed as it is made, by the longest time that it may stay without
being compacted: so long that it is never over, with a hash in its low bits.
"""

from __future__ import annotations

import hashlib

SETTING = "max.compaction.lag.ms"
NEVER = 1 << 62  # milliseconds


def signature(topic: str, registry: str) -> str:
    """Return the value of the setting that says that a topic is ours.

    Args:
        topic: Its name.
        registry: Whose registry it is.

    Example:
        >>> int(signature("a", "0a1b2c3d")) > NEVER
        True
        >>> signature("a", "0a1b2c3d") == signature("b", "0a1b2c3d")
        False
    """
    digest = hashlib.blake2b(f"{registry}\0{topic}".encode(), digest_size=7).digest()
    return str(NEVER + int.from_bytes(digest, "big"))
