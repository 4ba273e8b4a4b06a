"""Taking an SQL expression apart into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.data.checks.nodes import UnreadableError

OPERATORS = (
    "!~~*", "!~~", "!~*", "~~*", "->>", "#>>", "::", "!~", "~~", "~*", "<>", "!=", "<=", ">=",
    "==", "||", "<@", "@>", "&&", "->", "#>", "?|", "?&", "<<", ">>",
)  # fmt: skip
TOKEN = re.compile(
    r"""
    \s+ | --[^\n]* | /\*.*?\*/
  | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<operator>OPERATORS|[-+*/<>=~!@#%^&|?()\[\],.:])
    """.replace("OPERATORS", "|".join(map(re.escape, OPERATORS))),
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: `string`, `number`, `name` (in quotes), `word`, `operator` or `end`.
        text: Its value: a word in lower case, a string without its quotes.
    """

    kind: str
    text: str


def tokens(text: str) -> list[Token]:
    """Return the tokens of an expression, an `end` at the end.

    Raises:
        UnreadableError: It holds something that is no token.

    Example:
        >>> [token.text for token in tokens("Price >= 1.5")]
        ['price', '>=', '1.5', '']
    """
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise UnreadableError(f"{text[at : at + 10]!r}")
        if match.lastgroup:
            found.append(token_of(match.lastgroup, match.group()))
        at = match.end()
    return [*found, Token("end", "")]


def token_of(kind: str, text: str) -> Token:
    """Return a token without its quotes."""
    if kind == "string":
        return Token("string", text[1:-1].replace("''", "'"))
    if kind == "escaped":
        return Token("string", re.sub(r"\\(.)", r"\1", text[2:-1].replace("''", "'")))
    if kind == "quoted":
        return Token("name", text[1:-1].replace('""', '"'))
    return Token(kind, text.lower() if kind == "word" else text)
