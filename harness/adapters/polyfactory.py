"""Factories of polyfactory that save through a lease and draw from the test's seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from harness.adapters.classes import check_named, family, lent
from harness.core.extras import extra
from harness.core.seed import derive
from harness.data.factories.saving import save_object
from harness.data.factories.state import state_of

if TYPE_CHECKING:
    from polyfactory.factories.base import BaseFactory
    from sqlalchemy.orm import Session

T = TypeVar("T")


@contextmanager
def bound(
    lease: Any, *factories: type[BaseFactory[Any]], session: Session | None = None
) -> Iterator[Session | None]:
    """Bind factories, and all that inherit from them, to a lease.

    What `create_sync` makes is saved through the lease and undone with it: a `SQLAlchemyFactory`
    uses a session on the lease, all others insert rows, those of the objects held among them.
    Every factory of polyfactory's draws from the test's seed.

    Args:
        lease: A lease, such as `self.db`.
        factories: The factories, or a base of theirs.
        session: The session of SQLAlchemy's factories; one on the lease if not given.

    Returns:
        A context manager; it gives the session, None without factories of SQLAlchemy's.

    Raises:
        ConfigurationError: No factory is named.
        MissingExtraError: polyfactory is not installed.

    Example:
        ::

            def setUp(self):
                self.enterContext(bound(self.db, UserFactory, OrderFactory))
    """
    check_named(factories)
    reseed(derive(state_of(lease).seed, "polyfactory"))
    with ExitStack() as stack:
        alchemic = [one for one in factories if hasattr(one, "__session__")]
        if alchemic and session is None:
            from harness.adapters.sqlalchemy import session as make_session

            session = stack.enter_context(make_session(lease))
        for one in factories:
            name = "__session__" if one in alchemic else "__sync_persistence__"
            stack.enter_context(lent(one, name, session if one in alchemic else Saver(lease)))
        yield session


class Saver:
    """What polyfactory calls a persistence handler: it saves through a lease.

    Args:
        lease: A lease.
    """

    def __init__(self, lease: Any) -> None:
        self._lease = lease

    def save(self, data: T) -> T:
        """Store one object; return it as its row was stored."""
        return save_object(self._lease, data)

    def save_many(self, data: list[T]) -> list[T]:
        """Store several objects."""
        return [self.save(one) for one in data]


def reseed(seed: int) -> None:
    """Have all factories draw from a seed: those that they make for fields too.

    Raises:
        MissingExtraError: polyfactory is not installed.
    """
    members = list(family(imported()))
    fakers = {id(one.__faker__): one.__faker__ for one in members}
    streams = {id(one.__random__): one.__random__ for one in members}
    for faker in fakers.values():
        faker.seed_instance(seed)
    for stream in streams.values():
        assert isinstance(stream, random.Random)
        stream.seed(seed)


def imported() -> Any:
    """Import polyfactory, and return the base of its factories.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("polyfactory", "polyfactory"):
        from polyfactory.factories.base import BaseFactory
    return BaseFactory
