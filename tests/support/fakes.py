"""A service without a server, which writes down what happens to it and fails on demand.

It needs no provider of its own: `external` hands it a URL and starts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from harness.core.endpoint import Endpoint
from harness.core.environment import Environment
from harness.core.instance import Instance, Running
from harness.core.lease import Lease
from harness.core.recipe import Recipe, UrlRecipe
from harness.core.service import Service
from harness.core.settings import Settings

PROJECT = Path(__file__).parents[2]
SEED = 7


def environment(**variables: str) -> Environment:
    """Return an environment in which a `Fake` can run, with `variables` set."""
    return make_environment(**{"FAKE_URL": "fake://127.0.0.1", "TEST_SEED": str(SEED), **variables})


def empty_environment(**variables: str) -> Environment:
    """Return an environment in which no provider can run a `Fake`."""
    return make_environment(TEST_SEED=str(SEED), **variables)


def make_environment(**variables: str) -> Environment:
    return Environment(Settings.read(PROJECT, environ=variables))


@dataclass(eq=False)  # hashed by identity, as the option of a service must be
class Journal:
    """What happened, in order."""

    entries: list[str] = field(default_factory=list)

    def note(self, entry: str) -> None:
        self.entries.append(entry)

    def count(self, entry: str) -> int:
        return self.entries.count(entry)


def nothing() -> None:
    """Do nothing, as a fake does where no failure was asked for."""


def failing(error: BaseException) -> Callable[[], None]:
    """Return what raises this error whenever it is called."""

    def fail() -> None:
        raise error

    return fail


@dataclass(frozen=True, repr=False)
class Fake(Service["FakeLease"]):
    """A service without a server.

    Args:
        journal: Where to note what happens.
        name: Keeps two equal services apart, and begins their entries in the journal.
        starting: Called when the instance starts; raises where that is to fail.
        leasing: Called when a lease is taken.
        releasing: Called when a lease is released.
    """

    kind: ClassVar[str] = "fake"

    journal: Journal
    name: str = "db"
    starting: Callable[[], object] = nothing
    leasing: Callable[[], object] = nothing
    releasing: Callable[[], object] = nothing

    @property
    def label(self) -> str:
        return f"Fake(name={self.name!r})"

    def recipe(self, provider: str) -> Recipe | str:
        if provider == "external":
            return UrlRecipe("FAKE_URL", 1, ("fake",))
        return f"a fake does not run on {provider}"

    def instance_key(self) -> tuple[object, ...]:
        return (self.name, self.journal)

    def probe(self, running: Running, timeout: float) -> None:
        pass

    def open(self, provider: str, running: Running, settings: Settings) -> FakeInstance:
        self.journal.note(f"{self.name} start")
        self.starting()
        return FakeInstance(self.kind, provider, running)


class FakeRunning:
    """What runs when a `LoggingFake` does: `say` what it logs, set its `state` to end it."""

    provenance = "Fake 1.0"
    fresh = True
    identity = "fake"

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.secrets: tuple[str, ...] = ()
        self.state: str | None = None
        self.text = ""
        self.readings = 0

    def say(self, *lines: str) -> None:
        self.text += "".join(f"{line}\n" for line in lines)

    def exit_state(self) -> str | None:
        return self.state

    def log(self) -> str:
        return self.text

    def log_mark(self) -> object:
        return len(self.text)

    def log_since(self, mark: Any) -> str:
        self.readings += 1
        return self.text[mark or 0 :]

    def likely_cause(self) -> str | None:
        return None

    def record(self) -> dict[str, Any]:
        return {}

    def stop(self) -> None:
        pass

    def kill(self) -> None:
        self.state = "killed by SIGKILL"

    def restart(self) -> None:
        self.state = None


@dataclass(frozen=True, repr=False)
class LoggingFake(Fake):
    """A fake that can log, and die."""

    def open(self, provider: str, running: Running, settings: Settings) -> FakeInstance:
        made: Any = FakeRunning(running.endpoint)
        return super().open(provider, made, settings)


class FakeInstance(Instance["FakeLease"]):
    def lease(self, service: Any) -> FakeLease:
        service.journal.note(f"{service.name} acquire")
        service.leasing()
        return FakeLease(self, service)


class FakeLease(Lease):
    """What a test holds of a `Fake`: `use` it, or `lose` its server."""

    def __init__(self, instance: FakeInstance, service: Fake) -> None:
        super().__init__(service.label)
        self.instance = instance
        self.service = service

    def use(self) -> None:
        self._check_held()
        self.service.journal.note(f"{self.service.name} use")

    def lose(self, error: Exception) -> None:
        """Raise `error` as a lease does whose server is gone."""
        self.outages.append(error)
        raise error

    def _release(self) -> None:
        self.service.journal.note(f"{self.service.name} release")
        self.service.releasing()
