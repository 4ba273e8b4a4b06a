"""Telling the torturer what a process is about to do, step by step."""

from __future__ import annotations

import functools
import os
from typing import Any

from harness.core.janitor.link import JanitorLink
from harness.core.registry.claim import Claim
from harness.core.registry.slot import Slot

# The steps of an instance's life in one process, in the columns of the table.
MOMENTS = {
    "join": "joining",
    "intent": "intent",
    "create": "creating",
    "created": "creating",
    "spawn": "creating",
    "spawned": "starting",
    "started": "starting",
    "record": "ready",
    "attached": "attached",
    "using": "attached",
    "release": "releasing",
    "clear": "removing",
    "vanish": "removing",
    "released": "exiting",
    "exit": "exiting",
}


class Marks:
    """The pipe on which a process says what it does.

    Args:
        handle: Its descriptor.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle
        os.set_inheritable(handle, False)

    def say(self, step: str, *words: object) -> None:
        """Say one line, whole: it is shorter than what a pipe takes at once."""
        line = " ".join(map(str, (os.getpid(), os.getpgrp(), step, *words)))
        os.write(self._handle, line.replace("\n", " | ")[:4000].encode() + b"\n")

    def watch(self) -> None:
        """Say each step from now on, before it is taken."""
        self._before(Claim, "take", "join")
        self._before(Slot, "write_intent", "intent")
        self._around(JanitorLink, "spawn", "spawn", "spawned")
        self._before(Slot, "write_record", "record")
        self._before(Claim, "attached", "attached")
        self._around(Claim, "release", "release", "released")
        self._before(Slot, "clear", "clear")
        self._before(Slot, "vanish", "vanish")
        self._watch_docker()

    def _watch_docker(self) -> None:
        from harness.providers import docker

        self._around(docker, "create", "create", "created")
        self._before(docker, "places", "started")

    def _before(self, owner: Any, name: str, step: str) -> None:
        self._around(owner, name, step)

    def _around(self, owner: Any, name: str, *steps: str) -> None:
        """Say one step before a function is called, and perhaps one after it."""
        original = getattr(owner, name)

        @functools.wraps(original)
        def saying(*arguments: Any, **options: Any) -> Any:
            self.say(steps[0])
            result = original(*arguments, **options)
            for step in steps[1:]:
                self.say(step)
            return result

        setattr(owner, name, saying)
