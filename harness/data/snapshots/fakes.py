"""Values that look real, made from hashes of the real ones; those never arrive here."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from harness.errors import MissingExtraError, SnapshotError

FAKED = "what Faker makes"
MOST = 100_000  # values that are kept, since many rows share one
DIGITS = 10  # of a hash, which make a value unique
NULL = b"\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

Change = Callable[[bytes], bytes]


def faker() -> Any:
    """Import Faker and make one.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        from faker import Faker
    except ImportError as error:
        raise MissingExtraError(
            "Faker, which fake: values come from, is not installed",
            hint='pip install "unittest-harness[factories]", or mask with hash',
        ) from error
    return Faker()


def check_fake(kind: str, said: str) -> None:
    """Do nothing for a kind of value that Faker makes, such as `email`.

    Raises:
        SnapshotError: There is none of that name.
        MissingExtraError: Faker is not installed.
    """
    if not kind.isidentifier() or not callable(getattr(faker(), kind, None)):
        raise SnapshotError(
            f"--mask {said}=fake:{kind}: Faker makes no {kind!r}",
            hint="write fake:email, fake:name, fake:phone_number, fake:address, ...",
        )


def fake(kind: str, length: int, unique: bool) -> Change:
    """Return what makes a value of a kind from a hash, the same one from the same hash.

    Args:
        kind: A method of Faker's, such as `email`.
        length: How many characters it may have; 0 for any number.
        unique: Whether two hashes must not share a value: each gets digits of the hash.
    """
    source = faker()

    @lru_cache(MOST)
    def change(value: bytes) -> bytes:
        if value == NULL:
            return value
        source.seed_instance(int(value, 16))
        made = str(getattr(source, kind)())
        mark = value[:DIGITS].decode() if unique else ""
        return marked(made, mark, length).translate(ESCAPES).encode()

    return change


def marked(made: str, mark: str, length: int) -> str:
    """Return a value with digits in it that make it unique, cut to its length.

    Example:
        >>> marked("ada@example.org", "5f", 0), marked("Ada Lovelace", "5f", 6)
        ('5f.ada@example.org', '5f.Ada')
    """
    made = f"{mark}.{made}" if mark else made
    return made[:length] if length else made
