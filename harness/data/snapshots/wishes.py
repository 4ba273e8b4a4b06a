"""What a user wants in a snapshot, and what not: from options, and from a file beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core.nearest import did_you_mean
from harness.errors import SnapshotError

NAME = "snapshot.toml"
KEYS: dict[str, type] = {
    "table": list,
    "exclude-table-data": list,
    "leave-out": list,
    "mask": dict,
    "require-mask": str,
}
FORMS: dict[type, str] = {
    list: "a list of texts",
    dict: 'a table such as "users.email" = "hash"',
    str: "a text",
}


@dataclass(frozen=True)
class Wishes:
    """What is to be in a snapshot. Tables are names or patterns, with or without schema.

    Attributes:
        tables: Whose rows to save; all, if there are none.
        without_rows: Whose rows to leave out.
        left_out: Columns, as `table.column`, whose values to leave out.
        masks: Way of masking by `table.column`.
        require: A pattern; columns whose name it finds have to be masked or left out.
    """

    tables: tuple[str, ...] = ()
    without_rows: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    masks: Mapping[str, str] = field(default_factory=dict)
    require: str | None = None

    def __or__(self, other: Wishes) -> Wishes:
        """Return both together; of what can be said once only, what the other says."""
        return Wishes(
            self.tables + other.tables,
            self.without_rows + other.without_rows,
            self.left_out + other.left_out,
            {**self.masks, **other.masks},
            other.require or self.require,
        )

    def required(self) -> re.Pattern[str] | None:
        """Return the pattern of columns that have to be masked.

        Raises:
            SnapshotError: It is none.
        """
        try:
            return None if self.require is None else re.compile(self.require, re.IGNORECASE)
        except re.error as error:
            raise SnapshotError(
                f"--require-mask {self.require}: not a regular expression: {error}",
                hint="write --require-mask 'email|phone|password'",
            ) from error


def masks_of(pairs: Iterable[str]) -> dict[str, str]:
    """Read `table.column=WAY`.

    Raises:
        SnapshotError: One is something else.
    """
    masks = {}
    for pair in pairs:
        column, equals, way = pair.partition("=")
        if not (equals and way and "." in column):
            raise SnapshotError(
                f"--mask {pair}: not of the form table.column=WAY",
                hint="write --mask users.email=hash",
            )
        masks[column] = way
    return masks


def read(path: Path) -> Wishes:
    """Read them from a TOML file.

    Raises:
        SnapshotError: It cannot be read, or says something else.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SnapshotError(f"{path} cannot be read: {error}", hint="write TOML there") from error
    for key, value in data.items():
        check_entry(path, key, value)
    return Wishes(
        tuple(data.get("table", ())),
        tuple(data.get("exclude-table-data", ())),
        tuple(data.get("leave-out", ())),
        data.get("mask", {}),
        data.get("require-mask"),
    )


def check_entry(path: Path, key: str, value: Any) -> None:
    """Do nothing for what may stand in the file.

    Raises:
        SnapshotError: It may not.
    """
    if key not in KEYS:
        raise SnapshotError(f"{path}: unknown key {key!r}", hint=did_you_mean(key, KEYS))
    inside = value.values() if isinstance(value, dict) else value
    texts = list(inside) if isinstance(inside, Iterable) else []
    if not isinstance(value, KEYS[key]) or not all(isinstance(each, str) for each in texts):
        raise SnapshotError(
            f"{path}: {key} = {value!r} is not {FORMS[KEYS[key]]}", hint="correct it there"
        )
