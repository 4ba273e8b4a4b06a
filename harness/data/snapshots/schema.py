"""Whether a snapshot's schema is the one that migrations make."""

from __future__ import annotations

import re
from pathlib import Path

from harness.data.catalog import Catalog
from harness.data.migrations.reversing import MOST
from harness.data.snapshots.manifest import Manifest
from harness.errors import SnapshotError

# Where a tool keeps its own account, which need not be on both sides.
ACCOUNTS = re.compile(
    r"\.(?:schema_migrations|goose_db_version|alembic_version|flyway_schema_history"
    r"|django_migrations|databasechangelog(?:lock)?|__diesel_schema_migrations|_sqlx_migrations)"
    r"(?:_pkey|_id_seq|_pkc)?(?![\w$])"
)
# What a server for tests need not have, or has in a version of its own.
ELSEWHERE = {
    "default privileges",
    "event trigger",
    "extension",
    "foreign server",
    "publication",
}
# What every server tells in the same words; others are told by each version in its own.
STABLE = {"schema", "table", "column", "constraint", "sequence", "type"}


def check_schema(path: Path, manifest: Manifest, saved: Catalog, made: Catalog, major: int) -> None:
    """Do nothing for a snapshot of the schema that the migrations make.

    Args:
        path: The snapshot.
        manifest: What it says of itself.
        saved: Its schema.
        made: The schema that the migrations made.
        major: Major version of the server that they made it on.

    Raises:
        SnapshotError: They differ; says where.
    """
    same = manifest.major == major
    lines = compared(made, same).difference(compared(saved, same))
    if lines:
        more = [f"... and {len(lines) - MOST} more lines"] if len(lines) > MOST else []
        raise SnapshotError(
            f"the schema of the snapshot {path} is not what the migrations make",
            detail="\n".join([*lines[:MOST], *more]),
            cause="lines with - are of the migrations, those with + of the snapshot: "
            f"one of both was changed after {manifest.saved}, when it was saved",
            hint="save it anew from a database that is migrated as far: "
            f"harness snapshot save URL {path}",
        )


def compared(catalog: Catalog, same: bool) -> Catalog:
    """Return what is compared of a schema.

    Args:
        catalog: The whole.
        same: Whether both servers are of the same version.
    """
    return Catalog(
        {
            (kind, name): said
            for (kind, name), said in catalog.items()
            if (kind in STABLE if not same else kind not in ELSEWHERE) and not is_account(name)
        }
    )


def is_account(name: str) -> bool:
    """Tell whether something belongs to the account that a migration tool keeps.

    Example:
        >>> is_account("public.alembic_version.version_num"), is_account("public.users")
        (True, False)
    """
    return ACCOUNTS.search(name) is not None
