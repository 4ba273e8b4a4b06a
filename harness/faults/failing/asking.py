"""What a test asks for, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import FaultError
from harness.faults.failing.failure import LOST, REQUEST, RESPONSE, pattern


@dataclass(frozen=True)
class Asked:
    """A failure as a test asks for it.

    Attributes:
        error: The error's name, code or text.
        on: A regular expression for the begin of the statement; None for any.
        times: How many statements fail; None for all that come.
        after: How many that match are left alone before.
        lost: What is lost with the connection; None for what is usual.
        message: The error's text; None for what is usual.
    """

    error: str
    on: str | None = None
    times: int | None = 1
    after: int = 0
    lost: str | None = None
    message: str | None = None

    def __str__(self) -> str:
        given = {"on": self.on, "after": self.after or None, "lost": self.lost}
        parts = [f"{name}={value!r}" for name, value in given.items() if value is not None]
        parts += [f"times={self.times!r}"] if self.times != 1 else []
        parts += [f"message={self.message!r}"] if self.message is not None else []
        return f"fail_next({', '.join([repr(self.error), *parts])})"

    @property
    def loses(self) -> str | None:
        """What is lost, if a connection is; else None."""
        return (self.lost or RESPONSE) if self.error == LOST else None

    def check(self) -> None:
        """Do nothing for what can be.

        Raises:
            FaultError: It cannot.
        """
        if not isinstance(self.error, str) or not self.error.strip():
            raise self._wrong(f"{self.error!r} names no error", 'write its name, as in "disk_full"')
        self._check_pattern()
        self._check_numbers()
        self._check_lost()
        self._check_message()

    def _check_pattern(self) -> None:
        if self.on is None:
            return
        try:
            if not isinstance(self.on, str) or not self.on.strip():
                raise re.error("it is empty")
            pattern(self.on)
        except re.error as error:
            raise self._wrong(
                f"on={self.on!r} is no regular expression: {error}",
                'write the begin of the statement, as in on="insert into orders"; '
                "re.escape(...) takes a text as it is",
            ) from None

    def _check_numbers(self) -> None:
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            raise self._wrong(
                f"times={self.times!r} is no number of statements",
                "write times=1 or more, or times=None for all that come",
            )
        if type(self.after) is not int or self.after < 0:
            raise self._wrong(
                f"after={self.after!r} is no number of statements", "write after=0 or more"
            )

    def _check_lost(self) -> None:
        if self.lost is None:
            return
        if self.lost not in (REQUEST, RESPONSE):
            raise self._wrong(
                f"lost={self.lost!r} is nothing that can be lost",
                'write lost="request", which the server never sees, or lost="response", '
                "after it has carried it out",
            )
        if self.error != LOST:
            raise self._wrong(
                f"with lost={self.lost!r} there is no error", f'write fail_next("{LOST}", ...)'
            )

    def _check_message(self) -> None:
        if self.message is None:
            return
        if not isinstance(self.message, str) or not self.message.strip() or odd(self.message):
            raise self._wrong(f"message={self.message!r} is no line of text", "write one line")

    def _wrong(self, what: str, hint: str) -> FaultError:
        return FaultError(f"fail_next({self.error!r}): {what}", hint=hint)


def odd(text: str) -> bool:
    """Tell whether a text cannot stand on one line of a protocol."""
    return any(character in text for character in "\0\r\n")
