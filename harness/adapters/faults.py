"""One body of a test under one fault after another, each as a subtest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from harness.errors import FaultError
from harness.faults.client import Applied
from harness.faults.faults import Fault, Toxics

__unittest = True  # frames of this module are left out of a failure's traceback

SubTest = Callable[..., contextlib.AbstractContextManager[None]]


class HasToxics(Protocol):
    """A lease of what is proxied, or a proxy."""

    @property
    def toxics(self) -> Toxics[Applied]:
        """Faults on it."""


class UnderFault(contextlib.AbstractContextManager["UnderFault"]):
    """A subtest under one fault.

    Attributes:
        fault: The fault.
        entered: Whether its block was begun.
    """

    def __init__(self, sub_test: SubTest, of: HasToxics, fault: Fault) -> None:
        self.fault = fault
        self.entered = False
        self._sub_test = sub_test
        self._of = of

    def __str__(self) -> str:
        return str(self.fault)

    def __enter__(self) -> UnderFault:
        self.entered = True
        self._block = self._begin()
        self._block.__enter__()
        return self

    def __exit__(self, *error: object) -> bool | None:
        return self._block.__exit__(*error)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def _begin(self) -> Iterator[None]:
        with self._sub_test(fault=str(self.fault)), self._of.toxics.having(self.fault):
            yield


def under(sub_test: SubTest, of: HasToxics, faults: Iterable[Fault]) -> Iterator[UnderFault]:
    """Yield a block for each fault.

    Raises:
        FaultError: A fault is none, there is none at all, or the last one's block was not begun.
    """
    known = list(faults)
    for fault in known:
        if not isinstance(fault, Fault):
            raise FaultError(
                f"under(): {fault!r} is no fault",
                hint="import them: `from harness.faults import latency, down`",
            )
    if not known:
        raise FaultError("under(): the list of faults is empty: nothing would be tested")
    for fault in known:
        block = UnderFault(sub_test, of, fault)
        yield block
        if not block.entered:
            raise FaultError(
                f"under(): nothing was run under {fault}",
                hint="write `with fault:` in the loop: for fault in self.under(...)",
            )
