"""Getting an image onto this machine: from a registry, or from a file that an earlier job has left.

`docker save` keeps tags and, in Docker's older store of images, not the digest by which an image
was pulled. So an image is saved under a tag that has the digest in it, and looked for by both.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.providers.failures import not_fetched
from harness.providers.images import Image

if TYPE_CHECKING:
    from docker import DockerClient

SAVED = "harness/saved"


def saved_tag(image: Image) -> str:
    """Return the tag under which an image is saved."""
    return f"{SAVED}:{image.digest.removeprefix('sha256:')}"


def present(client: DockerClient, image: Image) -> str | None:
    """Return what the daemon knows an image by, or None if it has not got it."""
    from docker.errors import ImageNotFound

    for reference in (image.reference, saved_tag(image)):
        with contextlib.suppress(ImageNotFound):
            client.images.get(reference)
            return reference
    return None


def pull(client: DockerClient, image: Image) -> str:
    """Pull an image that is not there; the login is the one of Docker's own configuration.

    Returns:
        What the daemon knows it by.
    """
    reference = present(client, image)
    if reference is None:
        client.images.pull(image.reference)
    return reference or image.reference


def fetch(client: DockerClient, name: str, image: Image, directory: Path) -> str:
    """Have an image on this machine: as it is, from a directory, or from its registry.

    Args:
        client: Docker's client.
        name: The image's name in the file of images.
        image: The image.
        directory: Where a pulled one is saved, and is looked for before it is pulled.

    Returns:
        What was done, in words.

    Raises:
        ImageError: It cannot be pulled, or cannot be saved there.
    """
    from docker.errors import DockerException
    from requests import RequestException

    if present(client, image) is not None:
        return "is on this machine"
    file = file_of(image, directory)
    try:
        if load(client, image, file):
            return f"loaded from {file}"
        pull(client, image)
        save(client, image, file)
    except (DockerException, RequestException, OSError) as error:
        raise not_fetched(name, image, error) from error
    return f"pulled, and saved as {file}"


def file_of(image: Image, directory: Path) -> Path:
    """Return the file that an image is saved as."""
    return directory / f"{image.digest.removeprefix('sha256:')}.tar"


def load(client: DockerClient, image: Image, file: Path) -> bool:
    """Load an image from a file; tell whether it is there now, or has to be pulled."""
    from docker.errors import APIError, ImageLoadError

    # Half a file is what a full disk may have left: it is pulled, and written anew.
    with (
        contextlib.suppress(FileNotFoundError, APIError, ImageLoadError),
        file.open("rb") as packed,
    ):
        client.images.load(packed)
    return present(client, image) is not None


def save(client: DockerClient, image: Image, file: Path) -> None:
    """Write an image to a file, whole or not at all."""
    found = client.images.get(image.reference)
    found.tag(saved_tag(image))
    found.reload()
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as packed:
        try:
            packed.writelines(found.save(named=saved_tag(image)))
            packed.close()
            Path(packed.name).replace(file)
        except BaseException:
            Path(packed.name).unlink()
            raise


def forget(images: Iterable[Image], directory: Path) -> list[Path]:
    """Remove the files of images that are not among those, and return them."""
    wanted = {file_of(image, directory) for image in images}
    old = sorted(file for file in directory.glob("*.tar") if file not in wanted)
    for file in old:
        file.unlink()
    return old
