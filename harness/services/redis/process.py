"""How Redis runs as a process of this machine: its program and its command line."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.core.causes import likely_cause
from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.core.secrets import random_password
from harness.core.settings import Settings
from harness.providers.embedded import clean_environment
from harness.services.redis import binaries
from harness.services.redis.causes import CAUSES

USER = "default"  # the user that every server has
DATABASES = 256  # one for each worker, and room: an unused one costs next to nothing

# A test's data need not survive anything.
FAST = (
    ("save", ""),
    ("appendonly", "no"),
    ("databases", str(DATABASES)),
)


@dataclass(frozen=True)
class RedisProcess:
    """How Redis runs as a process of this machine.

    Attributes:
        version: What its version of Redis must begin with; None for any.
        settings: Server settings, as (name, value).
    """

    version: str | None = None
    settings: tuple[tuple[str, str], ...] = ()

    def refusal(self, settings: Settings) -> str | None:
        """Return why no installed server can run here, or None."""
        program = binaries.choose(self.version)
        return program if isinstance(program, str) else None

    def describe(self, settings: Settings) -> str:
        """Return the version and the directory of what would run."""
        return str(binaries.choose(self.version))

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Write the password into `home` and return the server's command line.

        Raises:
            OSError: The directory cannot be written.
        """
        program = binaries.choose(self.version)
        assert not isinstance(program, str), program
        password = random_password()
        secret = write_secret(home / "secret.conf", password)
        # The working directory is `home`; `save` writes nothing, but a test may ask for it.
        here = {"bind": "127.0.0.1", "port": str(port)}
        flags = server_flags((*here.items(), *self.settings))
        return Launch(
            command=(str(program.path), str(secret), *flags),
            endpoint=Endpoint("127.0.0.1", port, user=USER, password=password, trusted=True),
            provenance=str(program),
            account=Account(),
            # There is nothing to save; asked politely, it looks at the request every 100 ms only.
            stop_signal=signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM,
            environment=clean_environment(),
        )

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from the server's log."""
        return likely_cause(log, CAUSES)


def write_secret(path: Path, password: str) -> Path:
    """Write the settings that `ps` must not show, for nobody else to read; return the file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(path, flags, mode=0o600), "w", encoding="ascii") as file:
        file.write(f"requirepass {password}\n")
    return path


def server_flags(settings: Iterable[tuple[str, str]]) -> list[str]:
    """Return server settings as command line flags, after those for speed: the last one counts.

    Example:
        >>> server_flags([("maxmemory", "1mb")])[-2:]
        ['--maxmemory', '1mb']
    """
    options = {**dict(FAST), **dict(settings)}
    return [part for name, value in options.items() for part in (f"--{name}", value)]
