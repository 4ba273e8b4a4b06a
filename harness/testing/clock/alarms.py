"""What is due on a fake clock: a timer's call, and the end of a thread's or a task's sleep."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.core import realtime
from harness.testing.clock.instants import instant, name_of

if TYPE_CHECKING:
    import asyncio

    from harness.testing.clock.agenda import Agenda


class Alarm:
    """Something that is due at an instant.

    Args:
        due: The instant, in nanoseconds since 1970.
        who: What a reader knows it by.
    """

    sleeper: object = None  # the thread or task that sleeps

    def __init__(self, due: int, who: str) -> None:
        self.due = due
        self.who = who

    @property
    def when(self) -> datetime:
        """The instant."""
        return instant(self.due)

    def ring(self) -> None:
        """Do what is due."""
        raise NotImplementedError

    def settled(self, agenda: Agenda, blocking: bool) -> bool:
        """Tell whether whom it woke has come to rest: sleeps again, or has ended.

        Args:
            agenda: What is due by now.
            blocking: Whether the caller keeps its own event loop from running.
        """
        return True

    def end(self, error: Exception) -> None:
        """Give up: the clock is closed."""


class FakeTimer(Alarm):
    """A function that a fake clock calls when it comes to an instant.

    Args:
        due: The instant, in nanoseconds since 1970.
        callback: The function.
        arguments: What it is called with.
        agenda: What it is on.
    """

    def __init__(
        self,
        due: int,
        callback: Callable[..., object],
        arguments: tuple[Any, ...],
        agenda: Agenda,
    ) -> None:
        super().__init__(due, f"timer {name_of(callback)}")
        self._callback = callback
        self._arguments = arguments
        self._agenda = agenda
        agenda.add(self)

    def cancel(self) -> None:
        """Let it not be called; one that was is not undone."""
        self._agenda.remove(self)

    def ring(self) -> None:
        """Call the function; its error tells which timer it was."""
        try:
            self._callback(*self._arguments)
        except Exception as error:
            error.add_note(f"raised by the {self.who}, which was due at {self.when}")
            raise


class ThreadSleep(Alarm):
    """The sleep of this thread.

    Args:
        due: When it ends, in nanoseconds since 1970.
    """

    def __init__(self, due: int) -> None:
        self.sleeper: threading.Thread = threading.current_thread()
        super().__init__(due, f"thread {self.sleeper.name}")
        self.began = realtime.monotonic()
        self._over = threading.Event()
        self._error: Exception | None = None

    def wait(self, seconds: float) -> bool:
        """Sleep; tell whether it is over, and not only so many real seconds.

        Raises:
            ClockError: The clock was closed.
        """
        over = self._over.wait(seconds)
        if self._error is not None:
            raise self._error
        return over

    def ring(self) -> None:
        """Wake the thread."""
        self._over.set()

    def settled(self, agenda: Agenda, blocking: bool) -> bool:
        """Tell whether the thread sleeps again, has ended or is back in its pool."""
        thread = self.sleeper
        return not thread.is_alive() or agenda.has_sleeper(thread) or in_pool(thread)

    def end(self, error: Exception) -> None:
        """Wake the thread with an error."""
        self._error = error
        self._over.set()


class TaskSleep(Alarm):
    """The sleep of this task.

    Args:
        due: When it ends, in nanoseconds since 1970.
    """

    def __init__(self, due: int) -> None:
        import asyncio  # imported already, by whoever awaits this

        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.get_ident()
        self._error: Exception | None = None
        task = asyncio.current_task()
        self.sleeper: asyncio.Task[Any] | None = task
        super().__init__(due, f"task {'' if task is None else task.get_name()}")
        self.began = realtime.monotonic()

    async def wait(self, seconds: float) -> bool:
        """Sleep; tell whether it is over, and not only so many real seconds.

        Raises:
            ClockError: The clock was closed.
        """
        import asyncio

        done, _ = await asyncio.wait([self._over], timeout=seconds)
        if self._error is not None:
            raise self._error
        return bool(done)

    def ring(self) -> None:
        """Wake the task."""
        if self._thread == threading.get_ident():
            self._wake()
        else:
            self._loop.call_soon_threadsafe(self._wake)

    def settled(self, agenda: Agenda, blocking: bool) -> bool:
        """Tell whether the task sleeps again or has ended, or cannot even run."""
        if blocking and self._thread == threading.get_ident():
            return True
        task = self.sleeper
        return task is None or task.done() or agenda.has_sleeper(task)

    def end(self, error: Exception) -> None:
        """Wake the task with an error, if its loop still runs."""
        self._error = error
        with unless_closed():
            self.ring()

    def _wake(self) -> None:
        if not self._over.done():
            self._over.set_result(None)


@contextmanager
def unless_closed() -> Iterator[None]:
    """Do nothing where the event loop is closed: its tasks are gone."""
    try:
        yield
    except RuntimeError as error:
        if "closed" not in str(error):
            raise


def in_pool(thread: threading.Thread) -> bool:
    """Tell whether a thread is back in its pool, and waits for something to do."""
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return False
    name = frame.f_globals.get("__name__")
    return name == "concurrent.futures.thread" and frame.f_code.co_name == "_worker"
