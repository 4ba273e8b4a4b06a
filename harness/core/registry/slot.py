"""The place of one instance in the registry: who holds it, what was made for it, how to reach it.

::

    lock      held by whoever starts, attaches to, or removes the instance
    holders   on which each holder has a shared lock; whoever gets it alone is the last one out
    intent    what was, or is about to be, made: written before, crossed out last
    record    how to reach it; there as soon as it is ready
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from harness.core import realtime as time
from harness.core.registry import files, processes, things
from harness.core.registry.locks import Lock
from harness.core.registry.things import Thing, Told, ignored
from harness.errors import RegistryError

GONE = "gone-"  # begins the name of a slot that is being removed

LATE = "late-"  # begins the name of a slot of things that may still appear
LATE_FOR = 10.0  # seconds in which a daemon makes what it was asked for by a process that died

State: TypeAlias = Literal["busy", "held", "kept", "late", "empty"]


class Slot:
    """The place of one instance in the registry.

    Args:
        path: Its directory.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    @property
    def key(self) -> str:
        """What tells the instance from others."""
        return os.path.basename(self.path)

    def lock(self, cancelled: Callable[[], bool] | None = None) -> Lock | None:
        """Take the key lock, making the slot if need be; None if it was cancelled."""
        while True:
            try:
                os.makedirs(self.path, mode=0o700, exist_ok=True)
            except FileExistsError:
                pass  # it was there, and is just removed: `makedirs` looks twice
            try:
                lock = Lock(f"{self.path}/lock")
            except FileNotFoundError:  # just removed by the last one out
                continue
            except OSError:
                self._unmake()
                raise
            if not lock.wait(cancelled):
                lock.close()
                return None
            if lock.is_current():
                return lock
            lock.close()

    def _unmake(self) -> None:
        try:
            os.rmdir(self.path)
        except OSError:
            pass  # somebody else uses it

    def holders(self) -> Lock:
        """Open the lock that holders share; only under the key lock."""
        return Lock(f"{self.path}/holders")

    @property
    def intent(self) -> dict[str, Any] | None:
        """What was, or is about to be, made; None if there is nothing.

        Raises:
            RegistryError: The file is damaged.
        """
        try:
            intent: dict[str, Any] | None = files.read(f"{self.path}/intent")
        except ValueError as error:
            raise self.damaged(str(error)) from error
        return intent

    def damaged(self, reason: str) -> RegistryError:
        """Return the error for an intent that names nothing that can be removed."""
        return RegistryError(
            f"what was made cannot be read from {self.path}/intent: {reason}",
            cause="the file was changed by hand, or the disk is damaged",
            hint=f"remove what it names by hand, then the directory: rm -r {self.path}",
        )

    def write_intent(self, intent: dict[str, Any]) -> None:
        """Write down what is about to be made.

        Raises:
            OSError: It cannot be written; then nothing may be made.
        """
        files.write(f"{self.path}/intent", intent)

    @property
    def record(self) -> dict[str, Any] | None:
        """How to reach the instance; None if it is not ready, or of an earlier boot."""
        try:
            record: dict[str, Any] | None = files.read(f"{self.path}/record")
        except ValueError:
            return None
        return record if record and record.get("boot") == processes.boot_id() else None

    def write_record(self, record: dict[str, Any]) -> None:
        """Write down how to reach the instance, now that it is ready."""
        files.write(f"{self.path}/record", {"boot": processes.boot_id(), **record})

    def things(self) -> list[Thing]:
        """Return what was, or is about to be, made for the instance."""
        intent = self.intent
        return list(intent["things"]) if intent else []

    def life(self, instance: str) -> str:
        """Return the file of an instance's lifetime lock."""
        return f"{self.path}/{instance}.life"

    def clear(self, told: Told = ignored) -> bool:
        """Remove the instance; only under the key lock.

        Args:
            told: As for `things.remove_all`.

        Returns:
            Whether something of it may still appear; it is written down in a slot of its own.

        Raises:
            RegistryError: What was made cannot be read.
            ExceptionGroup: Some of it could not be removed; it stays written down.
        """
        files.remove(f"{self.path}/record")
        late = things.remove_all(self.things(), told)
        awaited = bool(late) and "until" not in (self.intent or {})
        if awaited:
            self._watch_for(late)
        files.remove(f"{self.path}/intent")
        return awaited

    def _watch_for(self, late: list[Thing]) -> None:
        """Write down elsewhere what may still appear: this slot is free for the next instance."""
        slot = Slot(f"{os.path.dirname(self.path)}/{LATE}{os.urandom(4).hex()}")
        lock = slot.lock()
        assert lock is not None
        with lock:
            until = time.time() + LATE_FOR
            slot.write_intent({**(self.intent or {}), "things": late, "until": until})

    def _awaits(self) -> bool:
        """Tell whether something may still appear here; what has appeared is removed."""
        until = (self.intent or {}).get("until", 0)
        return bool(until > time.time() and things.remove_all(self.things()))

    def vanish(self) -> None:
        """Remove the slot itself; only where both of its locks are ours alone.

        Whoever waits for one of them sees that the file is not current any more, and makes a new
        one.
        """
        aside = f"{os.path.dirname(os.path.dirname(self.path))}/{GONE}{os.urandom(4).hex()}"
        import shutil

        os.rename(self.path, aside)  # at once: nobody may find a half of it
        shutil.rmtree(aside, ignore_errors=True)

    def keep_until(self, moment: float) -> None:
        """Write down until when an unheld instance waits for the next run."""
        record = self.record
        if record is not None:
            self.write_record({**record, "until": moment})

    def tidy(
        self,
        *,
        dry: bool = False,
        kept: bool = False,
        told: Told = ignored,
    ) -> State:
        """Remove the instance if nobody holds it.

        Args:
            dry: Only tell.
            kept: Also one that is kept for the next run.
            told: As for `things.remove_all`.

        Returns:
            `busy` if somebody is at it, `held`, `kept` for the next run, `late` if something may
            still appear, or `empty`.

        Raises:
            RegistryError: What was made cannot be read.
            ExceptionGroup: Some of it could not be removed; it stays written down.
        """
        try:
            lock = Lock(f"{self.path}/lock")
        except FileNotFoundError:
            return "empty"
        with lock:
            if not lock.try_exclusive() or not lock.is_current():
                return "busy"  # or removed, and perhaps made anew, while we looked
            with self.holders() as holders:
                if not holders.try_exclusive():
                    return "held"
                if not kept and self._is_kept():
                    return "kept"
                if dry:
                    return "empty"
                late = self._awaits() or self._remove(told)
                return "late" if late and not kept else "empty"

    def _remove(self, told: Told) -> bool:
        late = self.clear(told)
        self.vanish()
        return late

    def _is_kept(self) -> bool:
        """Tell whether the instance waits for the next run; from now on, if its holder crashed."""
        record = self.record
        if record is None or not is_kept(record):
            return False
        if not record.get("until"):
            self.keep_until(time.time() + record["reuse"])
        return True


def is_kept(record: dict[str, Any]) -> bool:
    """Tell whether an unheld instance waits for the next run."""
    return bool(record.get("reuse")) and not is_expired(record)


def is_expired(record: dict[str, Any]) -> bool:
    """Tell whether the time is over until which an unheld instance was kept."""
    until = float(record.get("until") or 0)  # none as long as somebody holds it
    return 0 < until <= time.time()
