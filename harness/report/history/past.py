"""What a run is told of those before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.core.printing import say
from harness.core.settings import Settings
from harness.errors import HistoryError
from harness.report.history.file import History
from harness.report.history.place import is_there, recorded
from harness.report.history.queries import durations, fixtures, last_failed
from harness.runner.schedule.known import Known

LATELY = 3  # runs: of more it would take longer than a run that is under way should wait
MOMENT = 0.1  # seconds


def options(settings: Settings, file: str | None, *, failed: bool, timed: bool) -> dict[str, Any]:
    """Return options of a run that tell of those before it; none where there is no history.

    Args:
        settings: The settings, which may name a history.
        file: The history that the command line names.
        failed: Whether to tell which tests have failed.
        timed: Whether to tell how long they take.
    """
    path = recorded(settings, file, needed=True)
    if path is None or not is_there(path):
        return {}  # this run may make it
    try:
        with History(path) as history:
            return {
                "failed": last_failed(history) if failed else frozenset(),
                "known": Known(durations(history), fixtures(history)) if timed else None,
            }
    except HistoryError as error:
        say(f"{error.line}: this run does not know of those before it")
        return {}


def expected(path: Path) -> dict[str, float]:
    """Return how long tests took lately, in seconds; nothing, where that cannot be known.

    Of a history that cannot be used, who writes into it says so.

    Args:
        path: A history, into which this run is being written.
    """
    try:
        with History(path, patience=MOMENT) as history:
            return durations(history, last=LATELY)
    except HistoryError:
        return {}
