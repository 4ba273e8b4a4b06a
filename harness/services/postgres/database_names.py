"""The names of the databases that we make: whose each is, and whether it is still wanted."""

from __future__ import annotations

import re
import threading

from harness.core.identity import is_dead, nonce, process_name, registry_id
from harness.core.settings import Settings
from harness.errors import ConfigurationError
from harness.services.postgres.marks import lock_number

LONGEST_NAME = 63  # bytes
NAME = re.compile(
    r"t_(?P<registry>[0-9a-f]{8})_[0-9a-f]{8}_(?P<process>\d+x\d*)_(?P<nonce>[0-9a-f]{6})\d+"
)
# The same to the server, of whatever registry and version.
OURS = "^t_[0-9a-f]{8}_([0-9a-f]{8}_[0-9]+x[0-9]*_|[0-9a-f]{16}_template)"
TEMPLATE_NAME = re.compile(r"t_(?P<registry>[0-9a-f]{8})_[0-9a-f]{16}_template")


class DatabaseNames:
    """The names that one environment gives, and what those of its registry tell.

    Args:
        settings: They say which registry it is.

    Attributes:
        registry: Begins each name, as the part of it that tells a user's from another's.
        lock: Number of the lock that whoever makes databases on somebody else's server holds.
    """

    def __init__(self, settings: Settings) -> None:
        self.registry = registry_id(settings)
        self._process = process_name()
        self._nonce = nonce()
        self._count = 0
        self._lock = threading.RLock()
        self.lock = lock_number(f"{self._process}_{self._nonce}")

    def new(self, key: str) -> str:
        """Return a name that no other database has: `t_<registry>_<key>_<process>_<nonce><n>`."""
        with self._lock:
            self._count += 1
            return f"t_{self.registry}_{key[:8]}_{self._process}_{self._nonce}{self._count}"

    def template(self, key: str) -> str:
        """Return the one name of a template: `t_<registry>_<key>_template`."""
        return f"t_{self.registry}_{key}_template"

    def lock_of(self, name: str) -> int | None:
        """Return the lock that tells whether a database of our registry is held, by its name."""
        if (made := NAME.fullmatch(name)) and made["registry"] == self.registry:
            return lock_number(f"{made['process']}_{made['nonce']}")
        if (template := TEMPLATE_NAME.fullmatch(name)) and template["registry"] == self.registry:
            return lock_number(name)
        return None

    def is_orphan(self, name: str) -> bool:
        """Tell whether a process of our registry made it that has ended."""
        made = NAME.fullmatch(name)
        return bool(made and made["registry"] == self.registry and is_dead(made["process"]))


def check_length(name: str) -> None:
    """Do nothing for a name that the server takes as it is.

    Raises:
        ConfigurationError: It is longer than a name can be.
    """
    length = len(name.encode())
    if length > LONGEST_NAME:
        raise ConfigurationError(
            f"the database name {name!r} has {length} bytes",
            cause=f"PostgreSQL would cut it off at {LONGEST_NAME}, and lead us elsewhere",
            hint="name an existing database in DATABASE_URL",
        )
