"""The services that belong together: those of one class, or of one environment used by hand."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from harness.core.nearest import did_you_mean
from harness.core.service import Service
from harness.errors import ServiceDefinitionError


class Group:
    """Services that are declared together: they see each other by alias.

    Args:
        services: The services; what they need, and what runs beside them, is added.
        owner: Who declares them, such as a class's name: an exclusive service is this owner's own.
        by_hand: Whether they come one after another: then their network is this owner's own, too.

    Raises:
        ServiceDefinitionError: An alias is used twice, a need is unknown, or needs form a circle.
    """

    def __init__(
        self, services: Iterable[Service[Any]] = (), owner: str = "", by_hand: bool = False
    ) -> None:
        self.owner = owner
        self._by_hand = by_hand
        self._declared = list(dict.fromkeys(services))
        self._aliases: dict[str, Service[Any]] = {}
        self._needs: dict[Service[Any], tuple[Service[Any], ...]] = {}
        self._companions: set[Service[Any]] = set()  # only run beside others
        for service in self._declared:
            self.add(service)

    @property
    def services(self) -> list[Service[Any]]:
        """The services, all that they need and what runs beside, each after what it needs."""
        return list(self._needs)

    def wanted(
        self, beside: Callable[[Service[Any]], tuple[Service[Any], ...]]
    ) -> list[Service[Any]]:
        """Return the services without what would run beside none of them.

        Args:
            beside: Returns what runs beside a service under the settings in force, which may choose
                another service than the declared one.
        """
        if not self._companions:
            return self.services
        companions = {other for service in self._needs for other in beside(service)}
        unwanted = self._companions - companions
        return [service for service in self._needs if service not in unwanted]

    def add(self, service: Service[Any]) -> None:
        """Add a service and what it needs.

        Raises:
            ServiceDefinitionError: As the class says.
        """
        if service not in self._declared:
            self._declared.append(service)
        self._visit(service, ())
        self._companions.discard(service)

    def discard(self, service: Service[Any]) -> None:
        """Forget a service, so that its alias can be given to another one."""
        if service in self._declared:
            self._declared.remove(service)
        if service.alias is not None and self._aliases.get(service.alias) == service:
            del self._aliases[service.alias]
        self._needs.pop(service, None)

    def _visit(self, service: Service[Any], path: tuple[Service[Any], ...]) -> None:
        if service in path:
            raise circle([*path[path.index(service) :], service])
        if service in self._needs:
            return
        self._note_alias(service)
        needs = tuple(dict.fromkeys(self._named(service, need) for need in service.needs()))
        for need in needs:
            self._visit(need, (*path, service))
        self._companions.difference_update(needs)
        for other in service.beside():  # first, so that it is closed after those that lean on it
            if other not in self._needs:
                self._visit(other, (*path, service))
                self._companions.add(other)
        self._needs[service] = needs

    def _note_alias(self, service: Service[Any]) -> None:
        if service.alias is None:
            return
        other = self._aliases.setdefault(service.alias, service)
        if other != service:
            raise ServiceDefinitionError(
                f"the alias {service.alias!r} is used twice: "
                f"by {other.label} and by {service.label}",
                cause="one name on a network can lead to one service only",
                hint="give one of them another alias",
            )

    def _named(self, service: Service[Any], need: Service[Any] | str) -> Service[Any]:
        """Return what a service needs: a service, or the one of an alias."""
        if not isinstance(need, str):
            return need
        aliases = {other.alias: other for other in self._declared if other.alias is not None}
        if need not in aliases:
            raise ServiceDefinitionError(
                f"{service.label} depends on {need!r}, and no service here has that alias",
                hint=did_you_mean(need, aliases) if aliases else "give the other one an alias",
            )
        return aliases[need]

    def needs_of(self, service: Service[Any]) -> tuple[Service[Any], ...]:
        """Return what a service needs, first needed first."""
        return self._needs[service]

    @property
    def network(self) -> str | None:
        """Number of the network that the services share; None if none of them has an alias.

        The same services in another process are on the same network; with a service more or less,
        on another one, so that an alias never leads to somebody else's service.
        """
        if not self._aliases:
            return None
        return digest(self.owner if self._by_hand else self._members)

    @property
    def has_exclusive(self) -> bool:
        """Whether one on the network is this owner's own: then the network has to be, too."""
        return any(service.exclusive and service.networked for service in self._needs)

    @functools.cached_property
    def _members(self) -> str:
        """The services on the network, in an order of their own."""
        members = sorted(
            repr((service.kind, service.instance_key(), service.alias))
            for service in self._needs
            if service.networked
        )
        return "\n".join(members)


def digest(text: str) -> str:
    """Return eight hex digits that tell a text from others."""
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def circle(path: list[Service[Any]]) -> ServiceDefinitionError:
    """Return the error for services that need each other."""
    return ServiceDefinitionError(
        "services need each other in a circle:\n    "
        + "\n    -> ".join(service.label for service in path),
        cause="none of them could be started first",
        hint="take one of the needs out of depends_on, or look the address up when it is used",
    )
