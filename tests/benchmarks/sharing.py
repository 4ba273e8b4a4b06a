"""Starting a server, attaching to one that runs, and finding the last run's again."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from harness import Environment, Postgres
from harness.core.instance import Running
from harness.core.settings import Settings
from harness.errors import UnavailableError
from harness.providers.images import image_named
from tests.benchmarks.measure import Line, bytecode, milliseconds, show, times
from tests.benchmarks.starts import first_query

ROUNDS = 5
ATTACHES = 40
PEER = "docker, testcontainers"


class Timed(Postgres):
    """A service that notes when its instance was found to be ready."""

    ready = 0.0

    def open(self, provider: str, running: Running, settings: Settings) -> Any:
        """Note the time; then open the instance."""
        Timed.ready = time.perf_counter()
        return super().open(provider, running, settings)


def main() -> None:
    """Measure and print."""
    for provider in ("docker", "embedded"):
        try:
            Environment(providers=provider).choose(Postgres())
        except UnavailableError as error:
            show(provider, [Line(str(error).splitlines()[1].strip()[:70], "")])
        else:
            show(f"One PostgreSQL for many processes, {provider}", compared(provider))


def compared(provider: str) -> Iterator[Line]:
    """Yield the lines of one provider, each beside what plain testcontainers takes."""
    peer = plain_testcontainers() if provider == "docker" else None
    if peer is not None:
        yield Line("testcontainers: start, in this process", milliseconds(peer))
    for label, seconds, aim in (
        ("start, in this process", start(provider), ""),
        ("attach, with its probe", attach(provider), "aim <= 2 ms"),
        ("reuse: a new process's first query", reuse(provider), "aim <= 300 ms"),
    ):
        yield Line(label, milliseconds(seconds), times(seconds, peer) if peer else "", aim)


@contextlib.contextmanager
def state() -> Iterator[str]:
    """Make a registry that nobody else uses."""
    with tempfile.TemporaryDirectory() as directory:
        yield directory


def start(provider: str) -> float:
    """Return the seconds until a server that nobody runs answers."""
    return statistics.median(started(provider) for _ in range(ROUNDS))


def started(provider: str) -> float:
    with state() as directory, Environment(providers=provider, state_dir=directory) as env:
        begun = time.perf_counter()
        env.instance(Timed())
        return Timed.ready - begun


def attach(provider: str) -> float:
    """Return the seconds until a server that somebody runs is found and answers."""
    with state() as directory, Environment(providers=provider, state_dir=directory) as env:
        env.instance(Postgres())
        return statistics.median(attached(provider, directory) for _ in range(ATTACHES))


def attached(provider: str, directory: str) -> float:
    with Environment(providers=provider, state_dir=directory) as env:
        env.choose(Timed())
        begun = time.perf_counter()
        env.instance(Timed())
        return Timed.ready - begun


def reuse(provider: str) -> float:
    """Return the seconds that a process needs for its first query on the last one's server."""
    with state() as directory, bytecode() as compiled:
        run = partial(
            first_query,
            **compiled,
            HARNESS_PROVIDERS=provider,
            HARNESS_STATE_DIR=directory,
            HARNESS_REUSE="1",
            HARNESS_REUSE_TTL="5",
            CI="",
        )
        run()
        seconds = statistics.median(run() for _ in range(ROUNDS))
        await_empty(Path(directory))
        return seconds


def await_empty(directory: Path) -> None:
    """Wait until what was kept is gone: its registry is about to be removed."""
    while any(directory.glob("registry-*/slots/*")):
        time.sleep(0.1)


def plain_testcontainers() -> float | None:
    """Return the seconds that plain testcontainers takes until its server answers.

    Its reaper is off: its image is not pinned here.
    """
    try:
        from testcontainers.community.postgres import PostgresContainer
        from testcontainers.core.config import testcontainers_config
    except ImportError:
        return None
    testcontainers_config.ryuk_disabled = True
    reference = image_named("postgres", Settings.read()).reference
    return statistics.median(one_container(PostgresContainer, reference) for _ in range(ROUNDS))


def one_container(container: Any, reference: str) -> float:
    begun = time.perf_counter()
    with container(reference, driver=None):
        return time.perf_counter() - begun
