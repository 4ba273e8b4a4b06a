"""`harness init`: files that a project is begun with."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.errors import ConfigurationError

if TYPE_CHECKING:
    from harness.cli.pipelines import Pipeline

VERSION = re.compile(r"3\.\d+")
NEXT = {
    "github": """\
next: look at how the tests are installed, commit the files and push; in the settings of the
repository, require the check `merge` of the workflow `tests` for the branch that you protect.""",
    "gitlab": """\
next: look at how the tests are installed, commit the file and push; make a schedule of the project
for once a month, and a variable PUSH_TOKEN, so that the digests of the images are refreshed.""",
}


@click.group()
def init() -> None:
    """Write files that a project is begun with."""


@init.command()
@click.option("--github", "system", flag_value="github", help="Workflows of GitHub Actions.")
@click.option("--gitlab", "system", flag_value="gitlab", help="A pipeline of GitLab CI.")
@click.option(
    "--shards",
    type=click.IntRange(min=1, max=256),
    default=2,
    show_default=True,
    help="In how many parts the tests run side by side.",
)
@click.option(
    "--python", "pythons", metavar="X.Y", multiple=True, help="On which Python; may be repeated."
)
@click.option("--install", metavar="COMMAND", help="The shell command that installs the tests.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def ci(
    system: str | None,
    shards: int,
    pythons: tuple[str, ...],
    install: str | None,
    force: bool,
) -> None:
    """Have a CI system run the tests in the working directory.

    What is written runs the tests in shards beside containers with PostgreSQL and
    Redis, keeps their times for the next run, joins the results, runs what is in
    quarantine apart, and refreshes the digests of the images once a month. A file
    that is there is never overwritten without --force; images.json never is.

    Exits with 0 when all is written, with 2 if nothing was.
    """
    from harness.cli.pipelines import IMAGES, taken

    project = Path.cwd()
    if system is None:
        raise ConfigurationError(
            "for which CI system?", hint="say --github, or --gitlab for GitLab CI"
        )
    check_top(project)
    files = pipeline(project, shards, pythons, install).files(system)
    if (project / IMAGES).exists():
        files.pop(IMAGES, None)  # it is the project's own, and what was written is made from it
    there = list(taken(project, files))
    if there and not force:
        raise ConfigurationError(
            f"there is a file {there[0]}; nothing was written",
            hint="move it away, or say --force to overwrite it",
        )
    write(project, files)
    click.echo(NEXT[system])


def check_top(project: Path) -> None:
    """Do nothing if a directory is the top of its repository, or is in none.

    Raises:
        ConfigurationError: It is below: files there would be written for nobody.
    """
    from harness.report.places import repository

    place = repository(project, {})
    if place != project:
        raise ConfigurationError(
            f"{project} is not the top of its repository; nothing was written",
            cause="CI systems look for their files there, and would not run the tests",
            hint=f"cd {shlex.quote(str(place))}, or begin one here: git init",
        )


def pipeline(project: Path, shards: int, pythons: tuple[str, ...], install: str | None) -> Pipeline:
    """Return how the tests are to be run.

    Raises:
        ConfigurationError: A version of Python is none, or a command has several lines.
    """
    from harness.cli.pipelines import (
        Pipeline,
        dependencies_of,
        images_of,
        install_command,
        this_python,
    )

    for version in pythons:
        if not VERSION.fullmatch(version):
            raise ConfigurationError(
                f"--python {version}: expected a version", hint="write --python 3.12"
            )
    if install is not None and len(install.splitlines()) != 1:
        raise ConfigurationError(
            f"--install {install!r}: expected one line", hint="join commands with &&"
        )
    return Pipeline(
        shards,
        tuple(dict.fromkeys(pythons)) or (this_python(),),
        install or install_command(project),
        images_of(project),
        dependencies_of(project),
    )


def write(project: Path, files: dict[str, str]) -> None:
    """Write files, and say which.

    Raises:
        ConfigurationError: One cannot be written.
    """
    for name, text in files.items():
        try:
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{name} cannot be written: {error}") from error
        click.echo(f"wrote {name}")
