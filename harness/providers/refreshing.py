"""New digests for the images that a text names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

PINNED_IN_TEXT = re.compile(
    r"(?P<name>[a-z0-9](?:[\w.:/-]*[a-z0-9])?):(?P<tag>\w[\w.-]*)@(?P<digest>sha256:[0-9a-f]{64})"
)
SHOWN = len("sha256:") + 12  # characters of a digest


@dataclass(frozen=True)
class Pin:
    """An image as a text names it.

    Attributes:
        name: The image, with its registry.
        tag: Its tag.
        digest: What the tag meant when it was written.
    """

    name: str
    tag: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}"


def pins_in(text: str) -> list[Pin]:
    """Return the images that a text names by tag and digest, each once.

    Example:
        >>> [str(pin) for pin in pins_in("image: redis:7@sha256:" + "0" * 64)]
        ['redis:7']
    """
    return list(dict.fromkeys(Pin(**found.groupdict()) for found in PINNED_IN_TEXT.finditer(text)))


def refreshed(text: str, digest_of: Callable[[Pin], str]) -> str:
    """Return a text in which each image has the digest that its tag means now.

    Args:
        text: Of any format: JSON, YAML, a Dockerfile.
        digest_of: Returns it.
    """

    def replaced(found: re.Match[str]) -> str:
        pin = Pin(**found.groupdict())
        return f"{pin}@{digest_of(pin)}"

    return PINNED_IN_TEXT.sub(replaced, text)


def change(pin: Pin, digest: str) -> str:
    """Return the line that says what becomes of an image."""
    if pin.digest == digest:
        return f"{pin} is {digest[:SHOWN]} as before"
    return f"{pin} was {pin.digest[:SHOWN]}, is now {digest[:SHOWN]}"
