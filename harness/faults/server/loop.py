"""An event loop whose timers are not rounded up to milliseconds."""

from __future__ import annotations

import asyncio
import select
import selectors


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
            ready = select.select([self.fileno()], [], [], timeout)[0]
            return super().select(0) if ready else []
