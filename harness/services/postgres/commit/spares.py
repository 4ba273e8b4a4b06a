"""Clones of a template made ahead of need, and the dropping of those that are spent."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.services.postgres.connect import driver
from harness.services.postgres.databases import Databases

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance
    from harness.services.postgres.template import Template

AHEAD = 2
PATIENCE = 0.1  # seconds


class Spares:
    """Clones of one template, made and dropped in the background.

    The thread that does so lives as long as there is something to do.

    Args:
        instance: The server.
        template: What they are clones of.
    """

    def __init__(self, instance: PostgresInstance, template: Template) -> None:
        self._instance = instance
        self._template = template
        self._lock = threading.Lock()
        self._ready: list[str] = []
        self._spent: list[str] = []
        self._thread: threading.Thread | None = None
        self._hand: Databases | None = None
        self._closed = False

    def take(self) -> str:
        """Return the name of a clone; made now where none is ready."""
        with self._lock:
            name = self._ready.pop(0) if self._ready else None
        if name is None:
            name = self._make(self._instance.databases)
        return name

    def give_up(self, name: str) -> None:
        """Have a database dropped, once there is time."""
        with self._lock:
            self._spent.append(name)

    def begin(self) -> None:
        """Begin to make the next clones, and to drop those that are spent."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(
                    target=self._work, name=f"harness spares of {self._template.name}", daemon=True
                )
                self._thread.start()

    def _work(self) -> None:
        """Make and drop until there is nothing to do. What fails is tried again when needed."""
        try:
            with contextlib.closing(self._instance.databases.another()) as self._hand:
                while self._has_work():
                    self._step(self._hand)
        except (driver().Error, OSError, HarnessError):
            with self._lock:
                self._thread = None

    def _has_work(self) -> bool:
        """Tell whether to go on; if not, the thread counts as ended from this moment on."""
        with self._lock:
            if not self._closed and (len(self._ready) < AHEAD or self._spent):
                return True
            self._thread = None
            return False

    def _step(self, databases: Databases) -> None:
        """Make one clone or, where there are enough, drop one that is spent."""
        if len(self._ready) < AHEAD:
            name = self._make(databases)
            with self._lock:
                self._ready.append(name)
            return
        with self._lock:
            name = self._spent.pop(0)
        self._instance.drop(name, databases)

    def _make(self, databases: Databases) -> str:
        name = self._instance.databases.names.new(self._template.key)
        self._instance.clone(self._template, name, databases)
        return name

    def settle(self) -> None:
        """Wait until what was begun is done, unless the server has died."""
        with self._lock:
            thread = self._thread
        while thread is not None and thread.is_alive():
            thread.join(PATIENCE)
            if self._instance.running.exit_state() is not None and self._hand is not None:
                self._hand.abort()  # what is left of it may answer after a minute, or never

    def close(self) -> None:
        """Make no more, and wait for what is being made."""
        with self._lock:
            self._closed = True
        self.settle()
