"""Which tests have run a file, as recorded by coverage.py with a context for each test."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.core.printing import say
from harness.errors import MissingExtraError
from harness.runner.changes.loading import SUFFIX

USUAL = ".coverage"
VARIABLE = "COVERAGE_FILE"
SETTINGS = (".coveragerc", "setup.cfg", "tox.ini", "pyproject.toml")
OPTION = b"data_file"
SEPARATOR = "|"  # between the context of the whole recording and that of a test


def tests_of(here: Path, top: Path, changed: Iterable[str]) -> dict[str, str]:
    """Return the tests that have run changed files, each with one of these.

    It only ever adds tests: what cannot be read is said, and adds none.

    Args:
        here: The working directory, in which coverage.py has recorded.
        top: What changed paths are relative to.
        changed: The files.
    """
    if not may_be_recorded(here):
        return {}
    try:
        return dict(read(here, top, changed))
    except MissingExtraError as error:
        say(f"recorded coverage is not used, for {error.what}: {error.hint}")
    except Exception as error:  # of coverage.py, or of SQLite
        say(f"recorded coverage is not used, for it cannot be read: {error}")
    return {}


def may_be_recorded(here: Path) -> bool:
    """Tell whether it is worth while to ask coverage.py where it has recorded."""
    if VARIABLE in os.environ or (here / USUAL).is_file():
        return True
    files = (here / name for name in SETTINGS)
    return any(file.is_file() and OPTION in file.read_bytes() for file in files)


def read(here: Path, top: Path, changed: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield tests with a changed file that they have run.

    Raises:
        MissingExtraError: coverage.py is not installed.
        Exception: What it has recorded cannot be read.
    """
    from harness.runner.coverage import configured, library

    file = here / configured().get_option("run:data_file")
    if not file.is_file():
        return
    recorded: Any = library().CoverageData(basename=str(file))
    recorded.read()
    names = {(here / name).resolve(): name for name in recorded.measured_files()}
    for path in sorted(changed):
        name = names.get((top / path).resolve()) if path.endswith(SUFFIX) else None
        if name is not None:
            lines = recorded.contexts_by_lineno(name)
            contexts = {each for line in lines.values() for each in line if each}
            yield from ((each.rpartition(SEPARATOR)[2], path) for each in contexts)
