"""A line to the HTTP API of a fault proxy."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Callable
from typing import Any

from harness.core.endpoint import Endpoint
from harness.errors import FaultError

TIMEOUT = 30.0  # seconds: removing a toxic may have to wait for it
DEFAULT_PORT = 8474


class Line:
    """A line to the API of a fault proxy, kept open; one request at a time.

    Args:
        url: Where the API is.
        timeout: Seconds to wait for an answer.
        silent: Called when nobody answers: may raise an error that says more.

    Raises:
        FaultError: That is no URL of HTTP.
    """

    def __init__(
        self, url: str, timeout: float = TIMEOUT, silent: Callable[[], object] | None = None
    ) -> None:
        self._timeout = timeout
        self._said = silent
        self._url = url
        self._endpoint = endpoint_of(url)
        self._lock = threading.Lock()
        self._open: http.client.HTTPConnection | None = None
        self._pid = os.getpid()

    def ask(self, method: str, path: str, body: object = None, *, ignored: int = 0) -> Any:
        """Send a request, and return what its answer holds; None for nothing.

        Args:
            method: Such as `POST`.
            path: Of the API.
            body: What to send as JSON; None for nothing.
            ignored: A status that is no error; None is returned for it.

        Raises:
            FaultError: It is refused, or nobody answers.
        """
        sent = None if body is None else json.dumps(body).encode()
        try:
            with self._lock:
                status, text = self._exchange(method, path, sent)
        except (OSError, http.client.HTTPException) as error:
            if self._said is not None:
                self._said()
            raise self._silent(error) from error
        if status >= 300 and status != ignored:
            raise self._refused(method, path, status, text)
        return json.loads(text) if text and status < 300 else None

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Send and receive, on a new connection if the server has closed the one that was kept."""
        kept = self._kept()
        if kept is not None:
            try:
                return self._once(kept, method, path, body)
            except (ConnectionError, http.client.RemoteDisconnected):
                self._hang_up()
        self._open = http.client.HTTPConnection(
            self._endpoint.host, self._endpoint.port, timeout=self._timeout
        )
        self._pid = os.getpid()
        return self._once(self._open, method, path, body)

    def _kept(self) -> http.client.HTTPConnection | None:
        """Return the connection that is open, unless it is that of the process we forked from."""
        return self._open if self._pid == os.getpid() else None

    def _once(
        self, line: http.client.HTTPConnection, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        try:
            line.request(method, path, body)
            answer = line.getresponse()
            return answer.status, answer.read()
        except BaseException:  # the next request would get the answer to this one
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        line, self._open = self._open, None
        if line is not None:
            line.close()

    def close(self) -> None:
        """Close it; the next request opens it again."""
        with self._lock:
            self._hang_up()

    def _silent(self, error: Exception) -> FaultError:
        return FaultError(
            f"the fault proxy at {self._url} does not answer: {error or type(error).__name__}",
            cause="it was not started, or has ended",
            hint=f"start one: harness toxiproxy --port {self._endpoint.port}",
        )

    def _refused(self, method: str, path: str, status: int, text: bytes) -> FaultError:
        return FaultError(
            f"the fault proxy at {self._url} refused {method} {path}: {reason(text)} ({status})",
            cause=next((cause for word, cause in CAUSES if word in reason(text)), None),
            hint=next((hint for word, hint in HINTS if word in reason(text)), None),
        )


CAUSES = (
    ("proxy not found", "it was removed, or the server was started anew"),
    ("already exists", "somebody else, or an earlier run, has made it"),
    ("address already in use", "another program listens on that port"),
)
HINTS = (
    ("proxy not found", "make it with create(), and keep it for the length of the test"),
    ("already exists", "choose another name, or remove that one"),
    ("address already in use", "listen on port 0, for a free one"),
    ("missing port", 'write addresses as "host:port"'),
)


def endpoint_of(url: str) -> Endpoint:
    """Return where an API is.

    Raises:
        FaultError: That is no URL of HTTP.
    """
    try:
        if not url.startswith("http://"):
            raise ValueError("it does not begin with http://")
        return Endpoint.parse(url, DEFAULT_PORT)
    except ValueError as error:
        raise FaultError(
            f"{url!r} is no URL of a fault proxy", cause=str(error), hint="write http://host:port"
        ) from None


def reason(text: bytes) -> str:
    """Return what an answer says is wrong."""
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text.decode(errors="replace").strip() or "no reason"
