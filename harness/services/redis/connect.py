"""Connecting to Redis with redis-py, and saying why it failed."""

from __future__ import annotations

import functools
import inspect
import threading
from dataclasses import replace
from typing import Any

from harness.core.endpoint import Dsn, Endpoint
from harness.core.extras import extra
from harness.core.instance import Running
from harness.services.redis.refusals import explained, no_entry, not_permitted, unusable_option

LOGIN_TIMEOUT = 5.0  # seconds
ANSWER_TIMEOUT = 30.0  # seconds: another process may keep the server busy
POOL_ONLY = ("connection_class", "db", "max_connections", "timeout")  # not for one connection


def driver() -> Any:
    """Import redis-py.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("redis", "the Redis client redis"):
        import redis
    return redis


def url_of(running: Running, database: int, through: Endpoint | None = None) -> Dsn:
    """Return the URL of a numbered database, as redis-py and others read it.

    Args:
        running: The server.
        database: The number.
        through: Where it is reached; the server's own endpoint.
    """
    endpoint = through or running.endpoint
    user = endpoint.user or ("default" if endpoint.password else "")
    options = tuple(pair for pair in endpoint.options if pair[0] != "db")  # it would win
    # The scheme is in what the provider says of itself: an endpoint does not keep it.
    scheme = "rediss" if running.provenance.startswith("REDIS_URL=rediss:") else "redis"
    return replace(endpoint, user=user, options=options).url(scheme, str(database))


def parameters(url: str) -> dict[str, Any]:
    """Return what redis-py reads from a URL, without what is a pool's.

    Raises:
        StartError: An option in it has a value that redis-py does not take.
    """
    try:
        found: dict[str, Any] = driver().connection.parse_url(url)
    except ValueError as error:
        raise unusable_option(error) from None  # whose frames hold the password
    return found


class Session:
    """One connection of the harness's own. It is never opened anew: its end is an end of a claim.

    Args:
        url: URL of the server.
        timeout: Seconds to wait for an answer.

    Raises:
        StartError: The server does not let us in, or the URL has an option that is unknown.
        redis.exceptions.ConnectionError: Nobody answers.
    """

    def __init__(self, url: str, timeout: float = ANSWER_TIMEOUT) -> None:
        options = parameters(url)
        make = options.get("connection_class", driver().Connection)
        for name in POOL_ONLY:
            options.pop(name, None)
        self._lock = threading.RLock()
        self._line = connected(make, {**options, **ours(timeout)})
        self.lost = False
        self._where = f"{options.get('host')}:{options.get('port')}"

    @functools.cached_property
    def id(self) -> int:
        """The server's number for it."""
        return int(self.ask("CLIENT", "ID"))

    def greet(self) -> None:
        """Return when the server answers.

        Raises:
            StartError: It does not let us in.
            redis.exceptions.ConnectionError: It does not answer, or is still loading its data.
        """
        client = driver()
        try:
            self.ask("PING")
        except client.AuthenticationError as error:  # only now: it was given no password
            raise no_entry(self._where, error) from error
        except client.ResponseError as error:
            raise not_permitted(self._where, error) from error

    def ask(self, *command: object) -> Any:
        """Send one command and return the answer.

        Raises:
            redis.exceptions.ResponseError: The server refuses it.
            redis.exceptions.ConnectionError: The connection is lost.
        """
        return self.ask_all(command)[0]

    def ask_all(self, *commands: tuple[object, ...]) -> list[Any]:
        """Send several commands at once and return the answers.

        Raises:
            redis.exceptions.ResponseError: The server refuses one of them; all were sent.
            redis.exceptions.ConnectionError: The connection is lost.
        """
        return accepted(self.try_all(*commands))

    def try_all(self, *commands: tuple[object, ...]) -> list[Any]:
        """Send several commands at once and return the answers, refusals among them."""
        return self._exchange(self.pack(*commands), len(commands))

    def pack(self, *commands: tuple[object, ...]) -> bytes:
        """Return commands as they are sent: worth keeping for what is sent with every test."""
        return b"".join(self._line.pack_commands(commands))

    def ask_packed(self, commands: bytes, count: int) -> list[Any]:
        """Send packed commands at once and return the answers, as `ask_all` does."""
        return accepted(self._exchange(commands, count))

    def _exchange(self, commands: bytes, count: int) -> list[Any]:
        """Send and read; the connection is lost, too, if that was interrupted.

        The next command would be given the answers that were not read.
        """
        with self._lock:
            if self.lost:
                raise driver().ConnectionError("the harness's own connection was lost")
            try:
                self._line.send_packed_command([commands])
                return [self._answer() for _ in range(count)]
            except BaseException:
                self.close()
                raise

    def _answer(self) -> Any:
        try:
            return self._line.read_response()
        except driver().ResponseError as refusal:
            return refusal

    def is_lost(self) -> bool:
        """Tell whether the server has closed the connection, without asking it."""
        with self._lock:
            try:
                if not self.lost and self._line.can_read(0):
                    self.close()  # nothing was asked, so that is the end of the stream
            except (driver().RedisError, OSError):
                self.close()
            return self.lost

    def close(self) -> None:
        """Close the connection."""
        self.lost = True
        self._line.disconnect()


def accepted(answers: list[Any]) -> list[Any]:
    """Return the answers, if none is a refusal.

    Raises:
        redis.exceptions.ResponseError: One is.
    """
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def ours(timeout: float) -> dict[str, Any]:
    """Return how our own connections differ from those that a URL asks for."""
    redis = driver()
    return {
        "protocol": 2,
        "decode_responses": False,
        "socket_timeout": timeout,
        "socket_connect_timeout": min(timeout, LOGIN_TIMEOUT),
        "health_check_interval": 0,
        "retry": redis.retry.Retry(redis.backoff.NoBackoff(), 0),
        **nameless(),
    }


@functools.cache
def nameless() -> dict[str, None]:
    """Return the options that keep redis-py from saying its name, which takes two round trips."""
    make = driver().connection.AbstractConnection
    older = ("lib_name", "lib_version")
    names = ("driver_info",) if "driver_info" in inspect.signature(make).parameters else older
    return dict.fromkeys(names)


def connected(make: Any, options: dict[str, Any]) -> Any:
    """Return an open connection.

    Raises:
        StartError: The server does not let us in, or an option is unknown.
        redis.exceptions.ConnectionError: Nobody answers.
    """
    try:
        line = make(**options)
    except TypeError as error:
        raise unusable_option(error) from None
    where = f"{options.get('host')}:{options.get('port')}"
    failure: BaseException
    try:
        line.connect()
        return line
    except Exception as error:
        failure = explained(driver(), error, where)
    raise failure.with_traceback(None) from None  # outside: redis-py's frames hold the password


def greet(running: Running, timeout: float) -> None:
    """Return when the server answers a PING over a connection that has logged in.

    Raises:
        StartError: It does not let us in, its host is unknown, or it is no Redis.
        redis.exceptions.ConnectionError: It does not answer yet, or is still loading its data.
    """
    session = Session(url_of(running, 0), timeout)
    try:
        session.greet()
    finally:
        session.close()
