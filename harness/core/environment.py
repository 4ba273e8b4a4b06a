"""The environment: starts instances once, hands out leases, closes in reverse order."""

from __future__ import annotations

import atexit
import functools
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeAlias, TypeVar, cast

from harness.core.choice import Choice, choose
from harness.core.cleanup import Cleanups
from harness.core.forks import forget_after_fork
from harness.core.group import Group, digest
from harness.core.identity import nonce
from harness.core.instance import Instance
from harness.core.interrupts import interrupts_held
from harness.core.lease import Lease
from harness.core.seed import derive, run_seed
from harness.core.service import Service
from harness.core.settings import Settings, current_settings
from harness.core.start import Start
from harness.core.tries import Terms, anything, retry
from harness.errors import HarnessError, LeaseError, WaitTimeoutError, again

L = TypeVar("L", bound=Lease)
T = TypeVar("T")
Meant: TypeAlias = Callable[[Service[Any]], Service[Any]]


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
        self._be_somebody()
        self._closed = False
        forget_after_fork(self, Environment._forget)

    def _be_somebody(self) -> None:
        """Draw what makes exclusive services, and those that are started by hand, ours alone."""
        self._nonce = nonce()
        self._by_hand = Group(owner=f"environment-{self._nonce}", by_hand=True)

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

    @functools.cached_property
    def _meant(self) -> dict[Service[Any], Service[Any]]:
        return {}

    def meant(self, service: Service[L]) -> Service[L]:
        """Return the service that is meant under the settings in force; mostly itself."""
        meant = self._meant.get(service)
        if meant is None:
            meant = self._meant[service] = service.meant(self.settings)
        return meant

    @functools.cached_property
    def _choices(self) -> dict[Service[Any], Choice | HarnessError]:
        return {}

    def choose(self, service: Service[Any]) -> Choice:
        """Return where a service runs, or would run. Starts nothing.

        Raises:
            UnavailableError: No provider can run it; with every provider's reason.
        """
        outcome = self._choices.get(service)
        if outcome is None:
            try:
                outcome = choose(self.meant(service), self.settings)
            except HarnessError as error:
                outcome = error
            self._choices[service] = outcome
        if isinstance(outcome, HarnessError):
            raise again(outcome)
        return outcome

    def wanted(self, group: Group) -> list[Service[Any]]:
        """Return the services of a group that are needed under the settings in force."""
        return group.wanted(self._companions)

    def beside(self, service: Service[Any], instance: Instance[Any]) -> list[Instance[Any]]:
        """Return what runs beside the instance of a service, for this service."""
        return [instance.beside[other.kind] for other in self._companions(service)]

    def _companions(self, service: Service[Any]) -> tuple[Service[Any], ...]:
        """Return what runs beside a service; nothing, where the error comes when it is chosen."""
        try:
            return self.meant(service).beside()
        except HarnessError:
            return ()

    def start_in_background(self, group: Group) -> None:
        """Begin to start the services of a group side by side; return at once.

        A failure is kept until its own service is asked for.
        """
        for service in self.wanted(group):
            try:
                self._begin(service, group)
            except HarnessError:
                continue  # kept by choose, raised to whoever asks for this service

    def instance(self, service: Service[Any], group: Group | None = None) -> Instance[Any]:
        """Return the instance for a service, started if need be, ready.

        Args:
            service: The service.
            group: Those that it is declared with; None for all that this environment was asked for
                by hand.

        Raises:
            UnavailableError: No provider can run it.
            StartError: The chosen provider failed. There is no second choice.
        """
        return self._begin(service, group).wait()

    def prepare(self, service: Service[Any], group: Group | None = None) -> None:
        """Make everything that the first lease of a service needs, so that taking it is quick.

        Raises:
            HarnessError: As `lease`.
        """
        self._accompanied(service, group).prepare(self.meant(service))

    def keep(self, service: Service[Any], group: Group | None = None) -> None:
        """Start a service, and make what all processes share of it, but nothing for this one.

        Raises:
            HarnessError: As `lease`.
        """
        self._accompanied(service, group).prepare_shared(self.meant(service))

    def lease(self, service: Service[L], group: Group | None = None) -> L:
        """Hand out a lease; a context manager that releases it.

        Raises:
            UnavailableError, StartError: As `instance`.
            ServiceDiedError: The instance has ended since.
            MigrationError: A migration failed.
        """
        lease: L = self._revived(service, group).lease(self.meant(service))
        lease.seed_from(lambda: derive(run_seed(self.settings), "lease"))
        return lease

    def hold(self, service: Service[L], group: Group | None = None) -> L:
        """Hand out a lease to a whole class of tests, each of which gets its own by `test_lease`.

        Raises:
            HarnessError: As `lease`.
            LeaseError: The service, or its isolation, is not made for it.
        """
        lease: L = self._revived(service, group).hold(self.meant(service))
        lease.seed_from(lambda: derive(run_seed(self.settings), "held"))
        return lease

    def _revived(self, service: Service[Any], group: Group | None) -> Instance[Any]:
        """Return the instance of a service, which a test may have killed."""
        instance = self._accompanied(service, group)
        crash = instance.revive()
        if crash is not None:
            raise crash
        return instance

    def accompany(self, service: Service[Any], group: Group | None = None) -> None:
        """Have what runs beside a service that is held run again, if it has ended.

        Raises:
            UnavailableError, StartError: As `instance`.
        """
        self._accompanied(service, group)

    def _accompanied(self, service: Service[Any], group: Group | None) -> Instance[Any]:
        """Return the instance of a service, given what runs beside it."""
        companions = self.meant(service).beside()
        for other in companions:  # first, so that it is closed after those that lean on it
            self._begin(other, group)
        instance = self.instance(service, group)
        for other in companions:
            instance.beside[other.kind] = self._living(other, group)
        return instance

    def _living(self, service: Service[Any], group: Group | None) -> Instance[Any]:
        """Return an instance that runs, started again if it has ended since it was last used."""
        instance = self.instance(service, group)
        if instance.running.exit_state() is None:
            return instance
        self.stop(instance)
        return self.instance(service, group)

    def start(self, service: Service[Any]) -> Any:
        """Start a service and return its instance, ready; in dockertest's manner.

        Raises:
            UnavailableError, StartError: As `instance`.

        Example:
            ::

                with Environment() as env:
                    cache = env.start(Container("redis@sha256:...", ports=[6379]))
                    env.retry(lambda: connect(cache.address(6379)), within=30)
                    env.stop(cache)
        """
        return self.instance(service)

    def stop(self, instance: Instance[Any]) -> None:
        """Give up an instance now, rather than with the environment; twice is no error.

        Raises:
            CleanupError: Something could not be removed; all else was.
        """
        with self._lock:
            keys = [key for key, start in self._starts.items() if start.made(instance)]
            starts = [self._starts.pop(key) for key in keys]
            for start in starts:
                self._by_hand.discard(start.service)
        with interrupts_held():
            for start in starts:
                start.close()

    def retry(self, probe: Callable[[], T], within: float = 30.0) -> T:
        """Call until it raises no exception; return its result.

        Args:
            probe: What is tried.
            within: Seconds after which to give up.

        Raises:
            WaitTimeoutError: The time is over; with the last exception.
            ServiceDiedError: A service of this environment has died meanwhile.
        """
        terms = Terms(within, succeeds=anything, watch=self._check_alive, failure=WaitTimeoutError)
        return cast(T, retry(probe, terms))

    def ready(self, group: Group) -> list[Instance[Any]]:
        """Return the instances of a group that are ready by now; wait for none."""
        if not self._starts:
            return []
        keys = [key_of(service, group, self.meant) for service in group.services]
        starts = [self._starts.get(key) for key in keys]
        return [start.ready for start in starts if start is not None and start.ready is not None]

    def _check_alive(self) -> None:
        with self._lock:
            starts = list(self._starts.values())
        for start in starts:
            start.check_alive()

    def _begin(self, service: Service[Any], group: Group | None) -> Start:
        with self._lock:
            self._check_open(service)
            if group is None:
                group = self._by_hand
                group.add(service)
            key = key_of(service, group, self.meant)
            start = self._starts.get(key)
            if start is None:
                needs = {need: self._begin(need, group) for need in group.needs_of(service)}
                if not self._starts:
                    atexit.register(self.close)  # for whoever forgets it, or is interrupted
                network, private = place_of(service, group)
                private = private and f"{private}-{self._nonce}"
                if network is not None and group.has_exclusive:
                    network = digest(f"{network} of {self._nonce}")
                meant, choice = self.meant(service), self.choose(service)
                start = Start(meant, choice, self.settings, needs, network, private)
                self._starts[key] = start
                start.begin()
            return start

    def _check_open(self, service: Service[Any]) -> None:
        if self._closed:
            raise LeaseError(
                f"{service.label} was asked for after its environment was closed",
                hint="make a new Environment()",
            )

    def close_group(self, group: Group) -> None:
        """Give up the exclusive services of a group, whose owner needs them no more.

        Raises:
            CleanupError: Something could not be removed; all else was.
        """
        with self._lock:
            private = f"{group.owner}-{self._nonce}"
            keys = [key for key, start in self._starts.items() if start.private == private]
            starts = [self._starts.pop(key) for key in keys]
        cleanups = Cleanups(f"the services of {group.owner}")
        for start in starts:
            cleanups.push(start.close)
        with interrupts_held():
            cleanups.close()

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
        self._be_somebody()  # its exclusive services must not be our parent's


def key_of(service: Service[Any], group: Group, meant: Meant) -> tuple[object, ...]:
    """Return what tells the instances of one environment apart.

    Args:
        service: A service.
        group: Those that it is declared with.
        meant: Returns the service that one means under the settings in force.
    """
    place = place_of(service, group)
    needs = tuple(key_of(need, group, meant) for need in group.needs_of(service))
    alias = service.alias if place[0] else None
    service = meant(service)
    return (service.kind, service.instance_key(), place, alias, needs)


def place_of(service: Service[Any], group: Group) -> tuple[str | None, str]:
    """Return the network that a service is on, and what makes it nobody else's."""
    network = group.network if service.networked else None
    return network, group.owner if service.exclusive else ""


@functools.cache
def default_environment() -> Environment:
    """Return the environment of this process; like any other it is closed when the process ends."""
    return Environment()
