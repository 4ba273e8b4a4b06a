"""Random choices that follow from a seed and from what they are for, and from nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from harness.core.seed import derive

WHOLE = 1 << 64


@dataclass(frozen=True)
class Draws:
    """The random choices of one toxic on one connection.

    Nothing is drawn from a stream, so that no choice depends on how many came before it: bytes that
    arrive in five blocks today and in six tomorrow are delayed and cut in the same places.

    Attributes:
        seed: What they follow from.
    """

    seed: int

    @classmethod
    def of(cls, seed: int, ordinal: int, toxic: str) -> Draws:
        """Return the choices of a toxic on a connection.

        Args:
            seed: The seed of the proxy, which follows from the test and the proxy's name.
            ordinal: How many connections the proxy had accepted before, since it was given the
                seed.
            toxic: Name of the toxic.
        """
        return cls(derive(seed, str(ordinal), toxic))

    def fraction(self) -> float:
        """Return a number from 0 to 1, without 1, for the connection as a whole."""
        return self.seed / WHOLE

    def around(self, offset: int, spread: int) -> int:
        """Return an integer from -`spread` to `spread`, without the latter, for one byte.

        Args:
            offset: The byte's place in its direction.
            spread: How far from 0; at least 1.

        Example:
            >>> Draws(7).around(4096, 50) == Draws(7).around(4096, 50)
            True
        """
        key = self.seed.to_bytes(8, "big") + offset.to_bytes(8, "big")
        drawn = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")
        return drawn % (2 * spread) - spread
