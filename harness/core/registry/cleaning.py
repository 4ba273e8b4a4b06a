"""Removing by hand what nobody holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.core import realtime as time
from harness.core.registry.listing import Entry, look
from harness.core.registry.locks import Lock
from harness.core.registry.slot import Slot
from harness.core.registry.things import Thing

PATIENCE = 30.0  # seconds for whoever else is removing the same


@dataclass
class Outcome:
    """What became of one instance.

    Attributes:
        entry: How it was found.
        removed: What was removed, or would be.
        failed: What could not be removed, and why.
        error: Why nothing could be tried.
    """

    entry: Entry
    removed: list[Thing] = field(default_factory=list)
    failed: list[tuple[Thing, Exception]] = field(default_factory=list)
    error: Exception | None = None

    @property
    def is_left(self) -> bool:
        """Whether it was left alone, because somebody holds it."""
        return self.entry.state in ("running", "starting", "ending")

    @property
    def is_clean(self) -> bool:
        """Whether all that nobody holds is removed, or would be."""
        return not self.failed and self.error is None

    def note(self, thing: Thing, failure: Exception | None) -> None:
        """Note what became of a thing."""
        if failure is None:
            self.removed.append(thing)
        else:
            self.failed.append((thing, failure))


def clean(slot: Slot, *, dry: bool = False) -> Outcome | None:
    """Remove an instance that nobody holds, also one that is kept for the next run.

    Args:
        slot: Its place.
        dry: Only tell.

    Returns:
        What became of it; None if there is nothing, or somebody else has just removed it.
    """
    entry = settled(slot)
    if entry is None:
        if not dry:
            slot.tidy(kept=True)  # the place alone, of one that was killed before it made anything
        return None
    outcome = Outcome(entry, error=entry.damage)
    if entry.state in ("kept", "ownerless"):
        if not dry:
            return remove(outcome)
        outcome.removed = entry.things[::-1]
    return outcome


def settled(slot: Slot) -> Entry | None:
    """Return what stands in a slot when nobody is removing it any more."""
    entry = look(slot)
    if entry is not None and entry.state == "ending":
        wait(slot, PATIENCE)
        entry = look(slot)
    return entry


def wait(slot: Slot, within: float) -> None:
    """Wait until nobody is at an instance, or the time is over."""
    deadline = time.monotonic() + within
    try:
        with Lock(f"{slot.path}/lock") as lock:
            lock.wait(lambda: time.monotonic() > deadline)
    except FileNotFoundError:
        pass  # removed meanwhile


def remove(outcome: Outcome) -> Outcome | None:
    """Remove what was made for an instance; None if somebody else was faster.

    Returns:
        The same outcome, with what became of each thing.
    """
    slot = outcome.entry.slot
    try:
        state = slot.tidy(kept=True, told=outcome.note)
    except Exception as error:
        outcome.error = None if outcome.failed else error
        return outcome
    if state != "empty":  # somebody has come for it since we looked
        return clean(slot)
    return outcome if outcome.removed or not outcome.entry.things else None
