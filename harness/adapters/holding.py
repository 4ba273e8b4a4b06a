"""What a test class holds for all its tests: leases, and services that are its own."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from harness.adapters.availability import choose, skip_or
from harness.adapters.declared import group_of
from harness.core.environment import Environment
from harness.core.group import Group
from harness.core.lease import Lease
from harness.core.service import Service
from harness.errors import LeaseError, UnavailableError

if TYPE_CHECKING:
    from harness.adapters.unittest import HarnessMixin

L = TypeVar("L", bound=Lease)

__unittest = True  # frames of this module are left out of a failure's traceback

_owners: weakref.WeakSet[type] = weakref.WeakSet()  # whose exclusive services will be given up
_held: weakref.WeakKeyDictionary[type, dict[Service[Any], Lease]] = weakref.WeakKeyDictionary()


def hold(cls: type[HarnessMixin], service: Service[L]) -> L:
    """Take a lease for a whole class, to be released after its `tearDownClass`.

    Raises:
        LeaseError: The service is not this class's, or its isolation is not one to hold.
        unittest.SkipTest: No provider can run it, nor needs to.
        HarnessError: It could not be started.
    """
    environment, group = cls._harness_environment(), group_of(cls)
    if service not in group.services:
        raise not_ours(cls, service)
    try:
        choose(environment, service)
    except UnavailableError as error:
        raise skip_or(error) from error
    if service.exclusive:
        own(cls, environment, group)
    environment.start_in_background(group)
    lease = environment.hold(service, group)
    _held.setdefault(cls, {})[service] = lease
    cls.addClassCleanup(let_go, cls, service)
    return lease


def let_go(cls: type, service: Service[Any]) -> None:
    """Release what a class holds."""
    _held[cls].pop(service).release()


def held_by(cls: type) -> Mapping[Service[Any], Lease]:
    """Return what a class holds."""
    return _held.get(cls, {})


def own(cls: type[HarnessMixin], environment: Environment, group: Group) -> None:
    """Have the exclusive services of a class given up when its tests are over."""
    if cls not in _owners:
        _owners.add(cls)
        cls.addClassCleanup(_owners.discard, cls)
        cls.addClassCleanup(environment.close_group, group)


def not_ours(cls: type, service: Service[Any]) -> LeaseError:
    """Return the error for holding a service that the class does not declare."""
    return LeaseError(
        f"{cls.__qualname__}.hold({service.label}): the class declares no such service",
        cause="a class can hold what it declares, by the name that it has there",
        hint="write `db = Postgres(...)` in the class, and cls.hold(cls.db)",
    )
