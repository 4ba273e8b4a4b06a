"""`harness images`: the digests by which images are pinned."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import click

from harness.errors import ConfigurationError


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
