"""Running every clean-up, whatever some of them do."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import CleanupError, HarnessError


class Cleanups:
    """A stack of clean-ups: last in, first out, and none left out.

    Example:
        >>> done = []
        >>> cleanups = Cleanups("the example")
        >>> cleanups.push(lambda: done.append("first in"))
        >>> cleanups.push(lambda: done.append("last in"))
        >>> cleanups.close()
        >>> done
        ['last in', 'first in']
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._pending: list[Callable[[], object]] = []

    def push(self, action: Callable[[], object]) -> None:
        """Add a clean-up, to run before all those added earlier."""
        self._pending.append(action)

    def close(self) -> None:
        """Run all clean-ups once.

        Raises:
            CleanupError: Some failed; raised after all of them ran. A single `HarnessError` is
                raised as it is.
            KeyboardInterrupt, SystemExit: One of them was interrupted; raised after all ran, with
                the failures as notes.
        """
        failures: list[Exception] = []
        interrupt: BaseException | None = None
        while self._pending:
            try:
                self._pending.pop()()
            except Exception as error:
                failures.append(error)
            except BaseException as error:  # Ctrl-C must not keep the rest from being cleaned
                interrupt = error
        if interrupt is not None:
            for failure in failures:
                interrupt.add_note(f"while cleaning up {self._what}: {failure}")
            raise interrupt
        raise_all(self._what, failures)


def raise_all(what: object, failures: list[Exception]) -> None:
    """Raise nothing, the one `HarnessError`, or a `CleanupError` with every failure."""
    if len(failures) == 1 and isinstance(failures[0], HarnessError):
        raise failures[0]
    if failures:
        raise CleanupError(f"{len(failures)} clean-up(s) of {what} failed", failures)
