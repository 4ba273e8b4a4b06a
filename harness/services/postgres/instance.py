"""A PostgreSQL server that runs, and the databases made on it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from harness.core.cleanup import Cleanups
from harness.core.instance import Running
from harness.core.interrupts import interrupts_held
from harness.core.secrets import random_password
from harness.core.settings import Settings
from harness.errors import HarnessError, StartError, again
from harness.services.declared import not_held
from harness.services.postgres import drivers, rights
from harness.services.postgres.awake import Awake
from harness.services.postgres.commit.cluster import ServerGuard
from harness.services.postgres.commit.database import CommitDatabase
from harness.services.postgres.commit.held import ClassLease
from harness.services.postgres.commit.lease import CommitLease
from harness.services.postgres.commit.source import Source
from harness.services.postgres.commit.spares import Spares
from harness.services.postgres.commit.wal import NO_KEY, WalReader, wal_reader
from harness.services.postgres.connect import client_errors, driver, is_over, message, refusals
from harness.services.postgres.databases import Databases, refused
from harness.services.postgres.lease import PostgresLease
from harness.services.postgres.locks import Locks
from harness.services.postgres.names import identifier, literal, setting_value
from harness.services.postgres.ownership import Ownership, drop_orphans
from harness.services.postgres.password import scram_verifier
from harness.services.postgres.rollback import RollbackLease
from harness.services.postgres.template import Template
from harness.services.postgres.templates import Templates
from harness.services.postgres.workspace import Workspace
from harness.services.proxied import ProxiedInstance

if TYPE_CHECKING:
    from harness.data.making.plan import Plan
    from harness.services.postgres.service import Postgres


class PostgresInstance(ProxiedInstance[PostgresLease]):
    """A PostgreSQL server: templates by content, databases cloned from them, leases on those.

    Args:
        provider: Where it runs.
        running: The server, which answers.
        settings: The settings of the environment.
        service: The service that it was started for.
    """

    protocol: ClassVar[str] = "postgres"

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
        self._sources: dict[str, Source] = {}
        self._databases: dict[tuple[str, bool, bool], list[CommitDatabase]] = {}
        self._awake = Awake()
        self.external = provider == "external"
        self._made: set[str] = set()
        self.plans: dict[Postgres, dict[str, Plan]] = {}  # of the tables in which rows were made
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
        self._locks = Locks(self.databases, self.settings.build_timeout)
        self.cleanups.push(self._locks.close)
        self.templates = Templates(self.databases, self._locks, self.settings)
        if self.external:
            rights.check(self.databases, service)
            self._ownership = Ownership(self.databases, self._locks)
            drop_orphans(self.databases, self.settings.max_orphans)
        elif not self.running.fresh:
            self.databases.drop_orphans()
            drop_orphans(self.databases)
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
        if service.isolation == "rollback":
            return self._hand_out(
                service, lambda service: RollbackLease(self, service, self._workspace(service))
            )
        return self._hand_out(
            service, lambda service: CommitLease(self, service, self._database(service))
        )

    def hold(self, service: Postgres) -> PostgresLease:
        """Hand out a lease to a whole class of tests.

        Raises:
            LeaseError: Its isolation is `rollback`.
            HarnessError: As `lease`.
        """
        if service.isolation == "rollback":
            raise not_held(service)
        return self._hand_out(
            service, lambda service: ClassLease(self, service, self._database(service))
        )

    def _hand_out(
        self, service: Postgres, make: Callable[[Postgres], PostgresLease]
    ) -> PostgresLease:
        try:
            return make(service)
        except client_errors(StartError) as error:
            if is_over(error) or isinstance(error, StartError):
                self.check_alive()
            if isinstance(error, refusals()):
                raise refused(self.endpoint, error) from error
            raise

    def prepare(self, service: Postgres) -> None:
        """Build the template, and the database that the first test works in."""
        self.template(service)
        if service.isolation == "rollback":
            self.give_back(service, self._workspace(service))
        else:
            self.give_back_database(self._database(service))

    def prepare_shared(self, service: Postgres) -> None:
        """Build the template."""
        self.template(service)

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
                with self._accepting():
                    self.templates.obtain(template)
                self._templates[template.key] = template
            self._keys[service] = template.key
        return self._templates[self._keys[service]]

    def _accepting(self) -> contextlib.AbstractContextManager[None]:
        """Take what migrations make on the whole server for no test's doing."""
        guard: ServerGuard | None = self.__dict__.get("guard")  # where anybody has asked for it
        return contextlib.nullcontext() if guard is None else guard.accepting()

    def new_database(self, service: Postgres) -> str:
        """Return the name of a new database that equals the template of a service."""
        template = self.template(service)
        name = self.databases.names.new(template.key)
        self.clone(template, name)
        return name

    def clone(self, template: Template, name: str, hand: Databases | None = None) -> None:
        """Make a database that equals a template.

        Args:
            template: The template.
            name: Name of the new database.
            hand: By which to make it; the instance's own.
        """
        self.templates.secure(template)
        self.made(name, lambda: (hand or self.databases).clone(template.name, name))
        self.configure(name, template.service)

    def made(self, name: str, make: Callable[[], None]) -> None:
        """Make a database, marked as ours where the server is not.

        A Ctrl-C waits until both are done; after a kill in between its signature says whose it is.
        """
        with interrupts_held():
            self._made.add(name)
            make()
            if self._ownership is not None:
                self._ownership.mark(name)

    def drop(self, name: str, hand: Databases | None = None) -> None:
        """Drop a database that was made here.

        Args:
            name: Its name.
            hand: By which to drop it; the instance's own.
        """
        with interrupts_held():
            (hand or self.databases).drop(name)
            self._made.discard(name)

    def swap(self, name: str, oid: int, spares: Spares) -> None:
        """Put a spare in the place of a database, and have that dropped.

        Args:
            name: Its name.
            oid: Its number.
            spares: Where to take the spare.
        """
        away = self.databases.names.new(NO_KEY)
        with interrupts_held():
            spare = spares.take()
            self._made.add(away)
            left = self.databases.replace(name, oid, spare, away)
            self._made.discard(spare)
        if left:
            spares.give_up(away)
        else:
            self._made.discard(away)

    @functools.cached_property
    def prepares(self) -> bool:
        """Whether the server lets transactions be prepared."""
        return int(self.databases.rows("show max_prepared_transactions")[0][0]) > 0

    @functools.cached_property
    def guard(self) -> ServerGuard | None:
        """Who sees changes of the whole server; None where our role may not."""
        return ServerGuard(self) if "postgres.superuser" in self.capabilities else None

    @functools.cached_property
    def wal(self) -> WalReader | None:
        """A reader of the server's log; None where it has none for us."""
        return wal_reader(self)

    def _drop_all(self) -> None:
        """Drop what is left of our databases on a server that goes on without us."""
        if self.running.exit_state() is not None or not self.running.is_outlived():
            return
        cleanups = Cleanups(f"the databases at {self.endpoint.host}:{self.endpoint.port}")
        cleanups.push(self.templates.release)
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
            known = idle.pop() if idle else None
            self._awake.take(known)
            if known is not None:
                return known
        driver = drivers.named(service.driver)
        name = self.new_database(service)
        workspace = Workspace(self, self.template(service), name, driver, proxied=service.proxied)
        self.cleanups.push(workspace.close)
        return workspace

    def give_back(self, service: Postgres, workspace: Workspace) -> None:
        """Keep a clean workspace for the next lease."""
        with self._lock:
            self._idle[service].append(workspace)
            self._awake.keep(workspace)

    def _database(self, service: Postgres) -> CommitDatabase:
        with self._lock:
            template = self.template(service)
            if template.key not in self._sources:
                self._sources[template.key] = Source(self, template)
            source = self._sources[template.key]
            read_only = service.isolation == "readonly"
            idle = self._databases.setdefault((template.key, read_only, service.proxied), [])
            known = idle.pop() if idle else None
            self._awake.take(known)
        if known is not None:
            known.wake()
            return known
        name = self.new_database(service)
        database = CommitDatabase(source, name, read_only=read_only, proxied=service.proxied)
        self.cleanups.push(database.hang_up)
        return database

    def give_back_database(self, database: CommitDatabase) -> None:
        """Keep a database that was put back for the next lease."""
        with self._lock:
            key = database.source.template.key, database.read_only, database.proxied
            self._databases[key].append(database)
            self._awake.keep(database)

    def forget_database(self, database: CommitDatabase) -> None:
        """Give up a database of which nobody knows what it holds; it goes with the instance."""
        database.hang_up()
