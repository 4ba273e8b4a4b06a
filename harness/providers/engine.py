"""Talking to a Docker daemon: what is done often, or by the janitor, needs no client library.

Source: Docker Engine API, version negotiated by leaving it out of the path.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

TIMEOUT = 20.0  # seconds: removing a container takes a busy daemon some
NOT_FOUND = 404
FRAME = 8  # bytes before each piece of a log: its stream and its length


class EngineError(OSError):
    """The daemon refused a request.

    Attributes:
        status: HTTP status of its answer.
        explanation: What it says of the failure.
    """

    def __init__(self, status: int, explanation: str) -> None:
        super().__init__(f"the Docker daemon answers {status}: {explanation}")
        self.status = status
        self.explanation = explanation


class Engine:
    """A Docker daemon.

    Args:
        host: Its address, as in `DOCKER_HOST`.
        timeout: Seconds that it is given to say something.
    """

    def __init__(self, host: str, timeout: float | None = None) -> None:
        self.host = host
        self._timeout = TIMEOUT if timeout is None else timeout

    def get(self, path: str, **query: Any) -> Any:
        """Ask for something; return what the daemon's JSON says.

        Raises:
            EngineError: It refused.
            OSError: It does not answer.
        """
        return json.loads(self.request("GET", path, query))

    def post(self, path: str, body: object = None, **query: Any) -> Any:
        """Have something done; return what the daemon's JSON says, if it says anything.

        Raises:
            EngineError, OSError: As `get`.
        """
        answer = self.request("POST", path, query, body)
        return json.loads(answer) if answer else None

    def has(self, path: str) -> bool:
        """Tell whether there is something of that path.

        Raises:
            EngineError, OSError: As `get`.
        """
        try:
            self.request("GET", path, {})
        except EngineError as error:
            if error.status != NOT_FOUND:
                raise
            return False
        return True

    def delete(self, path: str, **query: Any) -> None:
        """Remove something; what is not there is no error.

        Raises:
            EngineError, OSError: As `get`.
        """
        try:
            self.request("DELETE", path, query)
        except EngineError as error:
            if error.status != NOT_FOUND:
                raise

    def request(self, method: str, path: str, query: dict[str, Any], body: object = None) -> bytes:
        """Send one request and return the answer's body.

        Raises:
            EngineError, OSError: As `get`.
        """
        from harness.providers import daemon

        target = quote(path) + (f"?{urlencode(query)}" if query else "")
        plain = self.host.startswith(("unix://", "tcp://", "http://")) and not (
            daemon.speaks_tls() and not self.host.startswith("unix://")
        )
        send = self._send if plain else self._send_through_client
        status, answer = send(method, target, None if body is None else json.dumps(body))
        if status >= 400:
            raise EngineError(status, explanation(answer))
        return answer

    def _send(self, method: str, target: str, body: str | None) -> tuple[int, bytes]:
        import http.client

        from harness.providers.daemon import HostConnection

        connection = HostConnection(self.host, self._timeout)
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, target, body, headers)
            with connection.getresponse() as response:
                return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ConnectionError(
                f"the Docker daemon at {self.host} does not answer: {reason}"
            ) from error
        finally:
            connection.close()

    def _send_through_client(self, method: str, target: str, body: str | None) -> tuple[int, bytes]:
        """Send it by docker-py, which knows ssh, TLS and named pipes."""
        import docker

        try:
            client = self._client()
            try:
                headers = {} if body is None else {"Content-Type": "application/json"}
                response = client.request(
                    method, f"{client.base_url}{target}", data=body, headers=headers
                )
                return response.status_code, response.content
            finally:
                client.close()
        except docker.errors.DockerException as error:
            raise ConnectionError(
                f"the Docker daemon at {self.host} does not answer: {error}"
            ) from error

    def _client(self) -> Any:
        """Return docker-py's client, with the certificates that Docker's variables name."""
        import docker

        given = docker.utils.kwargs_from_env() if self.host.startswith("tcp://") else {}
        secured = {name: given[name] for name in ("tls",) if name in given}
        return docker.APIClient(base_url=self.host, timeout=self._timeout, **secured)


def explanation(answer: bytes) -> str:
    """Return what the daemon says of a failure."""
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace").strip()


def unframed(log: bytes) -> str:
    """Return the text of a container's log, of which each piece has a header.

    A terminal's log has none.
    """
    if not log[:1] or log[0] > 2 or log[1:4] != b"\0\0\0":
        return log.decode(errors="replace")
    return b"".join(piece for _, piece in frames(log)).decode(errors="replace")


def frames(log: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the pieces of a log or an answer, each with its stream: 1 for output, 2 for errors."""
    at = 0
    while at < len(log):
        end = at + FRAME + int.from_bytes(log[at + 4 : at + FRAME], "big")
        yield log[at], log[at + FRAME : end]
        at = end
