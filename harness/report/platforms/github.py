"""GitHub Actions: annotations in the sources, groups in the log, the summary of a job."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.report.platforms.markdown import markdown
from harness.report.tracebacks import reason_of
from harness.runner.clipped import clipped
from harness.runner.kinds import FLAKY

if TYPE_CHECKING:
    from harness.report.account import Account, Trouble
    from harness.report.places import Place

MOST = 10  # annotations of each kind that GitHub shows of a step
LONGEST = 4000  # letters of an annotation
SUMMARY = 1 << 20  # bytes that GitHub takes of a step's summary, all or nothing
COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)
ERROR, WARNING = "error", "warning"


class GitHub:
    """GitHub Actions.

    Args:
        summary: The file for the summary of the step; empty if there is none.
    """

    def __init__(self, summary: str = "") -> None:
        self._summary = summary

    def foreign(self, text: str) -> str:
        """Return a text in which GitHub looks for no commands: what a test has printed has none."""
        if not COMMAND.search(text):
            return text
        token = secrets.token_hex(16)
        return f"::stop-commands::{token}\n{text}\n::{token}::"

    def folded(self, title: str, text: str) -> str:
        """Return the text as a group that is folded."""
        return f"::group::{data(title)}\n{text}\n::endgroup::"

    def path_of(self, file: str) -> str:
        """Return its whole path."""
        return file

    def too_large(self, size: int) -> str:
        """Return nothing: GitHub does not read it."""
        return ""

    def tell(self, account: Callable[[], Account]) -> list[str]:
        """Write the summary; return what annotates the sources with what has failed."""
        told = account()
        lines = commands_of(told)
        if self._summary:
            try:
                write(Path(self._summary), told)
            except OSError as error:
                lines.append(f"harness: the summary of the job cannot be written: {error}")
        return lines


def commands_of(account: Account) -> list[str]:
    """Return the commands that annotate the sources; no more than GitHub shows."""
    troubles = list(account.troubles())
    flaky = [annotation(WARNING, each) for each in troubles if each.kind == FLAKY]
    errors = [annotation(ERROR, each) for each in troubles if each.kind != FLAKY]
    missing = account.missing()
    if missing or account.problem:
        names = ", ".join(missing[:MOST])
        said = account.problem or f"of {len(missing)} tests it is not known what became: {names}"
        errors.insert(0, command(ERROR, said, "the run is not complete"))
    return [*bounded(ERROR, errors), *bounded(WARNING, flaky)]


def bounded(kind: str, commands: list[str]) -> list[str]:
    """Return annotations; the last one says how many there are no annotations for."""
    if len(commands) <= MOST:
        return commands
    more = f"{len(commands) - MOST + 1} more are in the log: GitHub shows {MOST} annotations a step"
    return [*commands[: MOST - 1], command(kind, more, "more of them")]


def annotation(kind: str, trouble: Trouble) -> str:
    """Return the command that annotates a test's source with what has failed."""
    title = f"{trouble.name}: {trouble.kind}"
    said = clipped(reason_of(trouble.text), LONGEST) or trouble.kind
    return command(kind, said, title, trouble.place)


def command(kind: str, message: str, title: str, place: Place | None = None) -> str:
    """Return a command of a workflow.

    Example:
        >>> command("error", "50 %", "a: b")
        '::error title=a%3A b::50 %25'
    """
    where = [] if place is None else [("file", place.file), ("line", str(place.line))]
    given = ",".join(f"{key}={value_of(text)}" for key, text in [*where, ("title", title)])
    return f"::{kind} {given}::{data(message)}"


def data(text: str) -> str:
    """Return a text as a command's message holds it.

    The escapes are those of GitHub's own toolkit.
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value_of(text: str) -> str:
    """Return a text as a property of a command holds it."""
    return data(text).replace(":", "%3A").replace(",", "%2C")


def write(path: Path, account: Account) -> None:
    """Add what a run has come to to the summary of a step.

    Raises:
        OSError: It cannot be written.
    """
    there = path.stat().st_size if path.exists() else 0
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(markdown(account, SUMMARY - there))
