"""What a test depends on, as declared."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    NoReturn,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
)

from harness.core.declaration import declaration
from harness.core.instance import Instance, Running
from harness.core.lease import Lease
from harness.core.recipe import Recipe
from harness.core.settings import Settings
from harness.errors import LeaseError, NotALeaseError, ServiceDefinitionError

if TYPE_CHECKING:
    from harness.core.address import Address

ALIAS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

L = TypeVar("L", bound=Lease)
L_co = TypeVar("L_co", bound=Lease, covariant=True)
Self = TypeVar("Self", bound="Service[Any]")
Told: TypeAlias = Callable[[str, Exception | None], object]


class LeaseOwner(Protocol):
    """A test case, as a service sees it: something that holds leases."""

    def _harness_lease(self, service: Service[L]) -> L: ...


class Service(Generic[L_co]):
    """What a test depends on, as declared: a frozen, hashable value.

    Making one starts nothing and imports no client. On a test case's class it is the service
    itself; on a running test it is that test's lease. A subclass is a frozen dataclass; it says
    how each provider runs it (`recipe`), when it is ready (`probe`) and what an instance of it is
    (`open`).

    Attributes:
        kind: The kind of service, as settings name it, such as `postgres`.
        exclusive: Whether each class that declares it gets an instance of its own.
        alias: Its name on the network that it shares with the other services of its class.
        records_statements: Whether its lease can record what the code sends, by `recording()`.
    """

    kind: ClassVar[str] = "service"
    records_statements: ClassVar[bool] = False
    exclusive: bool = False
    alias: str | None = None

    def recipe(self, provider: str) -> Recipe | str:
        """Return how `provider` runs this service, or why it cannot."""
        raise NotImplementedError

    def instance_key(self) -> tuple[object, ...]:
        """Return what tells two instances apart; equal keys share one instance."""
        raise NotImplementedError

    def meant(self, settings: Settings) -> Service[L_co]:
        """Return the service that is meant under these settings; itself, unless they choose."""
        return self

    def needs(self) -> tuple[Service[Any] | str, ...]:
        """Return what has to run before this service can start: services, or their aliases."""
        return ()

    def beside(self) -> tuple[Service[Any], ...]:
        """Return what runs beside this service, neither before it nor as a part of it.

        They start side by side, and this service's instance is given theirs before each lease.
        """
        return ()

    def providers(self, settings: Settings) -> tuple[str, ...]:
        """Return the providers to choose from, first choice first."""
        return settings.providers.of(self.kind)

    def address(self, template: str = "{host}:{port}") -> Address:
        """Return where this service will be reached, for the environment of another one.

        Args:
            template: A text in which `{url}`, `{host}`, `{port}`, `{user}`, `{password}` and
                `{database}` are filled in as soon as this service runs, as seen from the other.

        Raises:
            ServiceDefinitionError: It has another gap than these.

        Example:
            ::

                db = Postgres(alias="db")
                shop = Process(["shop"], environment={"DATABASE_URL": db.address("{url}")})
        """
        from harness.core.address import Address

        return Address(self, template)

    @property
    def networked(self) -> bool:
        """Whether a container of this service belongs on the network that its class uses."""
        return self.alias is not None

    def connected(self, recipe: Recipe, instances: Mapping[Service[Any], Instance[Any]]) -> Recipe:
        """Return a recipe with the addresses of what this service needs filled in.

        Args:
            recipe: What `recipe` returned.
            instances: What runs, for each service that it needs.

        Raises:
            StartError: One cannot be reached from there.
        """
        return recipe

    def lacks(self) -> str | None:
        """Return which client that its leases need is not installed; None if all are.

        A server that `docker` or `embedded` could run is then of no use, and is not chosen.
        """
        return None

    def preload(self) -> None:
        """Import what a lease will need; called while the service starts.

        Raises:
            MissingExtraError: A client is not installed.
        """

    def probe(self, running: Running, timeout: float) -> None:
        """Return when the service answers; raise any exception when it does not yet.

        Args:
            running: What the provider started.
            timeout: Seconds after which to give up waiting for an answer.
        """
        raise NotImplementedError

    def identify(self, running: Running, settings: Settings) -> str:
        """Ask a server what it is, and whether it can be used; make nothing on it.

        Returns:
            Its name and version.

        Raises:
            HarnessError: It cannot be used.
        """
        raise NotImplementedError

    def remove_orphans(
        self, running: Running, settings: Settings, told: Told, *, dry: bool = False
    ) -> None:
        """Remove what killed processes of ours have left on a server that is not ours.

        Args:
            running: The server.
            settings: The settings, which say what is ours.
            told: Called for each thing, with its name and why it could not be removed; None if it
                was.
            dry: Only tell.

        Raises:
            HarnessError: The server cannot be asked.
        """

    def open(self, provider: str, running: Running, settings: Settings) -> Instance[Any]:
        """Return the instance, now that the service answers."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """The service as an error shows it: its type and the options that are not defaults."""
        return repr(self)

    def __post_init__(self) -> None:
        for option in dataclasses.fields(self):  # type: ignore[arg-type]
            check_hashable(type(self).__name__, option.name, getattr(self, option.name))
        check_alias(type(self).__name__, self.alias)

    def __repr__(self) -> str:
        return declaration(self)

    @overload
    def __get__(self: Self, owner: None, owner_type: type[Any]) -> Self: ...

    @overload
    def __get__(self, owner: LeaseOwner, owner_type: type[Any]) -> L_co: ...

    def __get__(self, owner: LeaseOwner | None, owner_type: type[Any]) -> Any:
        return self if owner is None else owner._harness_lease(self)

    def __set__(self, owner: LeaseOwner, value: NoReturn) -> None:
        raise LeaseError(
            f"the lease of {self.label} cannot be assigned to",
            cause="the attribute declares a service for the whole class",
            hint="give your own object another name, or override the attribute in a subclass",
        )

    if not TYPE_CHECKING:  # type checkers are to see that a service has no such attribute

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__"):  # copy, pickle and inspect ask for these
                raise AttributeError(name)
            raise NotALeaseError(
                f"{self.label} is a service, not a lease: it has no attribute {name!r}",
                cause="a lease is held in setUp, in a test and in its clean-ups; "
                "in setUpClass there is none",
                hint=f"use self.<name>.{name} in a test, "
                f"or `with Environment() as env, env.lease(...) as lease: lease.{name}`",
            )


def check_hashable(service: str, option: str, value: object) -> None:
    """Do nothing for a value that can be hashed.

    Raises:
        ServiceDefinitionError: The value is mutable; equal services could not be told.
    """
    try:
        hash(value)
    except TypeError as error:
        same = frozen(value)
        hint = f"write {option}={same!r}" if same is not value else None
        raise ServiceDefinitionError(
            f"{service}({option}={value!r}): the option is a {type(value).__name__}",
            cause="services are compared and shared, so every option must be hashable",
            hint=hint or "use a tuple, a string or a function",
        ) from error


def check_alias(service: str, alias: object) -> None:
    """Do nothing for a name that can stand in a URL, or none.

    Raises:
        ServiceDefinitionError: It cannot.
    """
    if alias is not None and not (isinstance(alias, str) and ALIAS.fullmatch(alias)):
        raise ServiceDefinitionError(
            f"{service}(alias={alias!r}): no name of a host",
            hint='use letters, digits and hyphens, such as alias="db"',
        )


def frozen(value: object) -> object:
    """Return the hashable value that says the same as a mutable one, else the value itself.

    Example:
        >>> frozen([["work_mem", "64MB"]])
        (('work_mem', '64MB'),)
    """
    if isinstance(value, dict):
        return frozen(tuple(value.items()))
    if isinstance(value, list | set | tuple):
        return tuple(frozen(part) for part in value)
    return value
