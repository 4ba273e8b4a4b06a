"""How long the parts of a test took."""

from __future__ import annotations

from typing import NamedTuple


class Times(NamedTuple):
    """How long the parts of a test took, in seconds.

    Attributes:
        setup: `setUp`, and the leases that the test took.
        body: The test itself.
        release: `tearDown`, the clean-ups, and giving the leases back.
    """

    setup: float = 0.0
    body: float = 0.0
    release: float = 0.0
