"""Checks of a service's migrations, each in a database of its own that is dropped afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.data.migrations.compatibility import incompatible
from harness.data.migrations.reversing import irreversible
from harness.data.migrations.source import Source
from harness.services.declared import no_migrations
from harness.services.postgres.content import Content
from harness.services.postgres.target import scratch

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.service import Postgres


def reversibility(instance: PostgresInstance, service: Postgres) -> str | None:
    """Return which migration of a service cannot be taken back, and why; None where all can.

    Raises:
        ConfigurationError: They have no way back, or there are none.
        MigrationError: One failed on its way up.
    """
    content = Content(instance, service)
    source = source_in(content, service)
    with scratch(instance, service, content.key) as target:
        content.extend(target)
        return irreversible(source, target)


def compatibility(
    instance: PostgresInstance, service: Postgres, statements: Sequence[str], since: str | None
) -> list[str]:
    """Return what the newest migrations break for an application that does not know them yet.

    Raises:
        ConfigurationError: There is no such migration, or a statement never worked.
        MigrationError: A migration failed.
    """
    content = Content(instance, service)
    source = source_in(content, service)
    with scratch(instance, service, content.key) as target:
        content.extend(target)
        return incompatible(source, target, statements, since)


def source_in(content: Content, service: Postgres) -> Source:
    """Return the migrations.

    Raises:
        ConfigurationError: There are none.
    """
    if content.source is None:
        raise no_migrations(service)
    return content.source
