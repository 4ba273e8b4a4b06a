"""What a program says of itself: it is run once, and its answer kept until it is replaced."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

from harness.core.registry import files
from harness.core.settings import current_settings
from harness.errors import MissingExtraError
from harness.providers.directories import cache_directory

TIMEOUT = 10.0  # seconds
NAME = "programs.json"


@functools.cache
def said(program: str, *arguments: str) -> str | None:
    """Return what a short command prints, or None when it fails.

    Args:
        program: Path of the program.
        arguments: Its arguments; the answer must depend on nothing else.
    """
    key = key_of(program, arguments)
    place = kept_in()
    if key is None or place is None:
        return run(program, *arguments)
    answers = read(place)
    if key not in answers:
        answer = run(program, *arguments)
        if answer is None:  # perhaps another time
            return None
        keep(place, {**answers, key: answer})
        return answer
    return answers[key]


def key_of(program: str, arguments: tuple[str, ...]) -> str | None:
    """Return what tells a command from others, and from itself after an update."""
    try:
        file = os.stat(program)
        with open(program, "rb") as start:
            if start.read(2) == b"#!":  # a script may lead to another program tomorrow
                return None
    except OSError:
        return None
    parts = (program, file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns)
    return "\n".join(map(str, (*parts, *arguments)))


def kept_in() -> Path | None:
    """Return the file in which answers are kept; None where there is no place for it."""
    try:
        return cache_directory(current_settings()) / NAME
    except MissingExtraError:
        return None


def run(*command: str) -> str | None:
    """Run a short command and return what it prints, or None when it fails."""
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def read(place: Path) -> dict[str, str]:
    """Return the answers that are kept; none where they cannot be read."""
    try:
        answers = files.read(str(place))
    except (OSError, ValueError):
        return {}
    return answers if isinstance(answers, dict) else {}


def keep(place: Path, answers: dict[str, str]) -> None:
    """Keep the answers of programs that are still there.

    Of two processes that write at once one is heard: the other's program is only asked again. A
    cache that cannot be written only costs time, too.
    """
    there = {key: said for key, said in answers.items() if os.path.exists(key.partition("\n")[0])}
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        files.write(str(place), there)
    except OSError:
        pass
