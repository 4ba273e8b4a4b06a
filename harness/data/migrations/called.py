"""Migrations that are a callable, which is given a lease on the new database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from harness.data.migrations.keys import source_of
from harness.data.migrations.source import Step
from harness.data.scripts import REMOVED
from harness.data.target import Target
from harness.errors import ConfigurationError, HarnessError, MigrationError


class Called:
    """Migrations that are a callable.

    Args:
        function: It.
        lease: Returns a lease on a new database, whose `connection` is an ordinary one.
        say: Returns what an error of the database says.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        lease: Callable[[Target], AbstractContextManager[Any]],
        say: Callable[[Exception], str] = str,
    ) -> None:
        self._function = function
        self._lease = lease
        self._say = say

    def files(self) -> list[Path]:
        """Return no file: which ones it reads is not known."""
        return []

    def parts(self) -> list[str]:
        """Return what identifies it."""
        return [source_of(self._function)]

    def prepare(self, target: Target) -> None:
        """Do nothing: no account is kept."""

    def up(self, target: Target) -> None:
        """Call it.

        Raises:
            MigrationError: It raised something.
        """
        with self._lease(target) as lease:
            try:
                self._function(lease)
            except HarnessError:
                raise
            except Exception as error:
                raise MigrationError(
                    f"the migrations {self._name} failed: {type(error).__name__}: "
                    f"{self._say(error)}",
                    hint=f"mend it and run the tests again; {REMOVED}",
                ) from error
            lease.commit_connection()

    @property
    def _name(self) -> str:
        return f"{getattr(self._function, '__qualname__', repr(self._function))}()"

    def steps(self) -> list[Step]:
        """Refuse: it is one whole.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(
            f"the migrations {self._name} are a callable, which has no steps and no way back",
            hint="name the directory of its files, or Alembic(...), as `migrations=`",
        )
