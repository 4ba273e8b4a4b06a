"""Where a project's history lies."""

from __future__ import annotations

import contextlib
from pathlib import Path

from harness.core.settings import Settings

OFF = "off"
DIRECTORY, NAME = ".harness", "history.sqlite"
IGNORED = (
    "# What harness keeps of this working copy; nothing of it belongs into the repository.\n*\n"
)


def place_of(settings: Settings) -> Path:
    """Return where the history of a project is, or would be.

    Without a setting that is `.harness/history.sqlite` beside the settings file.
    """
    if settings.history is None or is_off(settings):
        return settings.root / DIRECTORY / NAME
    return settings.history


def is_off(settings: Settings) -> bool:
    """Tell whether nothing is to be recorded."""
    return settings.history is not None and settings.history.name == OFF


def recorded(settings: Settings, option: str | None, *, needed: bool) -> Path | None:
    """Return the history that a run is to be recorded in; None for none.

    A project has one as soon as a run was told so, or needed it; from then on all runs are in it.

    Args:
        settings: The settings, which may name it.
        option: A file that the command line names.
        needed: Whether the run asks for what only a history can tell.
    """
    if option is not None:
        return Path(option)
    if is_off(settings):
        return None
    place = place_of(settings)
    return place if settings.history is not None or needed or is_there(place) else None


def is_there(path: Path) -> bool:
    """Tell whether there is a history, or nobody can tell: whoever opens it then says why."""
    try:
        return path.exists()
    except OSError:
        return True


def prepare(settings: Settings, path: Path) -> None:
    """Make the directory of the usual place, which git is to ignore."""
    directory = settings.root / DIRECTORY
    if path.parent == directory and not directory.is_dir():
        with contextlib.suppress(OSError):  # who writes the file tells what is in the way
            directory.mkdir()
            (directory / ".gitignore").write_text(IGNORED, encoding="utf-8")
