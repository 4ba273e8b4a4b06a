"""Cursors that tell a virtual connection what they are about to run."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from harness.services.postgres.drivers.psycopg_noting import Noting


class Watching:
    """What every cursor of a virtual connection does beside psycopg's own."""

    __slots__ = ()
    _conn: Any

    @property
    def statusmessage(self) -> str | None:
        """What the server says was done."""
        done: str | None = getattr(self, "_done", None) or super().statusmessage  # type: ignore[misc]
        return done

    def _note_done(self, done: str | None) -> None:
        """Note what was done by a statement that is not sent."""
        cursor: Any = self
        cursor._done = done

    def _announce(self, query: Any) -> Any:
        self._note_done(None)
        return self._conn.announce(query)

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement; one that only begins or ends a transaction is the connection's."""
        with self._conn.lock:
            word = self._announce(query)
            if word is None:
                return super().execute(query, params, **options)  # type: ignore[misc]
            return self._control(word)

    def _control(self, word: str) -> Any:
        cursor: Any = self
        if self._conn._pipeline:
            self._conn._pipeline.sync()
        cursor._reset()
        done = self._conn.control(word)
        self._note_done(done)
        if done == "ROLLBACK":
            self._conn.forget_prepared()
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], **options: Any) -> None:
        """Run a statement once for each set of parameters."""
        with self._conn.lock:
            self._announce(query)
            super().executemany(query, params_seq, **options)  # type: ignore[misc]

    def stream(self, query: Any, *args: Any, **options: Any) -> Iterator[Any]:
        """Run a query and yield its rows as they come."""
        self._announce(query)
        yield from super().stream(query, *args, **options)  # type: ignore[misc]

    @contextmanager
    def copy(self, statement: Any, *args: Any, **options: Any) -> Iterator[Any]:
        """Run a COPY."""
        self._announce(statement)
        with super().copy(statement, *args, **options) as copy:  # type: ignore[misc]
            yield copy


class WatchingServer(Watching):
    """A named cursor, which ends with its transaction unless it was declared WITH HOLD."""

    __slots__ = ()
    withhold: bool

    def _close_gen(self) -> Any:
        """Close it on the server, where it may be gone with its virtual transaction."""
        cursor: Any = self
        if not self._conn.in_transaction and not self.withhold:
            cursor._described = False  # so that psycopg looks whether it is still there
        return (yield from super()._close_gen())  # type: ignore[misc]


@functools.cache
def watching(factory: Any) -> Any:
    """Return a class of cursors that tells its connection what it is about to run."""
    if not isinstance(factory, type) or issubclass(factory, Watching):
        return factory
    part = WatchingServer if issubclass(factory, psycopg.ServerCursor) else Watching
    body = {"__module__": factory.__module__, "__doc__": factory.__doc__, "__slots__": ("_done",)}
    return type(factory.__name__, (Noting, part, factory), body)
