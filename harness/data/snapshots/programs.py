"""Finding a pg_dump that can read a server, and running it."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from harness.core.endpoint import Endpoint
from harness.core.redaction import Redaction
from harness.errors import SnapshotError
from harness.services.postgres.binaries import (
    executable,
    system_directories,
    version_of,
    wheel_directories,
)

NAME = "pg_dump"
STATISTICS = 18  # since when it can write the values that occur most often
KEPT = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")
# Owners, rights and the like are of roles that a server for tests has not.
LEFT_OUT = (
    "--no-owner",
    "--no-privileges",
    "--no-tablespaces",
    "--no-publications",
    "--no-subscriptions",
    "--no-security-labels",
)


@dataclass(frozen=True)
class PgDump:
    """A pg_dump of this machine.

    Attributes:
        path: Where it is.
        version: Its version, such as `15.13`.
    """

    path: Path
    version: str

    @property
    def major(self) -> int:
        """Its major version."""
        return int(self.version.partition(".")[0])

    def schema(self, endpoint: Endpoint, snapshot: str, section: str) -> str:
        """Return a part of a database's schema, as SQL.

        Args:
            endpoint: The database.
            snapshot: What a transaction has exported, whose view of it is taken.
            section: `pre-data` (tables, types, functions) or `post-data` (indexes, constraints).

        Raises:
            SnapshotError: It failed; with what it printed.
        """
        statistics = ["--no-statistics"] if self.major >= STATISTICS else []
        done = subprocess.run(
            [
                self.path,
                f"--section={section}",
                f"--snapshot={snapshot}",
                *LEFT_OUT,
                *statistics,
                "--encoding=UTF8",
                "--no-password",
                f"--dbname={without_password(endpoint)}",
            ],
            env={**os.environ, "PGPASSWORD": endpoint.password, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            raise SnapshotError(
                f"{self.path} failed with exit code {done.returncode}",
                detail=Redaction([endpoint.password])(said),
                hint="give the role in the URL the right to read all tables",
            )
        return done.stdout.decode()


def without_password(endpoint: Endpoint) -> str:
    """Return the URL of a database as other users of this machine may see it."""
    options = tuple(pair for pair in endpoint.options if pair[0] in KEPT)
    return str(dataclasses.replace(endpoint, password="", options=options).url("postgresql"))


def found() -> Iterator[PgDump]:
    """Yield every pg_dump of this machine."""
    seen: set[Path] = set()
    on_path = shutil.which(NAME)
    places = (place for place, _ in chain(system_directories(), wheel_directories()))
    for place in chain(places, [Path(on_path).parent] if on_path else []):
        path = place.resolve() / executable(NAME)
        if path not in seen and path.is_file():
            seen.add(path)
            version = version_of(path)
            if version:
                yield PgDump(path, version)


def choose(major: int) -> PgDump:
    """Return the pg_dump that fits a server best: of its own version, else the next newer one.

    Args:
        major: The server's major version.

    Raises:
        SnapshotError: There is none, or none new enough.
    """
    there = list(found())
    usable = [each for each in there if each.major >= major]
    if usable:
        return min(usable, key=lambda each: each.major)
    known = "\n".join(f"{each.path}: version {each.version}" for each in there)
    raise SnapshotError(
        f"there is no pg_dump of version {major} or newer, which the server needs",
        detail=known or None,
        hint=f"install it: apt-get install postgresql-client-{major}, or "
        'pip install "unittest-harness[embedded]"',
    )
