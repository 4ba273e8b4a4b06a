"""`harness history`: putting runs of elsewhere into the history, and removing old ones."""

from __future__ import annotations

from pathlib import Path

import click

from harness.core.printing import say
from harness.core.settings import Settings
from harness.errors import HistoryError

INTO = click.option(
    "--history", "target", metavar="FILE", help="Into this file; that of the settings."
)


@click.group()
def history() -> None:
    """Put runs of elsewhere into the history, and remove old ones."""


@history.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@INTO
@click.option("--commit", metavar="COMMIT", help="Which commit was tested.")
@click.pass_obj
def imported(
    settings: Settings, files: tuple[str, ...], target: str | None, commit: str | None
) -> None:
    """Import JUnit files of other test runners, each as a run.

    A file that is there already is left out. It takes the extra `report`.

    Exits with 0; with 2 if a file cannot be read, and then none after it is imported.
    """
    from harness.report.history.file import History
    from harness.report.history.imported import read
    from harness.report.history.union import add
    from harness.report.summary import counted

    with History(place(settings, target), write=True) as into:
        for file in files:
            facts, ledger = read(Path(file), commit)
            tell(file, add(into, facts, ledger), counted(len(ledger.entries), "test"))


@history.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@INTO
@click.pass_obj
def merge(settings: Settings, files: tuple[str, ...], target: str | None) -> None:
    """Copy the runs of other histories into one.

    A run that is there already is left out, unless it had not ended by then.

    Exits with 0; with 2 if a file cannot be read, and then none after it is copied.
    """
    from harness.report.history.file import History
    from harness.report.history.union import add_all
    from harness.report.summary import counted

    with History(place(settings, target), write=True) as into:
        for file in files:
            added = add_all(into, Path(file))
            tell(file, bool(added), counted(added, "run"))


@history.command()
@click.option(
    "--keep", type=click.IntRange(min=1), required=True, metavar="N", help="How many runs to keep."
)
@click.option("--history", "target", metavar="FILE", help="The history; that of the settings.")
@click.pass_obj
def prune(settings: Settings, keep: int, target: str | None) -> None:
    """Remove all runs but the last, and the tests that are in none of these.

    The file becomes smaller where the disk has room for both until then.

    Exits with 0; with 2 if there is no history, or it cannot be written.
    """
    from harness.report.history.file import History, absent
    from harness.report.history.place import is_there, place_of
    from harness.report.history.pruning import prune, shrink
    from harness.report.summary import counted

    path = Path(target) if target is not None else place_of(settings)
    if not is_there(path):
        raise absent(path)
    with History(path, write=True) as history:
        click.echo(f"{path}: {counted(prune(history, keep), 'run')} removed")
        try:
            shrink(history)
        except HistoryError as error:  # the runs are removed: later ones take their room
            say(f"{path} takes the same room on the disk as before: {error.line}")


def place(settings: Settings, target: str | None) -> Path:
    """Return the history that is meant, whose directory is there."""
    from harness.report.history.place import place_of, prepare

    path = Path(target) if target is not None else place_of(settings)
    prepare(settings, path)
    return path


def tell(file: str, added: bool, what: str) -> None:
    """Print what became of a file."""
    click.echo(f"{file}: {what}" if added else f"{file}: nothing that is not there already")
