"""Preparing an embedded PostgreSQL: its binaries, its data directory, its command line."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.core.endpoint import Endpoint
from harness.core.recipe import Account, Launch
from harness.core.settings import Settings
from harness.errors import StartError
from harness.providers import accounts
from harness.providers.directories import cache_directory
from harness.providers.embedded import clean_environment
from harness.services.postgres import binaries, leftovers
from harness.services.postgres.binaries import Installation
from harness.services.postgres.password import SUPERUSER

INITDB = (
    "--encoding=UTF8",
    "--auth-local=trust",  # the socket lies in a directory that only its owner can enter
    "--auth-host=scram-sha-256",
    "--no-instructions",
    "--no-sync",
    "--wal-segsize=4",  # MiB: a smaller directory to copy for every start
    f"--username={SUPERUSER}",
)
LOCALES = ("C.UTF-8", "C")
LAYOUT = "1"  # raise it when what initdb is told changes
INITDB_TIMEOUT = 120
BLOCK = 1 << 20  # bytes read at once

# A test's data need not survive a crash of the machine.
FAST = (
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    ("jit", "off"),
    ("log_checkpoints", "off"),  # each clone makes two: they would drown what the log says
)

account_for = functools.cache(accounts.account_for)  # asks by running a program

CAUSES = (
    ("Address already in use", "another program took the port"),
    ("No space left on device", "the disk is full"),
    (
        "is too long (maximum",
        "the path of the data is too long for a socket: set HARNESS_DATA_DIR to a shorter one",
    ),
    ("database files are incompatible", "the data directory is of another version"),
    ("Cannot allocate memory", "the machine has no memory left"),
    ("could not map anonymous shared memory", "the machine has no memory left"),
    ("unrecognized configuration parameter", "`settings=` names a setting the server has not"),
    ("invalid value for parameter", "`settings=` gives a setting a value it cannot have"),
    ("execution of the PostgreSQL server is not permitted", "the server refuses to run as root"),
)


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
        )

    def command(self, installation: Installation, home: Path, port: int) -> list[str]:
        """Return the server's command line."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(home),
            "dynamic_shared_memory_type": "mmap",  # nothing of ours in /dev/shm after a kill
            **dict(FAST),
            **dict(self.settings),
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(installation.postgres), "-D", str(home / "data"), *flags]

    def likely_cause(self, log: str) -> str | None:
        """Return the likely cause of a failed start, read from the server's log."""
        return next((cause for text, cause in CAUSES if text in log), None)

    def sweep(self, home: Path) -> None:
        """Remove what a killed server leaves outside its directory."""
        leftovers.sweep(home / "data")


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
        partial = Path(tempfile.mkdtemp(dir=account.copy_to))
        installation.copy_to(partial)
        partial.chmod(0o755)
        publish(partial, target)
    return installation.moved(target)


def fill(data: Path, installation: Installation, account: Account, settings: Settings) -> None:
    """Make the data directory: a copy of the cached one, which is made first if need be."""
    cached = cache_directory(settings) / f"postgres-{fingerprint(installation)}"
    if usable(cached, installation):
        copy_cluster(cached, data, account)
    else:
        discard(cached)
        initdb(data, installation, account)
        keep(data, cached)


def fingerprint(installation: Installation) -> str:
    """Return what tells the data directories of two installations apart, as 16 hex digits."""
    stat = installation.postgres.stat()
    parts = (LAYOUT, str(installation.postgres), str(stat.st_mtime_ns), str(stat.st_size))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def usable(cached: Path, installation: Installation) -> bool:
    """Tell whether a cached data directory is whole and of the installation's version."""
    try:
        return (cached / "PG_VERSION").read_text().strip() == installation.major
    except OSError:
        return False


def initdb(data: Path, installation: Installation, account: Account) -> None:
    """Make a new data directory.

    Raises:
        StartError: initdb failed; with what it said.
    """
    for locale in LOCALES:
        command = [str(installation.initdb), f"--locale={locale}", *INITDB, "-D", str(data)]
        result = subprocess.run(
            [*account.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=data.parent,
            env=clean_environment(),
            user=account.user,
            group=accounts.group_of(account.user),
            extra_groups=None if account.user is None else [],
            timeout=INITDB_TIMEOUT,
        )
        if result.returncode == 0:
            return
        if "invalid locale" not in result.stdout:
            break
    raise StartError(
        f"initdb failed: exit code {result.returncode} ({installation})",
        cause=PostgresProcess().likely_cause(result.stdout),
        hint="read what it said above; `harness doctor` checks the installation",
        detail="\n".join(result.stdout.splitlines()[-10:]),
    )


def copy_cluster(source: Path, target: Path, account: Account) -> None:
    """Copy a data directory, for the account to own.

    A thousand small files: plain system calls take half the time of `shutil.copytree`.
    """
    copy_directory(str(source), str(target), accounts.ids_of(account))


def copy_directory(source: str, target: str, owner: tuple[int, int] | None) -> None:
    """Copy a directory and all below it, readable by its owner alone."""
    os.mkdir(target, 0o700)
    if owner is not None:
        os.chown(target, *owner)
    with os.scandir(source) as entries:
        for entry in entries:
            copied = f"{target}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                copy_directory(entry.path, copied, owner)
            else:
                copy_file(entry.path, copied, owner)


def copy_file(source: str, target: str, owner: tuple[int, int] | None) -> None:
    """Copy one file, readable by its owner alone."""
    with open(source, "rb", buffering=0) as original:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            while block := original.read(BLOCK):
                while block:
                    block = block[os.write(handle, block) :]
            if owner is not None:
                os.fchown(handle, *owner)
        finally:
            os.close(handle)


def keep(data: Path, cached: Path) -> None:
    """Put a fresh data directory into the cache; whole or not at all.

    A cache that cannot be written only costs the next start its time.
    """
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f"{cached.name}-", dir=cached.parent))
    except OSError:
        return
    try:
        copy_cluster(data, partial / "data", Account())
        publish(partial / "data", cached)
    except OSError:
        pass
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def publish(partial: Path, target: Path) -> None:
    """Move a finished directory to its place, unless another process was faster."""
    try:
        os.rename(partial, target)
    except OSError:
        if not target.exists():
            raise


def discard(target: Path) -> None:
    """Remove a cached directory that cannot be used; nobody is left with half of it.

    One that is not ours to remove, or that another process removes, only costs time.
    """
    if not os.path.exists(target):
        return
    try:
        aside = Path(tempfile.mkdtemp(prefix=f"{target.name}-old-", dir=target.parent))
    except OSError:
        return
    try:
        os.rename(target, aside / "old")
    except OSError:
        pass
    finally:
        shutil.rmtree(aside, ignore_errors=True)
