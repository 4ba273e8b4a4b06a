"""`harness images`: the digests by which images are pinned."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from harness.core.settings import Settings
from harness.errors import ConfigurationError, UnavailableError

if TYPE_CHECKING:
    from docker import DockerClient


@click.group()
def images() -> None:
    """Look after the images that tests run on."""


@images.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--dry-run", "dry", is_flag=True, help="Only tell what would be written.")
def refresh(files: tuple[str, ...], dry: bool) -> None:
    """Write the digests that tags mean today into FILE.

    FILE is any text that names images as NAME:TAG@sha256:DIGEST: images.json, a
    workflow, a Dockerfile. The tag stays; it is the registry of each image that
    is asked. Nothing is written unless every digest is known.

    Exits with 0 when the files are as the registries are, with 2 if one cannot
    be read or names no image, or if a registry does not answer.
    """
    from harness.providers.published import published_digest
    from harness.providers.refreshing import Pin, change, pins_in, refreshed

    @functools.cache
    def digest_of(pin: Pin) -> str:
        return published_digest(pin.name, pin.tag)

    texts = {file: text_of(file) for file in files}
    for pin in dict.fromkeys(pin for text in texts.values() for pin in pins_in(text)):
        click.echo(change(pin, digest_of(pin)))
    changed = {
        file: new for file, text in texts.items() if (new := refreshed(text, digest_of)) != text
    }
    if not dry:
        write(changed)
    say_what_was(changed, dry)


@images.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.pass_obj
def fetch(settings: Settings, directory: Path, names: tuple[str, ...]) -> None:
    """Have images on this machine, by way of DIRECTORY.

    NAME is an entry of the file that HARNESS_IMAGES names; without one all of
    its entries are meant. An image that is in DIRECTORY is loaded from there;
    another one is pulled, and saved there for the next machine: DIRECTORY is
    what a CI system keeps. What it has of other digests is removed.

    Exits with 0 when all are there, with 2 if one is not.
    """
    from harness.providers.images import image_named, read
    from harness.providers.pulling import fetch, forget

    if not names and settings.images is None:
        raise ConfigurationError(
            "no image was named", hint="name some, or a file in HARNESS_IMAGES"
        )
    wanted = {
        name: image_named(name, settings) for name in names or read(cast(Path, settings.images))
    }
    make(directory)  # caches want to see one, if an empty one
    with contextlib.closing(docker_client()) as client:
        for name, image in wanted.items():
            click.echo(f"{name}: {fetch(client, name, image, directory)}")
    for file in forget(wanted.values(), directory):
        click.echo(f"removed {file}: no entry has its digest")


def make(directory: Path) -> None:
    """Make a directory, if it is not there.

    Raises:
        ConfigurationError: It cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{directory} is no directory for images: {error}") from error


def docker_client() -> DockerClient:
    """Return Docker's client.

    Raises:
        UnavailableError: No daemon answers.
        MissingExtraError: What speaks to it is not installed.
    """
    from harness.core.extras import extra
    from harness.providers import daemon, docker

    refused = daemon.refusal(daemon.docker_host())
    if refused is not None:
        raise UnavailableError("images are fetched by Docker", cause=refused)
    with extra("docker", "testcontainers"):
        return docker.new_client().client


def text_of(file: str) -> str:
    """Return the text of a file that names images.

    Raises:
        ConfigurationError: It cannot be read, or names none.
    """
    from harness.providers.refreshing import pins_in

    try:
        text = Path(file).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    if not pins_in(text):
        raise ConfigurationError(
            f"{file} names no image as NAME:TAG@sha256:DIGEST",
            hint="`harness init ci` writes such an images.json",
        )
    return text


def write(texts: dict[str, str]) -> None:
    """Write files, with the line ends that they had.

    Raises:
        ConfigurationError: One cannot be written.
    """
    for file, text in texts.items():
        try:
            Path(file).write_bytes(text.encode("utf-8"))
        except OSError as error:
            raise ConfigurationError(f"{file} cannot be written: {error}") from error


def say_what_was(changed: Sequence[str] | dict[str, str], dry: bool) -> None:
    """Say which files were written."""
    for file in changed:
        click.echo(f"{'would write' if dry else 'wrote'} {file}")
    if not changed:
        click.echo("nothing to write")
