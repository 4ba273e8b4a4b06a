"""The services that a test class declares."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from harness.core.group import Group
from harness.core.service import Service
from harness.errors import ConfigurationError

_services: weakref.WeakKeyDictionary[type, dict[Service[Any], str]] = weakref.WeakKeyDictionary()


def services_of(case: type) -> tuple[Service[Any], ...]:
    """Return the services that a test class declares or inherits, each once."""
    return tuple(attributes_of(case))


def attributes_of(case: type) -> Mapping[Service[Any], str]:
    """Return the attribute of each service; where several are equal, the first by name."""
    if case not in _services:
        values: dict[str, object] = {}
        for base in reversed(case.__mro__):  # as they are: nothing is asked of a descriptor
            values.update(vars(base))
        found: dict[Service[Any], str] = {}
        for name, value in sorted(values.items(), key=itemgetter(0)):
            if isinstance(value, Service):
                found.setdefault(value, name)
        _services[case] = found
    return _services[case]


_groups: weakref.WeakKeyDictionary[type, Group] = weakref.WeakKeyDictionary()


def group_of(case: type) -> Group:
    """Return the services of a test class, in the order of their needs.

    Raises:
        ServiceDefinitionError: They cannot be started together; with the reason.
    """
    if case not in _groups:
        _groups[case] = Group(services_of(case), f"{case.__module__}.{case.__qualname__}")
    return _groups[case]


def database_of(case: type) -> Service[Any]:
    """Return the one service of a test class whose leases record statements.

    Raises:
        ConfigurationError: It has none, or several.
    """
    databases = [service for service in services_of(case) if service.records_statements]
    if len(databases) != 1:
        labels = ", ".join(service.label for service in databases)
        raise ConfigurationError(
            f"{case.__qualname__} has {labels or 'no database'}: whose statements?",
            hint="name the lease, as in assertQueries(2, db=self.db)",
        )
    return databases[0]
