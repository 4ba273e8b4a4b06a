"""Taking passwords out of what is shown or written."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from urllib.parse import quote

MASK = "***"
SHORT = 4  # letters: a secret of fewer is taken out as a whole word only, it is in many others

# A value: quoted, as in SQL and JSON, to the line's end where the quote is not closed; or bare.
QUOTED = (
    r"""(?:[bBeEnNrRuU]{1,2}&?)?\\*"""
    r"""(?:'(?:[^'\\\n]|\\.|'')*'?|"(?:[^"\\\n]|\\.|"")*"?|\$\w*\$[^\n]*?\$\w*\$)"""
)
VALUE = rf"(?:{QUOTED}|[^\s&#]+)"
NAME = (
    r"(?:password|passwd|passphrase|pwd|secret|credential|"
    r"(?:api|access|private|account|auth|secret)[_-]?key|"
    r"(?:api|access|auth|bearer|refresh|session|id)[_-]?token)s?"
)
GAP = r"[^\S\n]*"  # spaces within a line
SPACE = r"\s+(?:\d{4}-\d\d-\d\dT\S+\s+)?"  # also over a line's end, after which Docker has the time

PATTERNS = (
    # -----BEGIN RSA PRIVATE KEY----- ...
    (
        r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        rf"\1{MASK}\2",
    ),
    # SCRAM-SHA-256$4096:salt$stored:server, and PostgreSQL's older md5
    (r"(SCRAM-SHA-\d+\$)[^\s'\"]*", rf"\1{MASK}"),
    (r"\bmd5[0-9a-fA-F]{32}\b", f"md5{MASK}"),
    # scheme://user:password@host; what begins like a port is none
    (r"(://[^\s:/@'\"]*:)(?!\d{1,5}[/?#\s])[^\s'\"]{0,500}@", rf"\1{MASK}@"),
    # Authorization: Bearer ...
    (rf"(\bauthorization[\\\"']*{GAP}[:=]{GAP}[\\\"']*(?:\w+ +)?)[^\s'\",]+", rf"\1{MASK}"),
    # password=..., "secret": "...", API_KEY: ...
    (rf"({NAME}[\\\"']*{GAP}(?:=>|:=|[=:]){GAP}){VALUE}", rf"\1{MASK}"),
    # alter role x password '...'; set password for x = '...'; identified by '...'
    (rf"(\bpassword(?:\s+for\s+\S+\s*=)?{SPACE}){QUOTED}", rf"\1{MASK}"),
    (rf"(\bidentified(?:\s+\w+\s+\S+)?\s+by{SPACE}){QUOTED}", rf"\1{MASK}"),
    # requirepass ..., "AUTH" "..." (Redis)
    (r"(\b(?:requirepass|masterauth)[\"']?[ ]+)\S+", rf"\1{MASK}"),
    (r"(\"auth\" )[^\n]+", rf"\1{MASK}"),
)


@functools.cache
def patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compile the patterns, which takes some milliseconds that only a failure has to pay."""
    flags = re.DOTALL | re.IGNORECASE
    return tuple((re.compile(pattern, flags), put) for pattern, put in PATTERNS)


class Redaction:
    """A function that returns a text without its secrets.

    Args:
        secrets: Texts that must never be shown; what looks like a password is taken out besides.

    Example:
        >>> redact = Redaction(["hunter2"])
        >>> redact("hunter2 was refused; alter role ada password 'x'")
        '*** was refused; alter role ada password ***'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets if secret for form in forms(secret)}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(exactly, longest_first))) if known else None

    def __call__(self, text: str) -> str:
        """Return the text with asterisks in place of its secrets."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern, put in patterns():
            text = pattern.sub(put, text)
        return text


def forms(secret: str) -> set[str]:
    """Return how a secret may be written: as it is, in a URL, in SQL, in JSON."""
    escaped = secret.replace("\\", "\\\\")
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        secret.replace("'", "''"),
        escaped.replace('"', '\\"'),
        escaped.replace("'", "\\'"),
    }


def exactly(secret: str) -> str:
    """Return the pattern that finds a secret; a short one only as a word of its own."""
    pattern = re.escape(secret)
    return pattern if len(secret) >= SHORT else rf"(?<!\w){pattern}(?!\w)"
