"""The templates of one registry on a server: each built once, used by many, dropped by the last."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from harness.core import realtime as time
from harness.core.cleanup import Cleanups
from harness.core.interrupts import interrupts_held
from harness.core.settings import Settings
from harness.core.start import after
from harness.errors import StartError
from harness.services.postgres.databases import Databases
from harness.services.postgres.locks import Locks, alone, turn
from harness.services.postgres.marks import LOCKS, Owner
from harness.services.postgres.names import identifier
from harness.services.postgres.ownership import owned

if TYPE_CHECKING:
    from harness.services.postgres.template import Template

FRESH = 60  # seconds for which a use need not be written down again


class Templates:
    """The templates that this process uses on one server.

    Whoever uses one holds its lock together with others, and whoever drops one holds it alone.
    Whoever builds one holds a second lock, so that one builds and the others wait.

    Args:
        databases: Those of the server.
        locks: What this process holds there.
        settings: Whether templates are kept for the next run, how many, and how long to wait.
    """

    def __init__(self, databases: Databases, locks: Locks, settings: Settings) -> None:
        self._databases = databases
        self._locks = locks
        self._settings = settings
        self._used: dict[str, Template] = {}
        self._lock = threading.RLock()

    def obtain(self, template: Template) -> None:
        """Find a template, or build it; it stays as long as this process uses it.

        Raises:
            MigrationError: A migration or a seed file failed; no template is left.
            StartTimeoutError: Another process does not end building it.
        """
        with self._lock:
            self._locks.hold(template.lock, shared=True)
            try:
                if not self._find(template):
                    self._build(template)
            except BaseException:
                self._locks.release(template.lock)
                raise
            self._used[template.name] = template

    def secure(self, template: Template) -> None:
        """See that a template is still there and ours, also where our connection was lost."""
        with self._lock:
            if self._locks.check() and not self._find(template):
                self._build(template)

    def _find(self, template: Template) -> bool:
        """Tell whether a template is there, sealed, and learn what is written about it."""
        sealed, comment = self._databases.state(template.name) or (False, "")
        owner = Owner.read(comment)
        if not sealed or owner is None or not template.learn(owner.facts):
            return False
        if self._keeps(template) and time.time() - owner.used > FRESH:
            self._databases.comment(template.name, self._mark(template))
        return True

    def _build(self, template: Template) -> None:
        within = self._settings.build_timeout
        with turn(self._databases, template.name, template.lock + LOCKS, within) as databases:
            if self._find(template):
                return  # by whoever had the turn before us
            self._drop_half(databases, template.name)
            try:
                self._make(databases, template)
            except BaseException as error:  # where the turn was lost, too, the next builder does it
                after(error, functools.partial(databases.drop, template.name))
                raise
        if self._keeps(template):
            self._collect()

    def _make(self, databases: Databases, template: Template) -> None:
        """Make the database, fill it and seal it."""
        with interrupts_held():
            databases.create(template.name)
            databases.mark(template.name, self._owner(template).mark())
        template.fill()
        databases.await_empty(template.name)
        databases.seal(template.name, self._mark(template))

    def _drop_half(self, databases: Databases, name: str) -> None:
        """Drop what a killed process has not finished.

        Raises:
            StartError: It carries somebody else's comment.
        """
        found = databases.state(name)
        if found is None:
            return
        if found[1] and Owner.read(found[1]) is None:
            raise not_ours(name, found[1])
        databases.drop(name)

    def _keeps(self, template: Template) -> bool:
        kept = self._settings.reuse and not self._settings.in_ci
        return kept and template.lasting

    def _owner(self, template: Template, used: float = 0) -> Owner:
        registry, where = self._databases.names.registry, self._databases.endpoint.database
        return Owner(registry, template.lock, where, int(used), template.facts)

    def _mark(self, template: Template) -> str:
        used = time.time() if self._keeps(template) else 0
        return self._owner(template, used).mark()

    def _collect(self) -> None:
        """Drop kept templates beyond the limit that nobody uses, the least recently used first."""
        kept = [(owner.used, name, owner.lock) for name, owner in owned(self._databases)]
        kept = sorted(entry for entry in kept if entry[0])
        for _, name, lock in kept[: max(0, len(kept) - self._settings.keep_templates)]:
            self._drop_unused(name, lock)

    def _drop_unused(self, name: str, lock: int) -> None:
        with alone(self._databases, lock) as ours, interrupts_held():
            if ours:
                self._databases.drop(name)

    def release(self) -> None:
        """Give all up: those that are not kept are dropped by whoever is the last to use them."""
        cleanups = Cleanups("the templates")
        with self._lock:
            while self._used:
                _, template = self._used.popitem()
                cleanups.push(functools.partial(self._leave, template))
        cleanups.close()

    def _leave(self, template: Template) -> None:
        self._locks.release(template.lock)
        if not self._keeps(template):
            self._drop_unused(template.name, template.lock)


def not_ours(name: str, comment: str) -> StartError:
    """Return the error for somebody else's database that has the name of a template."""
    return StartError(
        f"the database {name} stands where a template of ours would, and is not ours: its comment "
        f"is {comment!r}",
        cause="somebody has written that comment, or restored the database from elsewhere",
        hint=f"if nobody needs it, remove the comment: comment on database {identifier(name)} "
        "is null",
    )
