"""How any program runs as a process of this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.causes import likely_cause
from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.core.secrets import secrets_of
from harness.core.settings import Settings
from harness.errors import StartError
from harness.providers.embedded import LOOPBACK, clean_environment

KNOCK_TIMEOUT = 1.0
CAUSES = (
    ("ddress already in use", "another program listens on its port"),
    ("ModuleNotFoundError", "the program lacks a Python module: is it installed for that Python?"),
    ("No space left on device", "the disk is full"),
    ("ermission denied", "it may not read, write or execute what it needs"),
)


@dataclass(frozen=True)
class Program:
    """How any program runs as a process of this machine.

    Attributes:
        title: The command as it was declared, for people.
        command: Command and arguments.
        port: The port that it listens on; None for a free one.
        cwd: Its working directory.
        stop_signal: Number of the signal that asks it to stop.
        grace: Seconds that it is given to stop.
        environment: Its environment, beside what every program needs.
        secrets: Texts that must never be shown.
    """

    title: str
    command: tuple[str, ...]
    port: int | None
    cwd: str | os.PathLike[str] | None
    stop_signal: int
    grace: float
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def refusal(self, settings: Settings) -> str | None:
        """Return nothing: whether it can be executed is seen by trying."""
        return None

    def describe(self, settings: Settings) -> str:
        """Return the command and its working directory."""
        return f"`{self.title}` in {self._directory(settings)}"

    def _directory(self, settings: Settings) -> Path:
        return settings.resolve(self.cwd or ".")

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Return what to run, with its port and its directory filled in.

        Raises:
            StartError: The working directory is not there, or the port is taken.
        """
        directory = self._directory(settings)
        check_directory(directory)
        if self.port is not None:
            check_free(self.port)
        gaps = {"{port}": str(self.port or port), "{home}": str(home)}
        own = {name: filled(text, gaps) for name, text in self.environment.items()}
        inherited = {"HOME": str(home), "LC_ALL": "C.UTF-8", "PORT": gaps["{port}"]}
        return Launch(
            command=tuple(filled(word, gaps) for word in self.command),
            endpoint=Endpoint(LOOPBACK, self.port or port, trusted=True),
            provenance=self.describe(settings),
            account=Account(),
            stop_signal=self.stop_signal,
            environment=clean_environment(**{**inherited, **own}),
            grace=self.grace,
            cwd=str(directory),
            holds_port=False,
            secrets=(*secrets_of(own), *self.secrets),
        )

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of its end, read from its log."""
        return likely_cause(log, CAUSES)


def filled(text: str, gaps: Mapping[str, str]) -> str:
    """Return a text with its gaps filled in; other braces stay as they are."""
    for gap, value in gaps.items():
        text = text.replace(gap, value)
    return text


def check_directory(path: Path) -> None:
    """Do nothing for a directory.

    Raises:
        StartError: It is none.
    """
    if not path.is_dir():
        raise StartError(
            f"the working directory {path} is not there",
            cause="a relative cwd= begins at the directory of the settings file, "
            "or at the working directory",
            hint="make it, or name another one",
        )


def check_free(port: int) -> None:
    """Do nothing for a port on which nobody listens.

    Raises:
        StartError: Somebody does, who would pass for the program.
    """
    try:
        socket.create_connection((LOOPBACK, port), KNOCK_TIMEOUT).close()
    except OSError:
        return
    raise StartError(
        f"port {port} is taken: another program listens there",
        cause="a fixed port= is one for the whole machine",
        hint=f"end that program (`ss -ltnp 'sport = :{port}'` names it), or leave port= out",
    )
