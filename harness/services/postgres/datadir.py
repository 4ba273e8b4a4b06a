"""The data directory of an embedded PostgreSQL: made by initdb once, then copied from a cache."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from harness.core.causes import likely_cause
from harness.core.recipe import Account
from harness.core.settings import Settings
from harness.errors import StartError
from harness.providers import accounts
from harness.providers.directories import beside, cache_directory
from harness.providers.embedded import clean_environment
from harness.services.postgres.binaries import Installation
from harness.services.postgres.causes import CAUSES
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
# Free space and visibility maps: a quarter of the files, and the server makes them anew.
REBUILT = ("_fsm", "_vm")
LOCALES = ("C.UTF-8", "C")
LAYOUT = "2"  # raise it when what initdb is told changes
INITDB_TIMEOUT = 120  # seconds
BLOCK = 1 << 20  # bytes read at once


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
        result = run_initdb([f"--locale={locale}", *INITDB, "-D", str(data)], installation, account)
        if result.returncode == 0:
            return
        if "invalid locale" not in result.stdout:
            break
    raise StartError(
        f"initdb failed: exit code {result.returncode} ({installation})",
        cause=likely_cause(result.stdout, CAUSES),
        hint="read what it said above; `harness doctor` checks the installation",
        detail="\n".join(result.stdout.splitlines()[-10:]),
    )


def run_initdb(
    arguments: list[str], installation: Installation, account: Account
) -> subprocess.CompletedProcess[str]:
    """Run initdb under the account.

    Raises:
        StartError: It did not end.
    """
    try:
        return subprocess.run(
            [*account.prefix, str(installation.initdb), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=clean_environment(),
            user=account.user,
            group=accounts.group_of(account.user),
            extra_groups=None if account.user is None else [],
            timeout=INITDB_TIMEOUT,
        )
    except subprocess.TimeoutExpired as error:
        raise StartError(
            f"initdb did not end within {INITDB_TIMEOUT} s ({installation})",
            cause="the disk or the machine is overloaded",
            hint="set HARNESS_DATA_DIR to a faster disk, or run again",
        ) from error


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
            if entry.name.endswith(REBUILT):
                continue
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
        with beside(cached) as partial:
            copy_cluster(data, partial / "data", Account())
            publish(partial / "data", cached)
    except OSError:
        pass


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
        with beside(target) as aside:
            os.rename(target, aside / "old")
    except OSError:
        pass
