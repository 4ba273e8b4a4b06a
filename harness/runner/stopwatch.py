"""How long a test's set-up took, the test itself, and its release."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from harness.core import realtime as time

__unittest = True  # frames of this module are left out of a failure's traceback

BEFORE, AFTER = ("setUp", "asyncSetUp"), ("asyncTearDown", "tearDown")


class Stopwatch:
    """Takes the time of one test, from when it is made to `stop`; remembers whether it passed.

    unittest calls nobody between the parts of a test. So the test's own `setUp` and `tearDown` are
    stood in for, on this one instance, until they are called.

    Args:
        test: The test, which begins now.
    """

    __slots__ = ("_began", "_done", "_leased", "_marks", "_ready", "_test", "passed")

    def __init__(self, test: Any) -> None:
        self.passed = False
        self._test = test
        self._began = self._ready = time.monotonic()
        self._done: float | None = None
        self._leased = 0.0  # of the leases that the set-up took
        kind: Any = type(test)
        self._marks = timed(kind)
        for name in self._marks:
            made = self._after if name in BEFORE else self._before
            test.__dict__[name] = made(name, getattr(test, name))

    def _after(self, name: str, call: Any) -> Any:
        if name.startswith("async"):

            async def awaited() -> None:
                self._remove(name)
                try:
                    await call()
                finally:
                    self._set_up()

            return awaited
        return Mark(call, lambda: self._remove(name), self._set_up)

    def _before(self, name: str, call: Any) -> Any:
        if name.startswith("async"):

            async def awaited() -> None:
                self._tear_down(name)
                await call()

            return awaited
        return Mark(call, lambda: self._tear_down(name))

    def _set_up(self) -> None:
        self._ready, self._leased = time.monotonic(), self._leases()

    def _leases(self) -> float:
        """Return how long the leases took that a test of ours has taken so far, in seconds."""
        leasing: float = getattr(self._test, "_harness_leasing", 0.0)
        return leasing

    def _tear_down(self, name: str) -> None:
        self._remove(name)
        if self._done is None:
            self._done = time.monotonic()

    def _remove(self, name: str) -> None:
        self._test.__dict__.pop(name, None)

    def stop(self) -> tuple[float, float, float]:
        """Leave the test as it was, and return how long its parts took, as `Times` has them."""
        over = time.monotonic()
        for name in self._marks:
            self._remove(name)
        done = over if self._done is None else self._done
        if self._done is not None and done < self._ready:  # the set-up has failed
            self._ready = done
        leased = min(self._leases() - self._leased, done - self._ready)
        body = done - self._ready - leased
        return done - self._began - body, body, over - done


@functools.lru_cache(maxsize=4)  # the classes of the moment; they are not kept alive for long
def timed(kind: type) -> tuple[str, ...]:
    """Return which methods of a class of tests do something that is not the test itself."""
    return tuple(name for name in (*BEFORE, *AFTER) if acts(name, getattr(kind, name, None)))


def acts(name: str, method: Any) -> bool:
    """Return whether a method is somebody's own, and of the sort that unittest knows it as."""
    if method is None or getattr(method, "__module__", "").startswith("unittest."):
        return False
    return name.startswith("async") == inspect.iscoroutinefunction(method)


def nothing() -> None:
    """Do nothing."""


class Mark:
    """Stands in for a method of a test; a copy of the test, as for another process, has its own.

    Args:
        call: The method.
        before: Called before it.
        after: Called after it, whatever becomes of it.
    """

    def __init__(
        self, call: Any, before: Callable[[], None], after: Callable[[], None] = nothing
    ) -> None:
        self._call, self._before, self._after = call, before, after

    def __call__(self) -> Any:
        """Call it."""
        self._before()
        try:
            return self._call()
        finally:
            self._after()

    def __reduce__(self) -> tuple[Any, ...]:
        """Have copies hold the method itself."""
        return getattr, (self._call.__self__, self._call.__name__)
