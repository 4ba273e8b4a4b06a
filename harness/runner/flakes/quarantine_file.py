"""Reading the file of a quarantine."""

from __future__ import annotations

import datetime
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.core.nearest import nearest
from harness.errors import ConfigurationError
from harness.runner.flakes.quarantine import Quarantine, Quarantined

TABLE = "quarantine"
NEEDED = ("test", "owner", "ticket", "expires")
KEYS = (*NEEDED, "reason")
EXAMPLE = "[[quarantine]] with test, owner, ticket, expires = 2026-01-31, and a reason if you like"


def quarantine_in(
    path: Path | None, most_days: int, today: datetime.date | None = None
) -> Quarantine:
    """Return the quarantine that a file describes.

    Args:
        path: The file; None if there is none.
        most_days: How many days ahead an entry may expire at most.
        today: The day of the run, if it is not today.

    Raises:
        ConfigurationError: The file cannot be read, or says something else.
    """
    if path is None:
        return Quarantine()
    today = today or datetime.date.today()
    entries = entries_of(path)
    problems = [*twice(entries), *problems_of(entries, most_days, today)]
    if problems:
        what, *more = problems if len(problems) == 1 else (f"{len(problems)} errors", *problems)
        raise ConfigurationError(
            f"{path}: {what}", detail="\n".join(more) or None, hint=f"an entry is {EXAMPLE}"
        )
    return Quarantine.of(str(path), [Quarantined(**entry) for entry in entries], today)


def entries_of(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a file, as they are.

    Raises:
        ConfigurationError: It cannot be read, or has no list of entries.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"the quarantine {path} cannot be read", cause=str(error), hint="mend the file"
        ) from error
    for key in data:
        if key != TABLE:
            raise ConfigurationError(f"{path}: unknown key {key!r}", hint=f"an entry is {EXAMPLE}")
    entries: Any = data.get(TABLE, [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise ConfigurationError(f"{path}: {TABLE} is no list", hint=f"an entry is {EXAMPLE}")
    return entries


def problems_of(
    entries: list[dict[str, Any]], most_days: int, today: datetime.date
) -> Iterator[str]:
    """Yield what is wrong with entries, each a line."""
    for number, entry in enumerate(entries, 1):
        where = f"entry {number} ({entry.get('test', 'of no test')})"
        for problem in (*wrong_keys(entry), *wrong_values(entry, most_days, today)):
            yield f"{where}: {problem}"


def wrong_keys(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the keys of an entry."""
    for key in entry:
        if key not in KEYS:
            near = nearest(key, KEYS)
            yield f"unknown key {key!r}" + (f"; did you mean {near}?" if near else "")
    for key in NEEDED:
        if key not in entry:
            yield f"no {key}"


def wrong_values(entry: Mapping[str, Any], most_days: int, today: datetime.date) -> Iterator[str]:
    """Yield what is wrong with the values of an entry."""
    for key in KEYS:
        value = entry.get(key, "-")
        if key != "expires" and not (isinstance(value, str) and value.strip()):
            yield f"{key} = {value!r} is no text"
    expires = entry.get("expires", today)
    if type(expires) is not datetime.date:
        yield f"expires = {expires!r} is no date: write expires = 2026-01-31, without quotes"
    elif (expires - today).days > most_days:
        days = (expires - today).days
        yield f"it expires on {expires}, {days} days ahead: {most_days} at most (quarantine_days)"


def twice(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the tests that have several entries."""
    for test, count in Counter(str(entry.get("test")) for entry in entries).items():
        if count > 1 and test != "None":
            yield f"{count} entries for {test}"
