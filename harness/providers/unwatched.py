"""What runs, and is no process or container of ours to watch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.core.endpoint import Endpoint
from harness.core.identity import nonce
from harness.errors import CapabilityError

NOWHERE = Endpoint("", 0)


class Unwatched:
    """What has no end that we could see, no log that we could read, and nothing to stop."""

    def exit_state(self) -> str | None:
        """Return None: whether it runs is seen only by using it."""
        return None

    def likely_cause(self) -> str | None:
        """Return nothing: it has no end."""
        return None

    def log(self) -> str:
        """Return nothing: there is no log that is ours to read."""
        return ""

    def log_mark(self) -> None:
        """Return nothing: there is no log."""

    def log_since(self, mark: object) -> str:
        """Return nothing: there is no log that is ours to read."""
        return ""

    def record(self) -> dict[str, Any]:
        """Return nothing: no other process looks for it here."""
        return {}

    def detach(self) -> None:
        """Do nothing: nothing was taken."""

    def stop(self) -> None:
        """Leave it alone."""

    def pause(self) -> None:
        """Refuse: it is no process of ours."""
        raise self.refusal_of("paused")

    def resume(self) -> None:
        """Refuse: it is no process of ours."""
        raise self.refusal_of("resumed")

    def kill(self) -> None:
        """Refuse: it is no process of ours."""
        raise self.refusal_of("killed")

    def restart(self) -> None:
        """Refuse: it is no process of ours."""
        raise self.refusal_of("restarted")

    def refusal_of(self, done: str) -> CapabilityError:
        """Return the error for what only a server of ours can be told."""
        raise NotImplementedError


@dataclass
class InProcess(Unwatched):
    """What runs inside this process, and ends with it.

    Attributes:
        provenance: What it is, such as `SQLite 3.40.1`.
    """

    provenance: str
    fresh = True
    endpoint: Endpoint = NOWHERE
    identity: str = field(default_factory=nonce)
    secrets: tuple[str, ...] = ()
    inside: tuple[str, int] | None = None

    def is_outlived(self) -> bool:
        """Return that it does not go on without us."""
        return False

    def has_peers(self) -> bool:
        """Return that no other process uses it."""
        return False

    def refusal_of(self, done: str) -> CapabilityError:
        """Return the error for what only a server of ours can be told."""
        return CapabilityError(
            f"{self.provenance} cannot be {done}", cause="it runs inside this process"
        )
