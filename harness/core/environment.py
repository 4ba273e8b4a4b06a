"""The environment: starts instances once, hands out leases, closes in reverse order."""

from __future__ import annotations

import atexit
import functools
import os
import threading
import weakref
from collections.abc import Iterable
from types import TracebackType
from typing import Any, TypeVar

from harness.core.choice import Choice, choose
from harness.core.cleanup import Cleanups
from harness.core.instance import Instance
from harness.core.interrupts import interrupts_held
from harness.core.lease import Lease
from harness.core.service import Service
from harness.core.settings import Settings, current_settings
from harness.core.waiting import wait_until_ready
from harness.errors import HarnessError, LeaseError, StartError, again

L = TypeVar("L", bound=Lease)

CANCEL_TIMEOUT = 30.0  # seconds

_environments: weakref.WeakSet[Environment] = weakref.WeakSet()


class Environment:
    """Starts services once, hands out leases, and closes everything in reverse order.

    Args:
        settings: Settings to use; those of the process.
        overrides: Settings that differ, by name, as text: `providers="embedded"`.

    Raises:
        UnknownSettingError, ConfigurationError: An override is wrong.

    Example:
        Without any test framework::

            with Environment() as env, env.lease(Postgres(migrations="migrations")) as db:
                db.execute("insert into users (email) values (%s)", ["a@example.com"])
    """

    def __init__(self, settings: Settings | None = None, **overrides: str) -> None:
        self._given = settings
        self._overrides = overrides
        if settings is not None or overrides:
            self.settings  # noqa: B018 - a wrong override is an error here, not at first use
        self._lock = threading.RLock()
        self._starts: dict[tuple[object, ...], Start] = {}
        self._closed = False
        _environments.add(self)

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings in force; read at first use."""
        settings = self._given or current_settings()
        return settings.override(**self._overrides) if self._overrides else settings

    def __enter__(self) -> Environment:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def choose(self, service: Service[Any]) -> Choice:
        """Return where a service runs, or would run. Starts nothing.

        Raises:
            UnavailableError: No provider can run it; with every provider's reason.
        """
        start = self._starts.get(key_of(service))
        return start.choice if start is not None else self._choose(service)

    @functools.cached_property
    def _choices(self) -> dict[Service[Any], Choice | HarnessError]:
        return {}

    def _choose(self, service: Service[Any]) -> Choice:
        if service not in self._choices:
            try:
                self._choices[service] = choose(service, self.settings)
            except HarnessError as error:
                self._choices[service] = error
        outcome = self._choices[service]
        if isinstance(outcome, HarnessError):
            raise again(outcome)
        return outcome

    def start_in_background(self, services: Iterable[Service[Any]]) -> None:
        """Begin to start services side by side; return at once.

        A failure is kept until its own service is asked for.
        """
        for service in services:
            try:
                self._begin(service)
            except HarnessError:
                continue  # kept by _choose, raised to whoever asks for this service

    def instance(self, service: Service[Any]) -> Instance[Any]:
        """Return the instance for a service, started if need be, ready.

        Raises:
            UnavailableError: No provider can run it.
            StartError: The chosen provider failed. There is no second choice.
        """
        return self._begin(service).wait()

    def prepare(self, service: Service[Any]) -> None:
        """Make everything that the first lease of a service needs, so that taking it is quick.

        Raises:
            HarnessError: As `lease`.
        """
        self.instance(service).prepare(service)

    def lease(self, service: Service[L]) -> L:
        """Hand out a lease; a context manager that releases it.

        Raises:
            UnavailableError, StartError: As `instance`.
            ServiceDiedError: The instance has ended since.
            MigrationError: A migration failed.
        """
        lease: L = self.instance(service).lease(service)
        return lease

    def _begin(self, service: Service[Any]) -> Start:
        key = key_of(service)
        with self._lock:
            if self._closed:
                raise LeaseError(
                    f"{service.label} was asked for after its environment was closed",
                    hint="make a new Environment()",
                )
            if key not in self._starts:
                start = Start(service, self._choose(service), self.settings)
                if not self._starts:
                    atexit.register(self.close)  # for whoever forgets it, or is interrupted
                self._starts[key] = start
                start.begin()
            return self._starts[key]

    def close(self) -> None:
        """Stop everything, the last started first, one after another.

        Raises:
            CleanupError: Something could not be stopped; all else was.
        """
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            cleanups = Cleanups("the environment")
            for start in self._starts.values():
                cleanups.push(start.close)
            self._starts = {}
        with interrupts_held():
            cleanups.close()

    def _forget(self) -> None:
        """Drop what a forked child inherited: its parent still uses and will stop it."""
        self._lock = threading.RLock()
        self._starts = {}


class Start:
    """One service on its way from a choice to an instance, in a thread of its own."""

    def __init__(self, service: Service[Any], choice: Choice, settings: Settings) -> None:
        self.service = service
        self.choice = choice
        self.settings = settings
        self._begun = False
        self._done = threading.Event()
        self._cancelled = threading.Event()
        self._instance: Instance[Any] | None = None
        self._failure: Exception | None = None

    def begin(self) -> None:
        """Start in the background."""
        name = f"harness-start-{self.service.kind}"
        self._begun = True
        try:
            threading.Thread(target=self._run, name=name, daemon=True).start()
        except RuntimeError as error:  # nobody must wait for what will never run
            self._failure = StartError(
                f"the start of {self.service.label} got no thread: {error}",
                cause="this process has too many threads, or is ending",
                hint="start services before the end of the process",
            )
            self._done.set()

    def _run(self) -> None:
        try:
            self._instance = self._start()
        except Exception as error:
            self._failure = error
        finally:
            self._done.set()

    def _start(self) -> Instance[Any]:
        running = self.choice.provider.start(self.choice.recipe, self.settings)
        try:
            self.service.preload()  # while the server gets ready
            wait_until_ready(
                running,
                self.service.probe,
                what=f"{self.service.kind} on {self.choice.provider.name}",
                within=self.choice.provider.patience or self.settings.start_timeout,
                cancelled=self._cancelled.is_set,
            )
            return self.service.open(self.choice.provider.name, running, self.settings)
        except BaseException:
            running.stop()
            raise

    def wait(self) -> Instance[Any]:
        """Return the instance once it is ready.

        Raises:
            StartError: It could not be started.
        """
        self._done.wait()
        if self._failure is not None:
            raise again(self._failure)
        if self._instance is None:
            raise StartError(f"the start of {self.service.label} was interrupted")
        return self._instance

    def close(self) -> None:
        """Stop it: at once if it is still starting, else by its own clean-ups."""
        self._cancelled.set()
        if self._begun and not self._done.wait(CANCEL_TIMEOUT):
            raise StartError(
                f"the start of {self.service.label} did not end within {CANCEL_TIMEOUT:g} s",
                cause="it was cancelled in the middle, perhaps while pulling an image",
                hint="look for what it may have left: `docker ps`, or `ps` for its server",
            )
        if self._instance is not None:
            self._instance.close()


def key_of(service: Service[Any]) -> tuple[object, ...]:
    """Return what tells the instances of one environment apart."""
    return (service.kind, *service.instance_key())


@functools.cache
def default_environment() -> Environment:
    """Return the environment of this process; like any other it is closed when the process ends."""
    return Environment()


def _forget_after_fork() -> None:
    for environment in list(_environments):
        environment._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
