"""Waiting until a condition holds, without blocking the event loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from harness.core.probe import check_probe
from harness.core.tries import CutShort, Terms, Tries

__unittest = True  # frames of this module are left out of a failure's traceback


def eventually_async(probe: Callable[[], Any], terms: Terms) -> Coroutine[Any, Any, Any]:
    """Return the coroutine that calls `probe`, and awaits what it returns, until it holds.

    A try that still waits at the deadline is cancelled.

    Args:
        probe: A plain function or one that returns something to await.
        terms: How long and how often.

    Raises:
        ConfigurationError: The probe cannot be called; raised now, not when it is awaited.
    """
    check_probe(probe)
    return wait(probe, terms)


async def wait(probe: Callable[[], Any], terms: Terms) -> Any:
    """Try until it holds; the watch is asked in a thread, for it may take its time."""
    tries = Tries(probe, terms)
    while True:
        with tries:
            tries.take(await call(probe, tries.allowance()))
        if tries.succeeded:
            return tries.value
        if tries.must_look:
            await asyncio.to_thread(tries.look)
        await asyncio.sleep(tries.pause())


async def call(probe: Callable[[], Any], seconds: float) -> Any:
    """Call a probe, and await what it returns for so many seconds.

    Raises:
        CutShort: It took longer; raised from what the cancelling raised, which shows the place.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            value = probe()
            return await value if inspect.isawaitable(value) else value
    except TimeoutError as error:
        if limit.expired():
            raise CutShort from error
        raise
