"""Migrations in goose's form: one file for both ways, told apart by annotations.

The annotations are those of https://pressly.github.io/goose/documentation/annotations/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.nearest import nearest
from harness.data.files import MARK as MARK_OF_UTF_8
from harness.data.files import decoded, unreadable
from harness.data.scripts import Part, Script, Split
from harness.data.statements import Statement, split
from harness.errors import MigrationError

ANNOTATION = re.compile(r"--\s*\+goose\b(.*)")
MARK = re.compile(rb"^--[ \t]*\+goose\b", re.MULTILINE)
KNOWN = ("Up", "Down", "StatementBegin", "StatementEnd", "NO TRANSACTION")
BY_FOLDED = {known.lower(): known for known in KNOWN}


def is_goose(path: Path) -> bool:
    """Tell whether a file has an annotation of goose's.

    Raises:
        MigrationError: It cannot be read.
    """
    try:
        return MARK.search(path.read_bytes()) is not None
    except OSError as error:
        raise unreadable(path, error) from error


@dataclass
class GooseFile:
    """What the lines of one file say.

    Args:
        path: The file.
        text: Its content.
        split: Splits a text into statements.

    Attributes:
        statements: Those of each section that there is, `Up` and `Down`.
        transaction: Whether they run in one.

    Raises:
        MigrationError: An annotation is unknown, or in the wrong place.
    """

    path: Path
    text: str
    split: Split = split
    statements: dict[str, list[Statement]] = field(default_factory=dict, init=False)
    transaction: bool = field(default=True, init=False)
    _section: str = field(default="", init=False)
    _lines: list[str] = field(default_factory=list, init=False)
    _first: int = field(default=1, init=False)
    _block: int = field(default=0, init=False)  # the line of an open StatementBegin

    def __post_init__(self) -> None:
        lines = self.text.splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            match = ANNOTATION.match(line)
            if match is None:
                self._lines.append(line)
                continue
            self._flush()
            self._obey(match[1].strip(), number)
            self._first = number + 1
        if self._block:
            raise self._wrong(self._block, "StatementBegin has no StatementEnd")
        self._flush()
        if "Up" not in self.statements:
            raise self._wrong(max(len(lines), 1), "there is no `-- +goose Up` in it")

    def _obey(self, said: str, number: int) -> None:
        """Change the state as an annotation says."""
        word = BY_FOLDED.get(said.lower())
        if word is None:
            raise self._unknown(number, said)
        if self._block and word != "StatementEnd":
            raise self._wrong(number, f"{word} inside of StatementBegin of line {self._block}")
        if word in ("Up", "Down"):
            self._enter(word, number)
        elif word == "StatementBegin":
            self._begin(number)
        elif word == "StatementEnd" and not self._block:
            raise self._wrong(number, "StatementEnd has no StatementBegin")
        elif word == "StatementEnd":
            self._block = 0
        else:
            self.transaction = False

    def _enter(self, section: str, number: int) -> None:
        if section in self.statements:
            raise self._wrong(number, f"a second `-- +goose {section}`")
        if section == "Down" and not self.statements:
            raise self._wrong(number, "Down stands before Up")
        self.statements[section] = []
        self._section = section

    def _begin(self, number: int) -> None:
        if not self._section:
            raise self._wrong(number, "StatementBegin stands before Up")
        self._block = number

    def _flush(self) -> None:
        """Take the lines since the last annotation as statements of the section."""
        text, self._lines = "".join(self._lines), []
        found = [Statement(part.text, part.line + self._first - 1) for part in self.split(text)]
        if not found:
            return
        if not self._section:
            raise self._wrong(found[0].line, "a statement stands before `-- +goose Up`")
        if self._block:
            found = [Statement(text.strip(), found[0].line)]
        else:
            self._check_ends(found)
        self.statements[self._section] += found

    def _check_ends(self, found: list[Statement]) -> None:
        """Refuse what runs here and not with goose, which looks no further than the line's end."""
        for statement in found:
            for number, line in enumerate(statement.text.splitlines()[:-1], statement.line):
                if line.partition("--")[0].rstrip().endswith(";"):
                    raise self._wrong(
                        number,
                        "goose ends the statement here, in the middle of it",
                        "put it between `-- +goose StatementBegin` and `-- +goose StatementEnd`",
                    )

    def script(self, section: str) -> Script | None:
        """Return the script of a section, if there is one."""
        if section not in self.statements:
            return None
        parts = [Part(statement) for statement in self.statements[section]]
        return Script(self.path, lambda: parts, self.transaction)

    def _unknown(self, number: int, said: str) -> MigrationError:
        if said.upper().startswith("ENVSUB"):
            return self._wrong(number, f"{said!r} is not supported: variables are not filled in")
        near = nearest(said.lower(), BY_FOLDED)
        hint = f"did you mean -- +goose {BY_FOLDED[near]}?" if near else None
        return self._wrong(number, f"unknown annotation {said!r}", hint)

    def _wrong(self, line: int, what: str, hint: str | None = None) -> MigrationError:
        known = ", ".join(f"`-- +goose {word}`" for word in KNOWN)
        return MigrationError(
            f"{self.path}, line {line}: {what}", hint=hint or f"goose's annotations are {known}"
        )


def read_goose(path: Path, split: Split = split) -> GooseFile:
    """Read a file in goose's form.

    Raises:
        MigrationError: It cannot be read, or an annotation is wrong.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    return GooseFile(path, decoded(path, content.removeprefix(MARK_OF_UTF_8)), split)
