"""The directory of one instance's database files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from harness.core.identity import is_dead, process_name, registry_id
from harness.core.settings import Settings
from harness.providers.directories import PREFIX, data_parent, no_room


class Home:
    """The directory of one instance's database files, made at first use.

    In shared memory where there is room. Its name says whose it is: what killed processes left is
    removed by the next one that makes a directory here.

    Args:
        settings: The settings, which say where data lies.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path: Path | None = None
        self._files = 0

    @property
    def path(self) -> Path:
        """The directory.

        Raises:
            StartError: It cannot be made.
        """
        if self._path is None:
            self._path = self._make()
        return self._path

    def _make(self) -> Path:
        parent = data_parent(self._settings)
        prefix = f"{PREFIX}{registry_id(self._settings)}-sqlite-"
        sweep(parent, prefix)
        try:
            return Path(tempfile.mkdtemp(prefix=f"{prefix}{process_name()}-", dir=parent)).resolve()
        except OSError as error:
            raise no_room(parent, error) from error

    def new_file(self, key: str) -> Path:
        """Return the path of a file that is not there yet."""
        self._files += 1
        return self.path / f"{key}_{self._files}.db"

    def remove(self) -> None:
        """Remove the directory with all that is in it."""
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)


def sweep(parent: Path, prefix: str) -> None:
    """Remove the directories of processes of ours that have ended."""
    for path in parent.glob(f"{prefix}*"):
        owner, _, _ = path.name[len(prefix) :].partition("-")
        if is_dead(owner):
            shutil.rmtree(path, ignore_errors=True)
