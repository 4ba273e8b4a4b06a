"""Checks of a service's migrations, each in a file of its own that is removed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.data.migrations.compatibility import incompatible
from harness.data.migrations.reversing import irreversible
from harness.data.migrations.source import Source
from harness.services.declared import no_migrations
from harness.services.sqlite.target import scratch
from harness.services.sqlite.template import find_source

if TYPE_CHECKING:
    from harness.services.sqlite.instance import SQLiteInstance
    from harness.services.sqlite.service import SQLite


def reversibility(instance: SQLiteInstance, service: SQLite) -> str | None:
    """Return which migration of a service cannot be taken back, and why; None where all can.

    Raises:
        ConfigurationError: They have no way back, or there are none.
        MigrationError: One failed on its way up.
    """
    source = source_in(instance, service)
    with scratch(instance, service) as target:
        return irreversible(source, target)


def compatibility(
    instance: SQLiteInstance, service: SQLite, statements: Sequence[str], since: str | None
) -> list[str]:
    """Return what the newest migrations break for an application that does not know them yet.

    Raises:
        ConfigurationError: There is no such migration, or a statement never worked.
        MigrationError: A migration failed.
    """
    source = source_in(instance, service)
    with scratch(instance, service) as target:
        return incompatible(source, target, statements, since)


def source_in(instance: SQLiteInstance, service: SQLite) -> Source:
    """Return the migrations.

    Raises:
        ConfigurationError: There are none.
    """
    source = find_source(instance, service)
    if source is None:
        raise no_migrations(service)
    return source
