"""How PostgreSQL runs as a process of this machine: its programs, its user, its command line."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.core.causes import likely_cause
from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.core.registry.things import thing
from harness.core.settings import Settings
from harness.errors import StartError
from harness.providers import accounts
from harness.providers.directories import beside
from harness.providers.embedded import clean_environment
from harness.services.postgres import binaries
from harness.services.postgres.binaries import Installation
from harness.services.postgres.causes import CAUSES
from harness.services.postgres.datadir import fill, fingerprint, publish
from harness.services.postgres.password import SUPERUSER

# A test's data need not survive a crash of the machine.
FAST = (
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("jit", "off"),
    ("max_connections", "500"),  # of many worker processes, each with a handful
    ("wal_keep_size", "32MB"),  # each clone has what is not needed removed, of which some is read
    ("log_checkpoints", "off"),  # each clone makes two: they would drown what the log says
)

account_for = functools.cache(accounts.account_for)  # asks by running a program


@dataclass(frozen=True)
class PostgresProcess:
    """How PostgreSQL runs as a process of this machine.

    Attributes:
        version: What its version must begin with; None for any.
        extensions: Extensions that it must carry.
        settings: Server settings, as (name, value).
    """

    version: str | None = None
    extensions: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    def refusal(self, settings: Settings) -> str | None:
        """Return why no installed PostgreSQL can run here, or None."""
        installation = binaries.choose(self.version, self.extensions)
        if isinstance(installation, str):
            return installation
        account = account_for(installation.postgres)
        return account if isinstance(account, str) else None

    def describe(self, settings: Settings) -> str:
        """Return the version and the directory of what would run."""
        return str(binaries.choose(self.version, self.extensions))

    def prepare(self, home: Path, port: int, settings: Settings) -> Launch:
        """Fill `home` with a data directory and return the server's command line.

        Raises:
            StartError: initdb failed; with what it said.
            OSError: The directory cannot be written.
        """
        installation = binaries.choose(self.version, self.extensions)
        assert not isinstance(installation, str), installation
        account = account_for(installation.postgres)
        assert not isinstance(account, str), account
        installation = reachable(installation, account)
        accounts.give_to(account, home)
        fill(home / "data", installation, account, settings)
        return Launch(
            command=(*account.prefix, *self.command(installation, home, port)),
            endpoint=Endpoint(
                "127.0.0.1",
                port,
                user=SUPERUSER,
                database="postgres",
                socket=str(home / f".s.PGSQL.{port}"),
            ),
            provenance=str(installation),
            account=account,
            stop_signal=signal.SIGQUIT if hasattr(signal, "SIGQUIT") else signal.SIGTERM,
            environment=clean_environment(),
            leftovers=(thing("segment", data=str(home / "data")),),
        )

    def command(self, installation: Installation, home: Path, port: int) -> list[str]:
        """Return the server's command line."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(home),
            "dynamic_shared_memory_type": "mmap",  # nothing of ours in /dev/shm after a kill
        }
        flags = server_flags({**options, **dict(self.settings)})
        return [str(installation.postgres), "-D", str(home / "data"), *flags]

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from the server's log."""
        return likely_cause(log, CAUSES)


def server_flags(settings: Mapping[str, str]) -> list[str]:
    """Return server settings as command line flags: those for speed, unless `settings` differ.

    Example:
        >>> server_flags({"port": "1"})[-2:]
        ['-c', 'port=1']
    """
    options = {**dict(FAST), **settings}
    return [part for name, value in options.items() for part in ("-c", f"{name}={value}")]


def reachable(installation: Installation, account: Account) -> Installation:
    """Return the installation, or a copy of it where the account cannot enter its directory."""
    if account.copy_to is None:
        return installation
    target = account.copy_to / fingerprint(installation)
    account.copy_to.mkdir(mode=0o755, exist_ok=True)
    if account.copy_to.lstat().st_uid != os.getuid():  # nobody else's programs are run
        raise StartError(
            f"{account.copy_to} belongs to somebody else", hint="remove that directory"
        )
    if not target.exists():
        with beside(target) as partial:
            installation.copy_to(partial)
            partial.chmod(0o755)
            publish(partial, target)
    return installation.moved(target)
