"""From nothing to the first query, on each provider that is there."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from harness.providers.directories import SHARED_MEMORY, is_tmpfs, roomy
from tests.benchmarks.measure import Line, bytecode, in_turns, milliseconds, python, show

ROUNDS = 7
MEMORY = "embedded, in shared memory"
DISK = "embedded, on disk"
AIMS = {MEMORY: "aim <= 200 ms", DISK: "aim <= 500 ms"}
DOCKER = "docker"
EXTERNAL = "external"


class AbsentError(Exception):
    """The provider is not there; says why."""


def main() -> None:
    """Measure and print."""
    lines: list[Line] = []
    with bytecode() as environment:
        actions: dict[str, Callable[[], float]] = {}
        for name, settings in places().items():
            action = partial(first_query, **environment, **settings)
            try:
                action()  # whether it is there; fills the cache
            except AbsentError as reason:
                lines.append(absent(name, str(reason)))
            else:
                actions[name] = action
        medians = in_turns(actions, ROUNDS)
    lines[:0] = [Line(name, milliseconds(m), "", AIMS.get(name, "")) for name, m in medians.items()]
    show(f"From nothing to the first query ({ROUNDS} processes each)", lines)


def places() -> dict[str, dict[str, str]]:
    """Return the settings that choose each place where a server can run."""
    embedded = {"HARNESS_PROVIDERS": "embedded"}
    memory, disk = SHARED_MEMORY, Path(tempfile.gettempdir())
    found = {DOCKER: {"HARNESS_PROVIDERS": DOCKER}, EXTERNAL: {"HARNESS_PROVIDERS": EXTERNAL}}
    if not is_tmpfs(disk):
        found = {DISK: {**embedded, "HARNESS_DATA_DIR": str(disk)}, **found}
    if roomy(memory):
        found = {MEMORY: {**embedded, "HARNESS_DATA_DIR": str(memory)}, **found}
    return found


def first_query(**environment: str) -> float:
    """Return the seconds that a fresh process needs for its first query.

    Raises:
        AbsentError: There is no such server here.
    """
    outcome = json.loads(python("-m", "tests.benchmarks.first_query", **environment))
    if "reason" in outcome:
        raise AbsentError(outcome["reason"])
    return float(outcome["seconds"])


def absent(name: str, reason: str) -> Line:
    """Return the line that says why a provider cannot be measured."""
    found = [line.strip() for line in reason.splitlines()]
    refusal = next((line for line in found if line.startswith(f"{name}: ")), f"{name}: {found[0]}")
    return Line(refusal if len(refusal) <= 76 else f"{refusal[:73]}...", "")
