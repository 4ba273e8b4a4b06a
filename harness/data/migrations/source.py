"""What every source of migrations has in common, whatever the tool."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.data.target import Target

Resolve = Callable[[str | os.PathLike[str]], Path]
Run = Callable[[Target], None]


@dataclass(frozen=True)
class Step:
    """One migration.

    Attributes:
        id: What its tool calls it: a number, a revision.
        name: How errors name it: a file, a revision with its message.
        up: Applies it.
        down: Takes it back; None where it has no way back.
    """

    id: str
    name: str
    up: Run
    down: Run | None = None


class Source(Protocol):
    """Migrations, found in the place that the service names."""

    def files(self) -> list[Path]:
        """Return the files whose content decides what the database will be."""

    def parts(self) -> list[str]:
        """Return what else decides it."""

    def prepare(self, target: Target) -> None:
        """Make what the tool keeps its own account in, ahead of the first step."""

    def up(self, target: Target) -> None:
        """Apply all of them.

        Raises:
            MigrationError: One failed.
        """

    def steps(self) -> list[Step]:
        """Return them one by one, the first one first.

        Raises:
            ConfigurationError: The tool cannot be told to run them one by one.
        """


class Tool(Protocol):
    """Migrations as a service declares them: a frozen value, such as `Alembic("alembic.ini")`."""

    def source(self, resolve: Resolve) -> Source:
        """Return the source.

        Args:
            resolve: Returns an absolute path, against the directory of the settings file.

        Raises:
            ConfigurationError: It is not there.
        """
