"""The names of the topics and groups that we make: whose each is, and what Kafka takes."""

from __future__ import annotations

import re
import threading

from harness.core.identity import is_dead, nonce, process_name, registry_id
from harness.core.settings import Settings
from harness.errors import LeaseError

# Kafka allows 249. Ours begins with what tells whose it is, and the code under test may add an
# ending, such as ".retry", to what it was given.
LONGEST = 160
ALLOWED = re.compile(r"[A-Za-z0-9._-]+")
BEGINNING = re.compile(
    r"harness-(?P<registry>[0-9a-f]{8})-(?P<process>\d+x\d*)-(?P<nonce>[0-9a-f]{6})\d+-"
)


class Names:
    """The names that one process gives on one broker, and what those of its registry tell.

    Args:
        settings: They say which registry it is.
    """

    def __init__(self, settings: Settings) -> None:
        self.registry = registry_id(settings)
        self._process = process_name()
        self._nonce = nonce()
        self._count = 0
        self._lock = threading.Lock()

    def beginning(self) -> str:
        """Return what the names of one test begin with, and no others."""
        with self._lock:
            self._count += 1
            return f"harness-{self.registry}-{self._process}-{self._nonce}{self._count}-"

    def is_orphan(self, name: str) -> bool:
        """Tell whether a process of our registry gave this name that has ended."""
        made = BEGINNING.match(name)
        return bool(made and made["registry"] == self.registry and is_dead(made["process"]))


def is_a_tests(name: str) -> bool:
    """Tell whether a name was given to a test, of any run.

    Example:
        >>> is_a_tests("orders"), is_a_tests("harness-0a1b2c3d-7x9-4e5f601-orders")
        (False, True)
    """
    return BEGINNING.match(name) is not None


def check_name(kind: str, name: object) -> None:
    """Do nothing for a name that Kafka takes, with what we put before it.

    Args:
        kind: `topic` or `group`.
        name: The name.

    Raises:
        LeaseError: It is empty, too long, or has a character that Kafka does not take.
    """
    if not isinstance(name, str) or not name:
        raise LeaseError(f"{kind}({name!r}): no name", hint=f'write {kind}("orders")')
    if len(name) > LONGEST:
        raise LeaseError(
            f"{kind}({name[:20] + '...'!r}): the name has {len(name)} characters",
            cause=f"Kafka takes 249, and what tells tests apart needs the rest of {LONGEST}",
            hint=f"shorten it to {LONGEST} characters",
        )
    if odd := sorted(set(ALLOWED.sub("", name))):
        raise LeaseError(
            f"{kind}({name!r}): Kafka does not take {', '.join(map(repr, odd))} in a name",
            cause="a name has letters of a to z, digits, and `.`, `_` and `-`",
            hint=f"write {kind}({ALLOWED_ONLY.sub('-', name)!r})",
        )


ALLOWED_ONLY = re.compile(r"[^A-Za-z0-9._-]")
