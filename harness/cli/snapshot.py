"""`harness snapshot`: a real database in a file, its columns masked, and out of it again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from harness import __version__
from harness.cli.supply import Supply
from harness.cli.targets import targets_of
from harness.cli.text import indented
from harness.core.endpoint import Endpoint
from harness.core.settings import Settings
from harness.data.snapshots import wishes
from harness.data.snapshots.archive import opened
from harness.data.snapshots.databases import read_url, restore_by_url
from harness.data.snapshots.save import save as save_database
from harness.errors import ConfigurationError

Decorator = Callable[[Callable[..., None]], Callable[..., None]]


@click.group()
def snapshot() -> None:
    """Save a real database for tests, and restore it.

    `Postgres(snapshot="FILE")` starts tests with it.
    """


def several(name: str, metavar: str, text: str) -> Decorator:
    """Return an option that may be repeated."""
    return click.option(name, metavar=metavar, multiple=True, help=text)


@snapshot.command()
@click.argument("source", metavar="URL|SERVICE")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@several("--table", "TABLE", "Save the rows of this table only; may be repeated.")
@several("--exclude-table-data", "TABLE", "Save no rows of this table; may be repeated.")
@several("--leave-out", "TABLE.COLUMN", "Save no values of this column; may be repeated.")
@several("--mask", "TABLE.COLUMN=WAY", "Mask a column; may be repeated.")
@click.option(
    "--require-mask", metavar="REGEX", help="Refuse if a column of such a name is not masked."
)
@click.option(
    "--masks",
    metavar="TOML",
    type=click.Path(path_type=Path),
    help="A file of such options; snapshot.toml, if it is there.",
)
@click.option(
    "--key",
    envvar="HARNESS_SNAPSHOT_KEY",
    metavar="TEXT",
    help="Key of hashes, to have the same ones in the next snapshot; or the variable "
    "HARNESS_SNAPSHOT_KEY. A random one, without.",
)
@click.pass_obj
def save(
    settings: Settings,
    /,
    source: str,
    file: Path,
    masks: Path | None,
    key: str | None,
    **options: Any,
) -> None:
    """Save a database into FILE; it is only read, at one moment.

    \b
    It is named by its URL, or as a SERVICE of yours, which is started for it:
      postgresql://me@db.example.com/shop
      tests.test_shop:ShopTest.db

    The schema is saved whole. A table's name may be a pattern, such as 'audit_*'; what is said of
    a partitioned table is said of its partitions, too.

    \b
    WAY, in which a column is masked before its values leave the server, is one of
      null              NULL
      hash              a keyed hash: equal values stay equal, so that joins hold
      fake:email        what Faker makes of the hash: name, phone_number, address, ...
      constant:VALUE    the same for all rows; NULL stays NULL

    Columns that look personal and are not masked are told. Exits with 0 if the file is written,
    with 2 if not; then nothing is left of it.
    """  # noqa: D301 - \b is click's, and keeps the lines as they are
    wanted = from_file(masks, settings) | from_options(**options)
    secret = key.encode() if key else secrets.token_bytes()
    with endpoint_of(source, settings) as endpoint:
        manifest = save_database(endpoint, file.resolve(), wanted, secret, say, __version__)
    rows = sum(table.rows for table in manifest.tables)
    say(f"saved {rows:,} rows of {len(manifest.tables)} tables in {file}")


def from_options(
    table: tuple[str, ...],
    exclude_table_data: tuple[str, ...],
    leave_out: tuple[str, ...],
    mask: tuple[str, ...],
    require_mask: str | None,
) -> wishes.Wishes:
    """Return what the command line says."""
    return wishes.Wishes(table, exclude_table_data, leave_out, wishes.masks_of(mask), require_mask)


def from_file(path: Path | None, settings: Settings) -> wishes.Wishes:
    """Return what a file says: the one that is named, else the project's, if there is one."""
    usual = settings.root / wishes.NAME
    if path is None and not usual.exists():
        return wishes.Wishes()
    say(f"masks are those in {path or usual}")
    return wishes.read(path or usual)


@contextmanager
def endpoint_of(source: str, settings: Settings) -> Iterator[Endpoint]:
    """Return where the database is that a URL or a service names.

    Raises:
        ConfigurationError: It names none, or several.
    """
    if "://" in source:
        yield read_url(source)
        return
    targets = targets_of([source])
    if [target.service.kind for target in targets] != ["postgres"]:
        raise ConfigurationError(
            f"{source} names no database, or more than one",
            hint="name one: tests.test_shop:ShopTest.db",
        )
    supply = Supply(targets, settings, say)
    try:
        (url,) = filter(None, supply.start().values())
        yield read_url(url)
    finally:
        supply.close()


@snapshot.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("url", metavar="URL")
@click.pass_obj
def restore(settings: Settings, file: Path, url: str) -> None:
    """Restore FILE into the empty database that URL names.

    It is refused if the database is not empty, if its server is older than the one that was saved,
    or if that is on another machine, unless HARNESS_ALLOW_REMOTE=1 or CI is set. Owners and rights
    are not restored: all belongs to the role in the URL. Nothing is ever dropped.

    Exits with 0 if all is there; with 2 if not, and the database is as it was.
    """
    manifest = restore_by_url(file.resolve(), url, settings)
    rows = sum(table.rows for table in manifest.tables)
    say(f"restored {rows:,} rows of {len(manifest.tables)} tables")


@snapshot.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
def show(file: Path) -> None:
    """Show what FILE holds, and how it was masked."""
    with opened(file.resolve()) as archive:
        for line in archive.manifest.lines():
            click.echo(line)


def say(text: str) -> None:
    """Print for people."""
    click.echo(indented(text, 0, 2), err=True)
