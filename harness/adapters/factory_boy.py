"""Factories of factory_boy that save through a lease and draw from the test's seed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from harness.adapters.classes import check_named, family, lent
from harness.core.extras import extra
from harness.core.seed import derive
from harness.data.factories import make_object
from harness.data.factories.state import state_of

if TYPE_CHECKING:
    from factory.base import Factory
    from sqlalchemy.orm import Session

PERSISTENCE = "sqlalchemy_session_persistence"


@contextmanager
def bound(
    lease: Any, *factories: type[Factory[Any]], session: Session | None = None
) -> Iterator[Session | None]:
    """Bind factories, and all that inherit from them, to a lease.

    What `create` makes is saved through the lease and undone with it: a factory of SQLAlchemy's
    uses a session on the lease, one of dataclasses (or classes of attrs or Pydantic) inserts a
    row, in which the schema fills what the factory does not say. Faker and fuzzy attributes draw
    from the test's seed, and sequences start anew.

    Args:
        lease: A lease, such as `self.db`.
        factories: The factories, or a base of theirs; those of sub-factories among them.
        session: The session of SQLAlchemy's factories; one that commits each object if not given.

    Returns:
        A context manager; it gives the session, None without factories of SQLAlchemy's.

    Raises:
        ConfigurationError: No factory is named.
        MissingExtraError: factory_boy is not installed.

    Example:
        ::

            def setUp(self):
                self.enterContext(bound(self.db, UserFactory, OrderFactory))
    """
    check_named(factories)
    members = [member for base in factories for member in family(base)]
    reseed(lease, members)
    with ExitStack() as stack:
        alchemic = [one for one in members if hasattr(one._meta, PERSISTENCE)]
        if alchemic:
            session = lend_session(stack, lease, alchemic, session)
        for base in factories:
            if creates_as_usual(base):
                stack.enter_context(lent(base, "_create", saving(lease)))
        yield session


def imported() -> Any:
    """Import factory_boy.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("factory-boy", "factory_boy"):
        import factory
        import factory.random
    return factory


def reseed(lease: Any, members: list[Any]) -> None:
    """Have the factories draw from the test's seed, and count from the start."""
    imported().random.reseed_random(derive(state_of(lease).seed, "factory_boy"))
    for member in members:
        member.reset_sequence(force=True)


def creates_as_usual(factory: Any) -> bool:
    """Tell whether a factory creates as factory_boy's own do, or as one that is bound already."""
    create = factory._create.__func__
    return create is imported().Factory._create.__func__ or create.__module__ == __name__


def saving(lease: Any) -> Any:
    """Return how a factory creates an object with its row."""

    def _create(cls: Any, model_class: type, /, **values: Any) -> Any:
        return make_object(lease, model_class, (), values)

    return classmethod(_create)


def lend_session(
    stack: ExitStack, lease: Any, factories: list[Any], session: Session | None
) -> Session:
    """Lend a session to factories of SQLAlchemy's; without one, one that commits each object."""
    from harness.adapters.sqlalchemy import session as make_session

    commits = session is None
    used = stack.enter_context(make_session(lease)) if session is None else session
    for one in factories:
        stack.enter_context(lent(one._meta, "sqlalchemy_session_factory", None))
        stack.enter_context(lent(one._meta, "sqlalchemy_session", used))
        if commits and one._meta.sqlalchemy_session_persistence is None:
            stack.enter_context(lent(one._meta, PERSISTENCE, "commit"))
    return used
