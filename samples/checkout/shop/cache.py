"""Redis, as something that the shop can do without."""

import logging

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)


def connect(url: str, *, timeout: float = 0.5) -> redis.Redis:
    """Return a client that tries nothing twice.

    By default redis-py does: and counts twice, where only the answer to the first try was lost.
    What Redis has is also to be had elsewhere, so it is not waited for either.

    Args:
        url: Where Redis is.
        timeout: Seconds to wait for an answer.
    """
    return redis.Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
    )


class Cache:
    """What may be forgotten at any time. While Redis fails, it knows nothing and keeps nothing.

    Args:
        client: One that tries nothing twice, as of `connect`.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def get(self, key: str) -> bytes | str | None:
        """Return what is known under a key; None if that is nothing."""
        try:
            return self._client.get(key)
        except redis.RedisError as error:
            log.info("%s not read: %s", key, error)
            return None

    def put(self, key: str, value: str, *, seconds: int) -> None:
        """Remember something for a while."""
        try:
            self._client.set(key, value, ex=seconds)
        except redis.RedisError as error:
            log.info("%s not kept: %s", key, error)

    def forget(self, key: str) -> None:
        """Forget something; while Redis fails, it is known until its time is over."""
        try:
            self._client.delete(key)
        except redis.RedisError as error:
            log.info("%s not forgotten: %s", key, error)

    def count(self, key: str, by: int) -> None:
        """Add to a counter, at most once: it may miss some, and never has too many."""
        try:
            self._client.incrby(key, by)
        except redis.RedisError as error:
            log.info("%s not counted: %s", key, error)
