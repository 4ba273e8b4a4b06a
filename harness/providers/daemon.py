"""Asking whether a Docker daemon answers, without importing a Docker client."""

from __future__ import annotations

import functools
import http.client
import json
import os
import socket
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT = 1.0
DEFAULT_PORT = 2375
SOCKETS = (
    "/var/run/docker.sock",
    "{XDG_RUNTIME_DIR}/docker.sock",
    "{HOME}/.docker/run/docker.sock",
)


def docker_host() -> str:
    """Return where the daemon is: `DOCKER_HOST`, the current context, or a usual socket."""
    return os.environ.get("DOCKER_HOST") or context_host() or usual_socket()


def usual_socket() -> str:
    """Return the first usual socket that exists, else the most usual one."""
    values = {name: os.environ.get(name, "") for name in ("XDG_RUNTIME_DIR", "HOME")}
    paths = [pattern.format(**values) for pattern in SOCKETS]
    return "unix://" + next((path for path in paths if os.path.exists(path)), paths[0])


def context_host() -> str | None:
    """Return the host of the context that `docker context use` chose, or None for the default."""
    directory = Path(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"))
    try:
        name = os.environ.get("DOCKER_CONTEXT") or current_context(directory)
        meta = directory / "contexts" / "meta" / sha256(name.encode()).hexdigest() / "meta.json"
        host = json.loads(meta.read_text(encoding="utf-8"))["Endpoints"]["docker"]["Host"]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return str(host)


def current_context(directory: Path) -> str:
    """Return the name of the context in Docker's own configuration file."""
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    return str(config.get("currentContext") or "default")


@functools.cache
def refusal(host: str) -> str | None:
    """Return why the daemon at `host` cannot be used, or None. Asked once a process.

    A daemon that does not answer costs one second.
    """
    if not host.startswith(("unix://", "tcp://", "http://")):
        return None  # ssh and named pipes are left to the client, which says what is wrong
    try:
        status = ping(host)
    except FileNotFoundError:
        return f"no Docker daemon at {host}"
    except PermissionError:
        return f"no permission to use {host}; is this user in the group docker?"
    except ConnectionRefusedError:
        return f"no Docker daemon listens at {host}"
    except TimeoutError:
        return f"the Docker daemon at {host} did not answer within {TIMEOUT:g} s"
    except (OSError, http.client.HTTPException) as error:
        return f"the Docker daemon at {host} cannot be asked: {type(error).__name__}: {error}"
    return None if status == 200 else f"the Docker daemon at {host} answers HTTP {status}"


def ping(host: str) -> int:
    """Send `GET /_ping` of the Engine API and return the HTTP status.

    Where the user's Docker speaks TLS it is enough that somebody listens: certificates are the
    client's business.
    """
    connection = HostConnection(host)
    try:
        if not host.startswith("unix://") and speaks_tls():
            connection.connect()
            return 200
        connection.request("GET", "/_ping")
        return connection.getresponse().status
    finally:
        connection.close()


def speaks_tls() -> bool:
    """Tell whether the variables of Docker's clients ask for TLS."""
    return bool(os.environ.get("DOCKER_TLS_VERIFY") or os.environ.get("DOCKER_CERT_PATH"))


class HostConnection(http.client.HTTPConnection):
    """An HTTP connection to the address that a Docker host URL names."""

    def __init__(self, host: str, timeout: float = TIMEOUT) -> None:
        scheme, _, self._address = host.partition("://")
        self._unix = scheme == "unix"
        parts = urlsplit(host)
        name = "localhost" if self._unix else parts.hostname or ""
        super().__init__(name, None if self._unix else parts.port or DEFAULT_PORT, timeout)

    def connect(self) -> None:
        """Connect, over a Unix socket where it is one."""
        if not self._unix:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._address)
