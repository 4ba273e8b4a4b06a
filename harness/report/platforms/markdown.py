"""What a run has come to, in Markdown, of which there may not be more than is taken."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.report.harmless import LINE_END
from harness.report.summary import tally

if TYPE_CHECKING:
    from harness.report.account import Account, Trouble

ROWS = 100  # of a table
FENCE = re.compile(r"^\s*(~{3,})", re.MULTILINE)
KEPT = 500  # bytes, for what is said of what has no room


def markdown(account: Account, room: int) -> str:
    """Return what a run has come to; nothing, where there is no room even to say so.

    Args:
        account: What that is.
        room: Bytes that it may have.
    """
    troubles = list(account.troubles())
    parts = [
        f"### {tally(account.ledger)} in {account.seconds:.1f} s\n",
        *([f"{text(account.problem)}\n"] if account.problem else []),
        *table(troubles),
        *([f"Repeat with {code(account.again)}\n"] if account.again else []),
        *(folded(title, "\n".join(lines)) for title, lines in account.slowest),
        *(folded(trouble.name, trouble.text) for trouble in troubles if trouble.text),
    ]
    return "\n".join(fitting(parts, room - KEPT)) + "\n" if room > KEPT else ""


def fitting(parts: Iterable[str], room: int) -> list[str]:
    """Return the parts that there is room for, and how many there are besides."""
    taken: list[str] = []
    left = 0
    for part in parts:
        size = len(part.encode(errors="backslashreplace")) + 1
        if size <= room and not left:
            taken.append(part)
            room -= size
        else:
            left += 1
    return [*taken, f"There is no room for {left} more parts."] if left else taken


def table(troubles: list[Trouble]) -> list[str]:
    """Return a table of what has failed."""
    if not troubles:
        return []
    rows = [row(trouble) for trouble in troubles[:ROWS]]
    more = [f"| and {len(troubles) - ROWS} more | | |"] if len(troubles) > ROWS else []
    return ["\n".join(["| what | why | where |", "|---|---|---|", *rows, *more]) + "\n"]


def row(trouble: Trouble) -> str:
    """Return a row of a table."""
    place = f"{trouble.place.file}:{trouble.place.line}" if trouble.place else ""
    return f"| {code(trouble.name)} | {text(trouble.line)} | {text(place)} |"


def folded(title: str, body: str) -> str:
    """Return a text as it is, which is seen when its title is clicked."""
    body = LINE_END.sub("\n", body)  # to Markdown each of them ends a line, and may end the text
    longest = max((len(found) for found in FENCE.findall(body)), default=2)
    fence = "~" * (longest + 1)
    summary = f"<details><summary>{code(title)}</summary>"
    return f"{summary}\n\n{fence}text\n{body.rstrip()}\n{fence}\n\n</details>\n"


def code(words: str) -> str:
    """Return words as code, in a cell of a table too."""
    return f"<code>{text(words)}</code>"


def text(words: str) -> str:
    r"""Return words in which nothing is Markdown or HTML, in a cell of a table too.

    Example:
        >>> text("a_b | <c>\r")
        'a&#95;b &#124; &lt;c&gt; '
    """
    safe = re.sub(r"[\r\n]+", " ", html.escape(words, quote=False))
    return re.sub(r"[\\`*_{}\[\]()#|~@]", lambda found: f"&#{ord(found[0])};", safe)
