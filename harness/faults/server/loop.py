"""An event loop whose timers are not rounded up to milliseconds."""

from __future__ import annotations

import asyncio
import select
import selectors
import time

DOZE = 0.001  # seconds


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that is exact to some 0.1 ms, where the system has epoll."""
    if not hasattr(selectors, "EpollSelector"):
        return asyncio.new_event_loop()
    return asyncio.SelectorEventLoop(ExactSelector())


if hasattr(selectors, "EpollSelector"):

    class ExactSelector(selectors.EpollSelector):
        """Waits as long as it is told: epoll itself counts in whole milliseconds."""

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """Return what is ready, after `timeout` seconds at most."""
            if timeout is None or timeout <= 0:
                return super().select(timeout)
            if timeout > DOZE:
                # Woken from a long sleep, a processor takes its time; from a short one, less.
                end = time.monotonic() + timeout
                if self._ready_within(timeout - DOZE):
                    return super().select(0)
                timeout = max(0.0, end - time.monotonic())
            return super().select(0) if self._ready_within(timeout) else []

        def _ready_within(self, seconds: float) -> bool:
            return bool(select.select([self.fileno()], [], [], seconds)[0])
