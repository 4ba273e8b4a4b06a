"""A PostgreSQL server that runs, and the databases made on it."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.core.cleanup import Cleanups
from harness.core.instance import Instance, Running
from harness.core.interrupts import interrupts_held
from harness.core.settings import Settings
from harness.errors import HarnessError, StartError, again
from harness.services.postgres import drivers, rights
from harness.services.postgres.connect import client_errors, driver, is_over, message, refusals
from harness.services.postgres.databases import Databases, refused
from harness.services.postgres.lease import PostgresLease
from harness.services.postgres.names import identifier, literal, setting_value
from harness.services.postgres.ordinary import CommitLease, ReadonlyLease
from harness.services.postgres.ownership import Ownership
from harness.services.postgres.password import random_password, scram_verifier
from harness.services.postgres.rollback import RollbackLease
from harness.services.postgres.template import Template
from harness.services.postgres.workspace import Workspace

if TYPE_CHECKING:
    from harness.services.postgres.service import Postgres

MOST_AWAKE = 4  # each holds a connection or two, of perhaps a hundred that many processes share


class PostgresInstance(Instance[PostgresLease]):
    """A PostgreSQL server: templates by content, databases cloned from them, leases on those.

    Args:
        provider: Where it runs.
        running: The server, which answers.
        settings: The settings of the environment.
        service: The service that it was started for.
    """

    def __init__(
        self, provider: str, running: Running, settings: Settings, service: Postgres
    ) -> None:
        super().__init__("postgres", provider, running)
        self.settings = settings
        self._lock = threading.RLock()
        self._templates: dict[str, Template] = {}
        self._keys: dict[Postgres, str] = {}
        self._failed: dict[Postgres, HarnessError] = {}
        self._idle: dict[Postgres, list[Workspace]] = {}
        self._awake: list[Workspace] = []  # idle, their sessions open, the last used at the end
        self._readonly: dict[Postgres, str] = {}
        self.external = provider == "external"
        self._made: set[str] = set()
        self._ownership: Ownership | None = None
        try:
            self._take_over(service)
        except BaseException as error:
            self.cleanups.close()
            if isinstance(error, driver().DatabaseError):
                raise refused(self.endpoint, error) from error
            raise

    def _take_over(self, service: Postgres) -> None:
        """Connect, check or set what is needed, and learn what the server can do."""
        self.databases = Databases(self.endpoint, self.settings, fast=not self.external)
        self.cleanups.push(self.databases.close)
        if self.external:
            rights.check(self.databases, service)
            self._ownership = Ownership(self.databases)
            self.cleanups.push(self._ownership.close)
            self._ownership.drop_orphans()
        elif not self.running.fresh:
            self.databases.drop_orphans()
        elif not self.endpoint.password:
            self._set_password()
        self.cleanups.push(self._drop_all)
        self.capabilities = rights.capabilities(self.databases)

    def _set_password(self) -> None:
        """Give the superuser a random password, for connections that do not use the socket."""
        password = random_password()
        verifier = literal(scram_verifier(password))
        self.databases.execute(f"alter role {identifier(self.endpoint.user)} password {verifier}")
        self.endpoint = dataclasses.replace(self.endpoint, password=password)

    def lease(self, service: Postgres) -> PostgresLease:
        """Hand out a lease with the isolation that the service declares.

        Raises:
            MigrationError: A migration failed; no template is left.
            StartError: The server does not let us make a database.
            ServiceDiedError: The server has ended.
        """
        leases: dict[str, Callable[[Postgres], PostgresLease]] = {
            "rollback": lambda service: RollbackLease(self, service, self._workspace(service)),
            "commit": lambda service: CommitLease(self, service, self.new_database(service)),
            "readonly": lambda service: ReadonlyLease(self, service, self._shared(service)),
        }
        try:
            return leases[service.isolation](service)
        except client_errors(StartError) as error:
            if is_over(error) or isinstance(error, StartError):
                self.check_alive()
            if isinstance(error, refusals()):
                raise refused(self.endpoint, error) from error
            raise

    def prepare(self, service: Postgres) -> None:
        """Build the template, and for `rollback` the database that its tests work in."""
        self.template(service)
        if service.isolation == "rollback":
            self.give_back(service, self._workspace(service))

    def template(self, service: Postgres) -> Template:
        """Return the migrated and sealed template of a service, built at its first use."""
        with self._lock:
            if service in self._failed:
                raise again(self._failed[service])
            try:
                return self._template(service)
            except HarnessError as error:
                self._failed[service] = error
                raise

    def _template(self, service: Postgres) -> Template:
        if service not in self._keys:
            template = Template(self, service)
            if template.key not in self._templates:
                template.build()
                self._templates[template.key] = template
            self._keys[service] = template.key
        return self._templates[self._keys[service]]

    def new_database(self, service: Postgres) -> str:
        """Return the name of a new database that equals the template of a service."""
        template = self.template(service)
        name = self.databases.new_name(template.key)
        self.clone(template, name)
        return name

    def clone(self, template: Template, name: str) -> None:
        """Make a database that equals a template."""
        self.made(name, lambda: self.databases.clone(template.name, name))
        self.configure(name, template.service)

    def made(self, name: str, make: Callable[[], None]) -> None:
        """Make a database, marked as ours where the server is not.

        A Ctrl-C waits until both are done: an unmarked database would never be found again.
        """
        with interrupts_held():
            self._made.add(name)
            make()
            if self._ownership is not None:
                self._ownership.mark(name)

    def drop(self, name: str) -> None:
        """Drop a database that was made here."""
        with interrupts_held():
            self.databases.drop(name)
            self._made.discard(name)

    def _drop_all(self) -> None:
        """Drop what is left of our databases on a server that goes on without us."""
        if self.running.exit_state() is not None or not self.running.is_outlived():
            return
        cleanups = Cleanups(f"the databases at {self.endpoint.host}:{self.endpoint.port}")
        for name in self._made:
            cleanups.push(functools.partial(self.databases.drop, name))
        cleanups.close()

    def configure(self, name: str, service: Postgres) -> None:
        """Give a database on somebody else's server the settings that a server of ours has."""
        for setting, value in service.settings if self.external else ():
            try:
                change = f"set {identifier(setting)} = {setting_value(setting, value)}"
                self.databases.execute(f"alter database {identifier(name)} {change}")
            except driver().DatabaseError as error:
                raise StartError(
                    f"the external server does not take settings=({setting!r}, {value!r}): "
                    f"{message(error)}",
                    cause="it cannot be set for one database, or not by this role",
                    hint="leave it out, or run this service with HARNESS_PROVIDERS=embedded",
                ) from error

    def _workspace(self, service: Postgres) -> Workspace:
        with self._lock:
            idle = self._idle.setdefault(service, [])
            if idle:
                workspace = idle.pop()
                if workspace in self._awake:
                    self._awake.remove(workspace)
                return workspace
        driver = drivers.named(service.driver)
        workspace = Workspace(self, self.template(service), self.new_database(service), driver)
        self.cleanups.push(workspace.close)
        return workspace

    def give_back(self, service: Postgres, workspace: Workspace) -> None:
        """Keep a clean workspace for the next lease."""
        with self._lock:
            self._idle[service].append(workspace)
            self._awake.append(workspace)
            while len(self._awake) > MOST_AWAKE:
                self._awake.pop(0).rest()

    def _shared(self, service: Postgres) -> str:
        with self._lock:
            if service not in self._readonly:
                name = self.new_database(service)
                self.databases.execute(
                    f"alter database {identifier(name)} set default_transaction_read_only = on"
                )
                self._readonly[service] = name
            return self._readonly[service]
