"""The two settings that steer the choice of a provider: the order, and what is required."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness.core.nearest import did_you_mean, nearest
from harness.errors import ConfigurationError, UnknownProviderError

DOCKER, EMBEDDED = "docker", "embedded"
PROVIDERS = ("external", DOCKER, EMBEDDED)
# Ours; a project may have more.
SERVICES = ("postgres", "sqlite", "redis", "kafka", "toxiproxy", "container", "process")


def check_provider(name: str) -> str:
    """Return `name` if it is that of a provider."""
    if name not in PROVIDERS:
        raise UnknownProviderError(f"unknown provider {name!r}", hint=did_you_mean(name, PROVIDERS))
    return name


def check_service(name: str) -> str:
    """Return the name of a kind of service, unless it looks like a misspelt one of ours."""
    near = nearest(name, SERVICES)
    if name in PROVIDERS or (near is not None and name not in SERVICES):
        hint = f"did you mean {near}?" if near else f"write SERVICE@{name} or SERVICE={name}"
        raise ConfigurationError(f"unknown service {name!r}", hint=hint)
    return name


def words(text: str) -> list[str]:
    """Split a list written with commas or line ends."""
    return [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]


class ProviderOrder(NamedTuple):
    """Which providers may run a service, first choice first.

    Example:
        >>> order = ProviderOrder.parse("embedded,kafka=docker")
        >>> order.of("postgres"), order.of("kafka")
        (('embedded',), ('docker',))
    """

    default: tuple[str, ...]
    by_service: Mapping[str, tuple[str, ...]]

    @classmethod
    def parse(cls, text: str) -> ProviderOrder:
        """Read `docker,embedded,kafka=docker`; a service named twice has two choices.

        Raises:
            UnknownProviderError: A name is not that of a provider.
            ConfigurationError: The list is empty.
        """
        default: list[str] = []
        by_service: dict[str, tuple[str, ...]] = {}
        for word in words(text):
            service, equals, provider = (part.strip() for part in word.rpartition("="))
            check_provider(provider)
            if equals:
                kind = check_service(service)
                by_service[kind] = (*by_service.get(kind, ()), provider)
            else:
                default.append(provider)
        if not default and not by_service:
            raise ConfigurationError(
                "the list of providers is empty", hint=f"known are: {', '.join(PROVIDERS)}"
            )
        return cls(tuple(default) or PROVIDERS, by_service)

    def of(self, service: str) -> tuple[str, ...]:
        """Return the providers of one kind of service, first choice first."""
        return self.by_service.get(service, self.default)


class Requirement(NamedTuple):
    """What must be there: everything, some services, or some services on some providers.

    Example:
        >>> requirement = Requirement.parse("postgres@docker")
        >>> requirement.demands("postgres", "docker"), requirement.demands("postgres", "embedded")
        (True, False)
    """

    everything: bool = False
    services: frozenset[str] = frozenset()
    pairs: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Read `all`, `postgres` or `postgres@docker`, with commas.

        Raises:
            UnknownProviderError: A pair names a provider that does not exist.
        """
        found = words(text)
        split = [word.partition("@") for word in found if "@" in word]
        return cls(
            everything="all" in found,
            services=frozenset(
                check_service(word) for word in found if "@" not in word and word != "all"
            ),
            pairs=frozenset(
                (check_service(service), check_provider(name)) for service, _, name in split
            ),
        )

    def demands(self, service: str, provider: str) -> bool:
        """Tell whether this provider must be able to run this service."""
        return (service, provider) in self.pairs

    def demands_any(self, service: str) -> bool:
        """Tell whether some provider must be able to run this service."""
        return (
            self.everything
            or service in self.services
            or any(service == named for named, _ in self.pairs)
        )
