"""How a fault proxy runs as a process of this machine: a program on the PATH, or our own."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import harness.faults
from harness.core.causes import likely_cause
from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.core.settings import Settings
from harness.core.settings_values import OWN
from harness.core.versions import fits
from harness.faults.server import VERSION
from harness.providers.embedded import LOOPBACK, clean_environment
from harness.providers.programs import said

PROGRAM = "toxiproxy-server"
INSTALL = f'put {PROGRAM} on the PATH, or `pip install "unittest-harness[faults]"`'
CAUSES = (
    ("address already in use", "another program took the port"),
    ("too many open files", "each proxy and each connection takes a file: raise `ulimit -n`"),
    ("ModuleNotFoundError", "the package h11 was removed meanwhile"),
)


@dataclass(frozen=True)
class Server:
    """A server that can be run.

    Attributes:
        command: Its command line, up to the address; with `{host}` and `{port}` to fill in.
        version: Its version.
        words: What it is, for people.
    """

    command: tuple[str, ...]
    version: str
    words: str


@dataclass(frozen=True)
class ToxiproxyProcess:
    """How a fault proxy runs as a process of this machine.

    Attributes:
        version: What its version must begin with; None for any.
        near: Whether it stands before other services: then a setting may want our own.
    """

    version: str | None = None
    near: bool = False

    def _choose(self, settings: Settings) -> Server | str:
        return choose(self.version, own_only=self.near and settings.fault_proxy == OWN)

    def refusal(self, settings: Settings) -> str | None:
        """Return why none can run here, or None."""
        found = self._choose(settings)
        return found if isinstance(found, str) else None

    def describe(self, settings: Settings) -> str:
        """Return which server would run."""
        found = self._choose(settings)
        return found if isinstance(found, str) else found.words

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Return what to run."""
        server = self._choose(settings)
        assert isinstance(server, Server), server
        gaps = {"host": LOOPBACK, "port": str(port)}
        return Launch(
            command=tuple(word.format_map(gaps) for word in server.command),
            endpoint=Endpoint(LOOPBACK, port, trusted=True),
            provenance=server.words,
            account=Account(),
            stop_signal=getattr(signal, "SIGKILL", signal.SIGTERM),  # it has nothing to save
            environment=clean_environment(PYTHONPATH=python_path(), LOG_LEVEL="info"),
        )

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from the server's log."""
        return likely_cause(log, CAUSES)


@functools.cache
def choose(version: str | None, *, own_only: bool = False) -> Server | str:
    """Return the first server that fits, or why none does.

    Args:
        version: What its version must begin with; None for any.
        own_only: Whether it is to be our own.
    """
    reasons = []
    for found in [own()] if own_only else [installed(), own()]:
        if isinstance(found, Server) and (version is None or fits(found.version, version)):
            return found
        reasons.append(found if isinstance(found, str) else f"{found.words} is not {version}")
    return f"{'; '.join(reasons)}: {INSTALL}"


def installed() -> Server | str:
    """Return the program on the PATH, or why there is none."""
    path = shutil.which(PROGRAM)
    answer = said(path, "-version") or "" if path else ""
    match = re.match(r"toxiproxy-server version (\S+)", answer)
    if path is None or match is None:
        return f"no {PROGRAM} on the PATH"
    command = (path, "-host", "{host}", "-port", "{port}")
    return Server(command, match[1], f"Toxiproxy {match[1]} in {Path(path).parent}")


def own() -> Server | str:
    """Return our own server, or why it cannot run."""
    if importlib.util.find_spec("h11") is None:
        return "the package h11 is not installed"
    # Without `site`, which would look for packages that are in our own path already.
    command = (sys.executable, "-S", "-m", "harness.faults.server", "{host}", "{port}", "0")
    return Server(command, VERSION, f"harness's own server of Toxiproxy {VERSION}")


def python_path() -> str:
    """Return where another Python finds what this one does, ourselves first."""
    ours = Path(harness.faults.__file__).parents[2]
    return os.pathsep.join([str(ours), *(os.path.abspath(entry) for entry in sys.path if entry)])
