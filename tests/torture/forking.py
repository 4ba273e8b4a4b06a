"""A process that forks while it holds services: `python -m tests.torture.forking HOW ALONE`."""

from __future__ import annotations

import os
import signal
import sys
import time

from harness import Environment
from harness.core.group import Group
from tests.support.tiny import TinyProcess, ask

HOLD = 60.0  # seconds: longer than anybody waits


def main(how: str, alone: str) -> None:
    """Fork while holding a server, and end as `how` says.

    Args:
        how: `child exits`, `child is killed`, `child closes`, `parent exits` or
            `parent is killed`; in the last two the child lives on.
        alone: File by which servers tell whether two of them ever lived at once.
    """
    service = TinyProcess("forked", alone)
    environment, group = Environment(providers="embedded"), Group([service])
    instance = environment.instance(service, group)
    child = os.fork()
    if child == 0:
        be_child(how, environment, instance)
    if how.startswith("child"):
        if how == "child is killed":
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert ask(instance.endpoint) == instance.identity  # it is still there
    if how == "parent is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    environment.close()


def be_child(how: str, environment: Environment, instance) -> None:
    """End, or stay, without touching what is the parent's."""
    if how == "child exits":
        sys.exit(0)
    if how == "child closes":
        instance.close()
        environment.close()
        os._exit(0)
    print(f"child {os.getpid()}", flush=True)
    time.sleep(HOLD)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
