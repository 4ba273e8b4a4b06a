"""Which tests have run a file, as recorded by coverage.py with a context for each test."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.core.printing import say
from harness.runner.changes.modules import SUFFIX

SEPARATOR = "|"  # between the context of the whole recording and that of a test


def tests_of(data: Path, top: Path, here: Path, changed: Iterable[str]) -> dict[str, str]:
    """Return the tests that have run changed files, each with one of these.

    It only ever adds tests: what cannot be read is said, and adds none.

    Args:
        data: What coverage.py has recorded.
        top: What changed paths are relative to.
        here: What the paths in it are relative to, if they are.
        changed: The files.
    """
    try:
        return dict(read(data, top, here, changed))
    except ImportError:
        say(f"{data.name} is not used, for coverage is not installed: pip install coverage")
    except Exception as error:  # of coverage.py, or of SQLite
        say(f"{data.name} is not used, for it cannot be read: {error}")
    return {}


def read(data: Path, top: Path, here: Path, changed: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield tests with a changed file that they have run."""
    import coverage

    recorded: Any = coverage.CoverageData(basename=str(data))
    recorded.read()
    names = {(here / name).resolve(): name for name in recorded.measured_files()}
    for path in sorted(changed):
        name = names.get((top / path).resolve()) if path.endswith(SUFFIX) else None
        if name is not None:
            recorded_lines = recorded.contexts_by_lineno(name)
            contexts = {each for line in recorded_lines.values() for each in line if each}
            yield from ((each.rpartition(SEPARATOR)[2], path) for each in contexts)
