"""`harness ps`: what runs, since when, and for whom."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import click

from harness.cli.text import age, clock, indented
from harness.core.registry import things
from harness.core.registry.listing import Entry, entries, janitor_of, registry_there
from harness.core.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.pass_obj
def ps(settings: Settings, as_json: bool) -> None:
    """List what runs: each service, where, since when, and for whom.

    Servers of your own, such as the one that DATABASE_URL names, are not listed: they are not
    harness's to start or to stop. Passwords are never shown.

    Exits with 0, also if nothing runs; with 2 for a wrong setting or a registry that cannot be
    used.
    """
    registry = registry_there(settings)
    found = [] if registry is None else entries(registry)
    janitor = None if registry is None else janitor_of(registry.path)
    if as_json:
        click.echo(json.dumps(as_data(found, janitor), indent=2))
    else:
        click.echo("\n".join(as_text(found, janitor)))


def as_text(found: list[Entry], janitor: int | None) -> Iterator[str]:
    """Yield lines for people."""
    for entry in found:
        yield f"{entry.name}: {entry.state}"
        yield from (indented(line, 4, 2) for line in details(entry))
    if not found:
        yield "nothing runs"
    if janitor is not None:
        yield f"the janitor is process {janitor}"


def details(entry: Entry) -> Iterator[str]:
    """Yield what is known of an instance, a line for each part of it."""
    if entry.version:
        yield entry.version
    yield from (things.words(thing) for thing in entry.things if "name" in thing)
    if entry.address:
        yield f"at {entry.address}"
    if len(entry.ports) > 1:
        yield ", ".join(f"port {inside} at {address}" for inside, address in entry.ports.items())
    if entry.since:
        yield f"since {clock(entry.since)}, {age(entry.since)} ago"
    yield state_of(entry)


def state_of(entry: Entry) -> str:
    """Return who holds an instance, or why nobody does."""
    if entry.damage is not None:
        return str(entry.damage)
    if entry.state == "ownerless":
        return f"{entry.reason}; `harness clean` removes it"
    if entry.state == "kept":
        return entry.reason + (f" until {clock(entry.until)}" if entry.until else "")
    return held_by(entry)


def held_by(entry: Entry) -> str:
    """Return who holds an instance, and whether it is just being started or removed."""
    if entry.state == "ending":
        return "being removed"
    who = ", ".join(map(str, entry.holders)) or "a process that the kernel does not name"
    return f"being started by {who}" if entry.state == "starting" else f"held by {who}"


def as_data(found: list[Entry], janitor: int | None) -> dict[str, Any]:
    """Return what is printed as JSON; its keys are documented, and stay."""
    return {"janitor": janitor, "instances": [data_of(entry) for entry in found]}


def data_of(entry: Entry) -> dict[str, Any]:
    """Return one instance as JSON."""
    return {
        "key": entry.slot.key,
        "state": entry.state,
        "service": entry.intent.get("service"),
        "provider": entry.intent.get("provider"),
        "version": entry.version or None,
        "address": entry.address or None,
        "ports": entry.ports,
        "since": stamp(entry.since),
        "until": stamp(entry.until),
        "holders": [{"pid": one.pid, "command": one.command} for one in entry.holders],
        "things": [things.words(thing) for thing in entry.things],
        "words": state_of(entry),
    }


def stamp(moment: float) -> str | None:
    """Return a moment as ISO 8601 in universal time; None if it is not known."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) if moment else None
