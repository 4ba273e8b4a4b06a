"""The keeper: starts the services of a run as soon as they are known, and holds them to its end.

It is a process of its own, so that no test can end it, and none of its work is a worker's. Where it
is killed, the tests start what they need themselves.
"""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.runner.channel import Channel, Message
from harness.runner.link import Link
from harness.runner.options import Options
from harness.runner.processes import be_interrupted
from harness.runner.schedule.facts import is_shared, name_of

if TYPE_CHECKING:
    from harness.core.environment import Environment


def keep(link: Link, options: Options) -> None:
    """Be the keeper, to the end of the process."""
    keeper = Keeper(link.channel)
    try:
        be_interrupted()
        keeper.serve()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    finally:
        keeper.close()


class Keeper:
    """Starts services, and holds them until the coordinator is gone.

    Args:
        channel: To the coordinator.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._environments: list[Environment] = []
        self._begun: set[str] = set()

    def serve(self) -> None:
        """Do what is asked until the coordinator is gone, or says that it is over."""
        while (messages := self._channel.receive()) is not None:
            for message in messages:
                if message["do"] == "end":
                    return
                self.keep(message)

    def keep(self, message: Message) -> None:
        """Start services side by side, and tell of each when it is ready, or has failed."""
        sys.path[:] = message["path"]
        for where, names in message["cases"]:
            try:
                self._start(case_of(where), names)
            except Exception:
                self._tell(names)  # the tests that need them say what is wrong

    def _start(self, case: Any, names: Sequence[str]) -> None:
        from harness.adapters.declared import group_of

        environment, group = case._harness_environment(), group_of(case)
        if environment not in self._environments:
            self._environments.append(environment)
        missing = set(names)
        for service in environment.wanted(group):
            if not is_shared(environment, service):
                continue
            name = name_of(environment, service, group)
            missing.discard(name)
            if name not in self._begun:
                self._begun.add(name)
                work = (environment, service, group, name)
                threading.Thread(target=self._make, args=work, daemon=True).start()
        if missing:
            self._tell(missing)

    def _make(self, environment: Environment, service: Any, group: Any, name: str) -> None:
        try:
            environment.keep(service, group)
        except Exception:
            pass  # the tests that need it say so themselves
        finally:
            self._tell([name])

    def _tell(self, names: Iterable[str]) -> None:
        try:
            self._channel.send(event="ready", services=list(names))
        except OSError:
            pass  # the run is over

    def close(self) -> None:
        """Give up all services."""
        for environment in self._environments:
            try:
                environment.close()
            except HarnessError as error:
                print(f"harness: {error}", file=sys.stderr)


def case_of(where: str) -> Any:
    """Return a class, by its module and its name.

    Raises:
        Exception: It cannot be imported, for whatever reason.
    """
    module, _, name = where.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
