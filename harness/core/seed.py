"""The one number from which every random choice of a run follows."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the fault proxy draws, too, and starts in a few milliseconds
    from harness.core.settings import Settings


def derive(seed: int, *parts: str) -> int:
    """Derive a 64-bit seed for one part of a run, independent of all other parts.

    Args:
        seed: The seed of the run.
        parts: What the derived seed is for, such as a test's file and its qualified name.

    Returns:
        The first 8 bytes of a BLAKE2b digest (RFC 7693) of the seed and the parts.

    Example:
        >>> derive(1, "tests/test_a.py", "A.test_x") == derive(1, "tests/test_a.py", "A.test_x")
        True
    """
    import hashlib  # takes its time, and a run that draws nothing does without

    text = "\0".join([str(seed), *parts]).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


@functools.cache
def drawn_seed() -> int:
    """Draw this process's seed, once, for runs that set none."""
    return int.from_bytes(os.urandom(4), "big")


_again: int | None = None


def reseed(seed: int) -> None:
    """Have all random choices of this process follow from another seed from now on.

    That is for who runs a test many times: whatever the settings say, and have said before.
    """
    global _again
    _again = seed


def run_seed(settings: Settings) -> int:
    """Return the seed of this run: the one that was set, else one drawn once a process."""
    if _again is not None:
        return _again
    return drawn_seed() if settings.seed is None else settings.seed
