"""An end to an action that does not end by itself."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable

GRACE = 1.0  # seconds between the two attempts


class Overdue(BaseException):
    """Raised within an action that goes on after all its connections were cut."""


class Deadline:
    """Ends what runs in a `with` block when its time is over.

    First what it waits for is cut. If it goes on all the same, as one that tries for ever does,
    `Overdue` is raised in it. What waits in a function of C for something else is not reached.

    Args:
        seconds: How long it may take.
        cut: Called when that is over, in another thread.

    Attributes:
        passed: Whether it was.
    """

    def __init__(self, seconds: float, cut: Callable[[], object]) -> None:
        self._cut = cut
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._end()
        except Overdue:  # told at the last moment
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._over.set()
        self._timer.cancel()
        self._timer.join()
        if self.passed:
            self._take_back()

    def _expire(self) -> None:
        self.passed = True
        self._cut()
        while not self._over.wait(GRACE):
            with self._lock:
                if not self._over.is_set():
                    self._tell()

    def _tell(self) -> None:
        """Have what runs end."""
        raise_in(self._thread, Overdue)

    def _take_back(self) -> None:
        """Undo that, where it was told and has not come to hear it."""
        raise_in(self._thread, None)


class TaskDeadline(Deadline):
    """The same for what a task awaits, which is cancelled: no thread runs while it waits."""

    def __init__(self, seconds: float, cut: Callable[[], object]) -> None:
        super().__init__(seconds, cut)
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._times = 0  # that it was cancelled

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self._times and isinstance(error[1], asyncio.CancelledError):
            raise Overdue from error[1]

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None and not self._over.is_set():
            self._times += 1
            self._task.cancel()

    def _take_back(self) -> None:
        for _ in range(self._times):
            assert self._task is not None
            self._task.uncancel()


def raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise an error in another thread when it runs its next instruction; None takes that back.

    Source: https://docs.python.org/3/c-api/threads.html#c.PyThreadState_SetAsyncExc
    """
    argument = ctypes.py_object(error) if error is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), argument)
