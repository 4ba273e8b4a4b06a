"""What unit tests need beside the fakes: directories, programs and servers that are real."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from harness.core.endpoint import Endpoint
from harness.core.instance import Running
from harness.core.settings import Settings
from tests.support import fakes, project

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NO_PERMISSIONS = "permissions do not hold for root"
PATHS = [str(project.HOME), *filter(None, sys.path)]  # so that a child finds what we find


class DirectoryTest(unittest.TestCase):
    """A test with a directory of its own, which is away afterwards."""

    def setUp(self) -> None:
        # resolved, for what is under test resolves paths; short, for paths of sockets are
        self.directory = Path(tempfile.mkdtemp(prefix="u-")).resolve()
        self.addCleanup(self._remove)

    def _remove(self) -> None:
        for place in self.directory.rglob("*"):
            if place.is_dir() and not place.is_symlink():
                place.chmod(0o700)
        shutil.rmtree(self.directory)

    def write(self, name: str, text: str = "") -> Path:
        """Make a file, with the directories it lies in."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def settings(self, **variables: str) -> Settings:
        """Return settings that know nothing of the user's, read in the test's directory."""
        return Settings.read(self.directory, environ=variables)

    def program(self, name: str, script: str) -> Path:
        """Make a shell script that can be run."""
        path = self.write(name, f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def environment(self, **variables: str) -> None:
        """Let this test alone see these environment variables, with a home that is empty."""
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.directory)}
        self.enterContext(mock.patch.dict(os.environ, {**kept, **variables}, clear=True))


class ScriptedRunning:
    """Something that runs as long as the list of its exit states says so."""

    provenance = "Script 1.0"
    fresh = True
    identity = "script"
    secrets: tuple[str, ...] = ()
    inside: tuple[str, int] | None = None

    def __init__(self, *states: str | None, log: str = "", cause: str | None = None) -> None:
        self.endpoint = Endpoint("127.0.0.1", 1)
        self.states = list(states)
        self.text = log
        self.cause = cause
        self.stops = 0
        self.told: list[str] = []

    def exit_state(self) -> str | None:
        return self.states.pop(0) if self.states else None

    def log(self) -> str:
        return self.text

    def log_mark(self) -> int:
        return len(self.text)

    def log_since(self, mark: Any) -> str:
        return self.text[mark:]

    def likely_cause(self) -> str | None:
        return self.cause

    def record(self) -> dict[str, Any]:
        return {}

    def stop(self) -> None:
        self.stops += 1

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")

    def kill(self) -> None:
        self.told.append("kill")

    def restart(self) -> None:
        self.told.append("restart")


@dataclass(frozen=True, repr=False)
class Closing(fakes.Fake):
    """A fake that notes when its instance is closed, too.

    Args:
        closing: Called then; raises where that is to fail.
    """

    closing: Callable[[], object] = fakes.nothing

    def open(self, provider: str, running: Running, settings: Settings) -> fakes.FakeInstance:
        instance = super().open(provider, running, settings)
        instance.cleanups.push(self._close)
        return instance

    def _close(self) -> None:
        self.journal.note(f"{self.name} close")
        self.closing()


def run_python(
    code: str, *options: str, cwd: Path = fakes.PROJECT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter, which sees none of the user's settings."""
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=cwd,
        env={**project.environ(), "PYTHONPATH": os.pathsep.join(PATHS), **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextlib.contextmanager
def listening(path: Path, answer: bytes | None = None) -> Iterator[str]:
    """Listen on a Unix socket as a daemon would; yield its URL.

    Args:
        path: Of the socket.
        answer: Sent to the first who asks; None to accept and never answer.
    """
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        with serving(server, answer):
            yield f"unix://{path}"


@contextlib.contextmanager
def answering(answer: bytes | None = None) -> Iterator[int]:
    """Listen on the loopback interface; yield the port."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        with serving(server, answer):
            yield server.getsockname()[1]


@contextlib.contextmanager
def serving(server: socket.socket, answer: bytes | None) -> Iterator[None]:
    """Answer the first who asks, in a thread that ends with the block."""
    server.listen()
    thread = threading.Thread(target=_serve, args=(server, answer), daemon=True)
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError), socket.socket(server.family) as caller:
            caller.connect(server.getsockname())  # wakes the thread where nobody asked
        thread.join(10)


def _serve(server: socket.socket, answer: bytes | None) -> None:
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        while connection.recv(4096):
            if answer is not None:
                connection.sendall(answer)
                return


def error_response(state: str, text: str) -> bytes:
    """Return the message by which PostgreSQL refuses a connection."""
    body = f"SFATAL\0C{state}\0M{text}\0\0".encode()
    return b"E" + struct.pack("!i", len(body) + 4) + body


def collect(function: Callable[..., Any], *arguments: Any) -> list[str]:
    """Return the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*arguments)
    return [str(warning.message) for warning in caught]
