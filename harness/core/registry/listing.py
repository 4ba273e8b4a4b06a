"""What stands in a registry, read without changing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from harness.core.identity import registry_path
from harness.core.registry import files, locks, processes, things
from harness.core.registry.directory import Registry, registry_of
from harness.core.registry.slot import Slot, is_kept
from harness.core.registry.things import Thing
from harness.core.settings import Settings
from harness.errors import RegistryError

State: TypeAlias = Literal["running", "starting", "ending", "kept", "ownerless", "damaged"]


@dataclass(frozen=True)
class Process:
    """A process that has something to do with an instance.

    Attributes:
        pid: Its number.
        command: Its name, as the kernel shows it; without its arguments, which may hold a password.
    """

    pid: int
    command: str

    def __str__(self) -> str:
        return f"{self.pid} ({self.command})"


@dataclass(frozen=True)
class Entry:
    """An instance, as the registry knew it at one moment.

    Attributes:
        slot: Its place.
        state: `running` when somebody holds it, `starting`, `ending` when somebody is removing it,
            `kept` for the next run, `ownerless`, or `damaged` when what was made cannot be read.
        intent: What was made for it.
        record: How to reach it; empty if it is not ready. Holds a password.
        holders: Who holds it, or starts it; empty where the kernel does not tell.
        damage: Why it cannot be read.
    """

    slot: Slot
    state: State
    intent: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    holders: tuple[Process, ...] = ()
    damage: RegistryError | None = None

    @property
    def name(self) -> str:
        """What it is, such as `postgres on embedded`."""
        if not self.intent:
            return f"the instance {self.slot.key}"
        return f"{self.intent.get('service')} on {self.intent.get('provider')}"

    @property
    def things(self) -> list[Thing]:
        """What was, or was about to be, made for it."""
        return list(self.intent.get("things", ()))

    @property
    def since(self) -> float:
        """When its start began, in seconds since the epoch; 0 if not known."""
        return float(self.intent.get("since") or 0)

    @property
    def until(self) -> float:
        """Until when it is kept for the next run; 0 if it is not, or that is not decided yet."""
        return float(self.record.get("until") or 0)

    @property
    def address(self) -> str:
        """Where it answers, such as `127.0.0.1:40123`; empty if not known."""
        endpoint = self.record.get("endpoint") or {}
        host, port = endpoint.get("host"), endpoint.get("port")
        return f"{host}:{port}" if host and port else ""

    @property
    def ports(self) -> dict[str, str]:
        """Where each port of a container is reached, by its number inside."""
        return {
            str(inside): f"{host}:{port}" for inside, host, port in self.record.get("ports", ())
        }

    @property
    def version(self) -> str:
        """What runs, such as an image; what was asked for, until it is ready."""
        return str(self.record.get("provenance") or self.intent.get("description") or "")

    @property
    def reason(self) -> str:
        """Why nobody holds it."""
        if self.state == "kept":
            return "kept for the next run"
        if self.intent.get("boot") != processes.boot_id():
            return "left when this machine was switched off"
        if not self.record:
            return "its start or its removal was cut short"
        if self.until:
            return "kept for a next run that did not come in time"
        return "whoever held it was killed"


def entries(registry: Registry) -> list[Entry]:
    """Return what stands in a registry now, the oldest first."""
    found = [entry for slot in registry.slots() if (entry := look(slot)) is not None]
    return sorted(found, key=lambda entry: entry.since)


def look(slot: Slot) -> Entry | None:
    """Return what stands in a slot now; None if nothing was made there, or it is just gone."""
    try:
        intent = slot.intent
    except RegistryError as error:
        return Entry(slot, "damaged", damage=error)
    if not is_sound(intent):
        return Entry(slot, "damaged", damage=slot.damaged("it names what is not known"))
    record, holders = slot.record or {}, holding(f"{slot.path}/holders", "READ")
    state = state_of(slot, record, holders)
    if intent is None and state not in ("running", "starting"):
        return None
    return Entry(slot, state, intent or {}, record, holders)


def is_sound(intent: Any) -> bool:
    """Tell whether an intent names only what we know; None, where there is none, does."""
    try:
        return intent is None or all(map(things.words, intent["things"]))
    except (TypeError, KeyError, AttributeError):
        return False


def state_of(slot: Slot, record: dict[str, Any], holders: tuple[Process, ...]) -> State:
    """Return how it is with an instance, by asking for its locks."""
    found = slot.tidy(dry=True, kept=True)
    if found == "held":
        return "running"
    if found == "busy":
        return ("running" if record else "starting") if holders else "ending"
    return "kept" if is_kept(record) else "ownerless"


def holding(path: str, *modes: str) -> tuple[Process, ...]:
    """Return the processes that have a lock on a file, as far as the kernel tells."""
    pids = sorted(set(locks.holders_of(path, *modes) or ()))
    return tuple(Process(pid, command_of(pid)) for pid in pids)


def command_of(pid: int) -> str:
    """Return the name of a process; a question mark where that cannot be told."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"


def janitor_of(path: str) -> int | None:
    """Return the number of the janitor of a registry; None if none runs."""
    try:
        pid, started = files.read(f"{path}/janitor.pid") or (0, "")
    except (ValueError, TypeError):
        return None
    return int(pid) if pid and processes.is_alive(int(pid), str(started)) else None


def registry_there(settings: Settings) -> Registry | None:
    """Return the registry that the settings name; None if nobody has used it yet. Makes nothing.

    Raises:
        RegistryError: It cannot be used; with the reason.
    """
    return registry_of(settings) if registry_path(settings).is_dir() else None
