"""SQLite in this process, and the files made for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.core.instance import Instance, Running
from harness.core.settings import Settings
from harness.errors import HarnessError, again
from harness.services.declared import not_held
from harness.services.sqlite.capabilities import capabilities
from harness.services.sqlite.database import Database
from harness.services.sqlite.held import ClassLease
from harness.services.sqlite.home import Home
from harness.services.sqlite.lease import SQLiteLease
from harness.services.sqlite.ordinary import CommitLease, ReadonlyLease
from harness.services.sqlite.original import Original
from harness.services.sqlite.rollback import RollbackLease
from harness.services.sqlite.template import Template

if TYPE_CHECKING:
    from harness.data.making.plan import Plan
    from harness.services.sqlite.service import SQLite

MOST_AWAKE = 16  # each holds a few open files


class SQLiteInstance(Instance[SQLiteLease]):
    """SQLite in this process: templates by content, files copied from them, leases on those.

    Args:
        provider: Where it runs.
        running: That it runs.
        settings: The settings of the environment.
    """

    def __init__(self, provider: str, running: Running, settings: Settings) -> None:
        super().__init__("sqlite", provider, running)
        self.settings = settings
        self.capabilities = capabilities()
        self.home = Home(settings)
        self.cleanups.push(self.home.remove)
        self._lock = threading.RLock()
        self._templates: dict[str, Original] = {}
        self._of: dict[SQLite, Original] = {}
        self._failed: dict[SQLite, HarnessError] = {}
        self._idle: dict[Original, list[Database]] = {}
        self._awake: list[Database] = []  # idle, their connections open, the last used at the end
        self._readonly: dict[Original, Database] = {}
        self.plans: dict[SQLite, dict[str, Plan]] = {}  # of the tables in which rows were made

    def lease(self, service: SQLite) -> SQLiteLease:
        """Hand out a lease with the isolation that the service declares.

        Raises:
            MigrationError: A migration failed; no template is left.
            StartError: No file can be made.
        """
        self.check_alive(settle=0)
        leases: dict[str, Callable[[], SQLiteLease]] = {
            "rollback": lambda: RollbackLease(self, service, self._database(service)),
            "commit": lambda: CommitLease(self, service, self._database(service)),
            "readonly": lambda: ReadonlyLease(self, service, self._shared(service)),
        }
        return leases[service.isolation]()

    def hold(self, service: SQLite) -> SQLiteLease:
        """Hand out a lease to a whole class of tests.

        Raises:
            LeaseError: Its isolation is `rollback`.
            HarnessError: As `lease`.
        """
        if service.isolation == "commit":
            return ClassLease(self, service, self._database(service))
        if service.isolation == "readonly":
            return self.lease(service)
        raise not_held(service)

    def prepare(self, service: SQLite) -> None:
        """Build the template."""
        self.template(service)

    def template(self, service: SQLite) -> Original:
        """Return the migrated template of a service, built at its first use."""
        with self._lock:
            if service in self._failed:
                raise again(self._failed[service])
            try:
                if service not in self._of:
                    self._of[service] = self._template(service)
                return self._of[service]
            except HarnessError as error:
                self._failed[service] = error
                raise

    def _template(self, service: SQLite) -> Original:
        template = Template(self, service)
        if template.key not in self._templates:
            built = self._templates[template.key] = template.build()
            self.cleanups.push(built.close)
        return self._templates[template.key]

    def _new_database(self, template: Original, mode: str = "rw") -> Database:
        database = Database(template, self.home.new_file("t"), mode)
        self.cleanups.push(database.rest)
        return database

    def _database(self, service: SQLite) -> Database:
        template = self.template(service)
        with self._lock:
            idle = self._idle.setdefault(template, [])
            if not idle:
                return self._new_database(template)
            database = idle.pop()
            if database in self._awake:
                self._awake.remove(database)
            return database

    def give_back(self, database: Database) -> None:
        """Keep a pristine database for the next lease."""
        with self._lock:
            self._idle[database.template].append(database)
            self._awake.append(database)
            while len(self._awake) > MOST_AWAKE:
                self._awake.pop(0).rest()

    def _shared(self, service: SQLite) -> Database:
        template = self.template(service)
        with self._lock:
            if template not in self._readonly:
                self._readonly[template] = self._new_database(template, "ro")
            return self._readonly[template]
