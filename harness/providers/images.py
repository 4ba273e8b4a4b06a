"""The images that containers are made from: pinned by digest, in one file."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.core.nearest import did_you_mean
from harness.core.settings import Settings
from harness.errors import ConfigurationError

PINNED = Path(__file__).parents[1] / "images.json"
REFERENCE = re.compile(r"(?P<name>.+?)(?::(?P<tag>[\w.-]+))?@(?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class Image:
    """A pinned image.

    Attributes:
        name: Registry and repository.
        tag: Its tag, for people to read; not used to find it.
        digest: `sha256:...`, what it is found by.
        source: The file that names it; None for one that was written out.
    """

    name: str
    tag: str
    digest: str
    source: Path | None

    @property
    def reference(self) -> str:
        """The reference to pull: by digest alone."""
        return f"{self.name}@{self.digest}"

    @property
    def version(self) -> str:
        """The version in its tag: `17.6` of `17.6-alpine`."""
        return self.tag.partition("-")[0]

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}@{self.digest[:19]}"


def image_named(name: str, settings: Settings) -> Image:
    """Return the image of that name, from `HARNESS_IMAGES` or `images.json`.

    Args:
        name: A name in one of these files, or a reference that is pinned by digest.
        settings: The settings of the environment.

    Raises:
        ConfigurationError: There is none, it is not pinned, or the file cannot be read.
    """
    for path in (settings.images, PINNED):
        entries = read(path) if path is not None else {}
        if path is not None and name in entries:
            return parse(name, entries[name], path)
    if is_reference(name):
        return parse(name, name, None)
    known = {*read(PINNED), *(read(settings.images) if settings.images is not None else ())}
    raise ConfigurationError(
        f"no image is named {name!r}",
        cause=f"images come only from {PINNED.name} and the file in HARNESS_IMAGES",
        hint=f"add it to a file and name that in HARNESS_IMAGES; {did_you_mean(name, known)}",
    )


def is_reference(name: str) -> bool:
    """Tell whether a name is an image's own, rather than that of an entry."""
    return any(mark in name for mark in ":/@")


@functools.cache
def read(path: Path) -> Mapping[str, str]:
    """Read a file of images.

    Raises:
        ConfigurationError: It is not there, or not a JSON object of texts.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the images file {path} cannot be read: {error}",
            hint="HARNESS_IMAGES names a JSON file such as "
            '{"postgres": "mirror/postgres:17@sha256:..."}',
        ) from error
    if not isinstance(entries, dict) or not all(isinstance(v, str) for v in entries.values()):
        raise ConfigurationError(f"the images file {path} is not a JSON object of texts")
    return entries


def parse(name: str, reference: str, source: Path | None) -> Image:
    """Read a pinned reference.

    Raises:
        ConfigurationError: It has no digest.
    """
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise ConfigurationError(
            f"the image {reference!r} is not pinned by its digest"
            if source is None
            else f"the image {name!r} in {source} is not pinned: {reference}",
            cause="a tag can mean another image tomorrow",
            hint="write NAME:TAG@sha256:DIGEST; "
            "`docker inspect --format '{{index .RepoDigests 0}}' IMAGE` shows it",
        )
    return Image(match["name"], match["tag"] or "", match["digest"], source)
