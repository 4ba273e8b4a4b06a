"""What keeps us out of a Redis server, in words that help."""

from __future__ import annotations
