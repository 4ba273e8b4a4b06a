"""One process's hold of one instance."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from harness.core import realtime as time
from harness.core.interrupts import interrupts_held
from harness.core.recipe import Launch
from harness.core.registry import files, locks, processes
from harness.core.registry.directory import Registry, unusable
from harness.core.registry.locks import Lock
from harness.core.registry.slot import is_expired
from harness.core.registry.things import Thing, thing
from harness.errors import CleanupError, StartError

GRACE = 5.0  # seconds that a server is given to stop
LEAVING = 30.0  # seconds to wait for whoever is at the instance before we leave it to them


class Claim:
    """One process's hold of one instance, from before it is made until it is given up.

    Args:
        registry: Where it is written down.
        key: What tells the instance from others.
        about: What `harness ps` shows of it, such as its service and provider.
        reuse: Seconds for which it is kept when nobody holds it any more; 0 to remove it then.

    Attributes:
        instance: Its number, in the names and labels of all that is made for it.
        record: How to reach it; None as long as nobody has started it.
    """

    def __init__(
        self, registry: Registry, key: str, about: dict[str, str], reuse: float = 0
    ) -> None:
        self.registry = registry
        self.slot = registry.slot(key)
        self.instance = ""
        self.record: dict[str, Any] | None = None
        self._about = about
        self._reuse = reuse
        self._key: Lock | None = None
        self._holder: Lock | None = None
        self._intent: dict[str, Any] = {}
        self._release = threading.Lock()

    def take(self, cancelled: Callable[[], bool]) -> None:
        """Become a holder; wait for whoever is just starting the instance.

        Afterwards the key lock is ours until `publish`, `attached` or `release`.

        Raises:
            StartError: It was cancelled.
            RegistryError: The registry cannot be written.
        """
        try:
            self.registry.janitor.join()
            try:
                self._hold(cancelled)
            except BaseException:
                self._let_go()
                self.registry.janitor.leave()
                raise
        except OSError as error:
            raise unusable(self.registry.path, error) from error

    def _hold(self, cancelled: Callable[[], bool]) -> None:
        self._key = self.slot.lock(cancelled)
        if self._key is None:
            raise StartError(f"the start of {self._about['service']} was cancelled")
        self._holder = self.slot.holders()
        self._holder.try_shared()
        self.record = self._usable_record()

    def is_shared(self) -> bool:
        """Tell whether others hold the instance, too; only while the key lock is ours."""
        assert self._key is not None and self._holder is not None
        alone = self._holder.try_exclusive()
        self._holder.try_shared()
        return not alone

    def others(self) -> str:
        """Name the other processes that hold the instance."""
        pids = sorted({*(locks.holders_of(self._holders_path) or ())} - {os.getpid()})
        return f"processes {pids}" if pids else "other processes"

    def is_outlived(self) -> bool:
        """Tell whether the instance goes on without us, as far as can be told now."""
        return bool(self._reuse) or self.has_peers()

    def has_peers(self) -> bool:
        """Tell whether other processes hold the instance now, as far as can be told."""
        holders = locks.holders_of(self._holders_path)
        return not holders or len(holders) > 1  # ours must be among them

    @property
    def _holders_path(self) -> str:
        return f"{self.slot.path}/holders"

    def _usable_record(self) -> dict[str, Any] | None:
        record = self.slot.record
        if record is None or is_expired(record):  # nobody was left to end it in time
            return None
        self.instance = record["instance"]
        return record

    def begin(self) -> None:
        """Remove what was left in our place, and write down that an instance is about to be made.

        Raises:
            CleanupError: What was left cannot be removed.
            RegistryError: The registry cannot be written; nothing was made.
        """
        self.record = None
        self.clear()
        self.instance = os.urandom(4).hex()
        self._intent = {
            "instance": self.instance,
            "boot": processes.boot_id(),
            "since": time.time(),
            "things": [],
            **self._about,
        }
        self._write()

    def intend(self, kind: str, **fields: Any) -> None:
        """Write down what is about to be made.

        Args:
            kind: Kind of thing, one of `things.KINDS`.
            fields: What its module needs to remove it.

        Raises:
            RegistryError: The registry cannot be written; it must not be made.
        """
        self.note(thing(kind, **fields))

    def note(self, thing: Thing) -> None:
        """Write down a thing that is about to be made.

        Raises:
            RegistryError: As `intend`.
        """
        self._intent["things"].append(thing)
        self._write()

    def amend(self, **fields: Any) -> None:
        """Write down what is known now of the thing that was intended last."""
        self._intent["things"][-1] |= fields
        self._write()

    def _write(self) -> None:
        try:
            self.slot.write_intent(self._intent)
        except OSError as error:
            raise unusable(self.registry.path, error) from error

    def spawn(self, launch: Launch, cwd: str, log: str) -> int:
        """Have the janitor start a server process, which it will be the parent of.

        Args:
            launch: What to run.
            cwd: Its working directory.
            log: File for what it prints.

        Returns:
            Its process number.

        Raises:
            OSError: It could not be executed.
            StartError: No janitor can be had.
        """
        life = self.slot.life(self.instance)
        self.intend(
            "processes",
            life=life,
            instance=self.instance,
            boot=processes.boot_id(),
            stop=int(launch.stop_signal),
            grace=launch.grace,
        )
        self._make(life)
        return self.respawn(launch, cwd, log)

    def _make(self, path: str) -> None:
        try:
            files.make(path)
        except OSError as error:
            raise unusable(self.registry.path, error) from error

    def respawn(self, launch: Launch, cwd: str, log: str) -> int:
        """Have the janitor start a server process again, in the place of one that has ended."""
        try:
            return self.registry.janitor.spawn(
                command=list(launch.command),
                environment={**launch.environment, processes.MARK: self.instance},
                user=launch.account.user,
                cwd=cwd,
                log=log,
                life=self.slot.life(self.instance),
            )
        except FileNotFoundError:
            raise
        except OSError as error:
            if str(error.filename).startswith(self.slot.path):  # not the program is what fails
                raise unusable(self.registry.path, error) from error
            raise

    def publish(self, **record: Any) -> None:
        """Let others attach, now that the instance is ready.

        Args:
            record: What they need for it.
        """
        try:
            self.slot.write_record({"instance": self.instance, "reuse": self._reuse, **record})
        except OSError as error:
            raise unusable(self.registry.path, error) from error
        self.attached()

    def amend_record(self, **fields: Any) -> None:
        """Write down what has changed of the instance that we attach to."""
        assert self.record is not None
        self.record = {**self.record, **fields}
        self.slot.write_record(self.record)

    def attached(self) -> None:
        """Let others attach, too: the instance that we found is ready."""
        if self.record is not None and self.record.get("until"):
            self.amend_record(until=None)
        self._let_key_go()

    def release(self) -> None:
        """Give the instance up; the last one out removes it. Safe to call twice.

        In a forked child it does nothing: what its parent holds is its parent's.

        Raises:
            CleanupError: Some of it could not be removed; the next run tries again.
        """
        if self._holder is not None and not self._holder.is_open:
            return
        with self._release, interrupts_held():
            if self._holder is None:
                return
            try:
                self._leave()
            finally:
                self._let_go()
                self.registry.janitor.leave()

    def _leave(self) -> None:
        assert self._holder is not None
        if self._key is None:
            deadline = time.monotonic() + LEAVING
            self._key = self.slot.lock(lambda: time.monotonic() > deadline)
        if self._key is None or not self._holder.try_exclusive():
            return  # others hold it, though it may not have answered us
        if self._reuse and self.slot.record is not None:
            self.slot.keep_until(time.time() + self._reuse)
        else:
            self.clear()
            self.slot.vanish()

    def clear(self) -> None:
        """Remove the instance, of which we have the key lock.

        Raises:
            CleanupError: Some of it could not be removed; it stays written down.
        """
        try:
            self.slot.clear()
        except ExceptionGroup as error:
            raise CleanupError(
                f"{self._about['service']} on {self._about['provider']} could not be removed "
                "whole; `harness clean` tries again",
                [failure for failure in error.exceptions if isinstance(failure, Exception)],
            ) from None

    def _let_key_go(self) -> None:
        key, self._key = self._key, None
        if key is not None:
            key.close()

    def _let_go(self) -> None:
        holder, self._holder = self._holder, None
        if holder is not None:
            holder.close()
        self._let_key_go()
