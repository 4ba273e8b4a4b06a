"""Redis, and Valkey where that is what there is."""

from harness.services.redis.service import Redis

__all__ = ["Redis"]
