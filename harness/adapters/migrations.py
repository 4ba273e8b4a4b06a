"""Assertions about the migrations of a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import unittest

    from harness.core.environment import Environment
    from harness.core.instance import Instance
    from harness.core.service import Service
    from harness.services.database import DatabaseLease

    _Base = unittest.TestCase
else:
    _Base = object

__unittest = True  # frames of this module are left out of a failure's traceback


class MigrationAssertions(_Base):
    """What test cases assert about migrations, each in a database of its own."""

    def assertMigrationsReversible(  # noqa: N802 - unittest's style
        self, db: DatabaseLease | Service[Any], msg: Any = None
    ) -> None:
        """Fail unless each migration can be taken back and applied again.

        Each is applied, taken back and applied again, in turn: taken back, the schema has to be
        what it was; applied again, what the first time made. Rows are not compared, nor is the
        order of columns. The database of the test is not touched.

        Args:
            db: The lease, or the service; no lease is taken of a service.
            msg: What to say besides, as in every assertion of unittest.

        Raises:
            AssertionError: One cannot; names it and shows the difference.
            ConfigurationError: None of the migrations has a way back.
            MigrationError: One cannot even be applied.

        Example:
            ::

                def test_migrations_can_be_taken_back(self):
                    self.assertMigrationsReversible(self.db)
        """
        checks, instance, service = self._harness_checks(db)
        problem = checks.reversibility(instance, service)
        if problem is not None:
            raise self.failureException(self._formatMessage(msg, problem))

    def assertMigrationsCompatible(  # noqa: N802 - unittest's style
        self,
        db: DatabaseLease | Service[Any],
        statements: Sequence[str] = (),
        *,
        since: str | None = None,
        msg: Any = None,
    ) -> None:
        """Fail where new migrations break what the running application still sends.

        While a release is rolled out, its migrations are applied and the release before still
        runs. Each statement runs, and is undone, on the schema that this one knows and again after
        each newer migration. A new column that is NOT NULL without a default, on a table that was
        there before, is found without any statement.

        Args:
            db: The lease, or the service; no lease is taken of a service.
            statements: What the running application sends, with values written out; one text may
                hold several, the first of which make the rows that the last needs.
            since: The last migration that the running application knows, by its number, file name
                or revision; by itself the last but one.
            msg: What to say besides, as in every assertion of unittest.

        Raises:
            AssertionError: A migration breaks a statement; names both.
            ConfigurationError: There is no such migration, or a statement never worked.
            MigrationError: A migration failed.

        Example:
            ::

                def test_the_release_before_goes_on_working(self):
                    self.assertMigrationsCompatible(
                        self.db, ["insert into users (email) values ('a@example.com')"], since="12"
                    )
        """
        checks, instance, service = self._harness_checks(db)
        problems = checks.compatibility(instance, service, statements, since)
        if problems:
            raise self.failureException(self._formatMessage(msg, "\n".join(problems)))

    def _harness_checks(self, db: DatabaseLease | Service[Any]) -> tuple[Any, Any, Any]:
        """Return the checks of a database, its instance, and the service that is meant."""
        from harness.core.service import Service

        instance: Any
        service: Any
        if isinstance(db, Service):
            instance, service = self._harness_instance(db), self._harness_environment().meant(db)
        else:
            instance, service = db.instance, db.service
        return checks_of(service), instance, service

    def _harness_instance(self, service: Service[Any]) -> Instance[Any]:
        raise NotImplementedError

    def _harness_environment(self) -> Environment:
        raise NotImplementedError


def checks_of(service: object) -> Any:
    """Return the module with the checks of a service's migrations.

    Raises:
        ServiceDefinitionError: It is no database that has migrations.
    """
    from harness.errors import ServiceDefinitionError
    from harness.services.postgres.service import Postgres
    from harness.services.sqlite.service import SQLite

    if isinstance(service, SQLite):
        from harness.services.sqlite import checks as sqlite_checks

        return sqlite_checks
    if not isinstance(service, Postgres):
        raise ServiceDefinitionError(
            f"{service!r} has no migrations that can be checked",
            hint="pass self.db of a Postgres, SQLite or Store, or that service",
        )
    from harness.services.postgres import checks

    return checks
