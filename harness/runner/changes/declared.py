"""The files and images that the services of a test class depend on."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.core.service import Service
from harness.core.settings import Settings
from harness.errors import HarnessError
from harness.runner.changes.modules import below, is_at

LONGEST = 1000  # characters of a text that may be a path
PROVIDER = "docker"


class Declared:
    """What the services of one test class depend on.

    Args:
        case: The class.
        settings: What relative paths are resolved by.
        top: The repository's directory.

    Attributes:
        places: Files and directories, as git writes them.
        images: Names of images.
        doubt: Why that may not be all; empty if it is.
    """

    def __init__(self, case: type, settings: Settings, top: Path) -> None:
        self.places: set[str] = set()
        self.images: set[str] = set()
        self.doubt = ""
        self._settings = settings
        self._top = top
        for service in services_of(case):
            try:
                self._add(service)
            except Exception as error:  # a wrong declaration, which its tests will tell
                self.doubt = f"what {service.label} depends on cannot be told: {error}"

    def _add(self, service: Service[Any]) -> None:
        for path in paths_of(service, self._settings):
            place = below(path, self._top)
            if place not in (None, ".") and path.resolve() != self._settings.root.resolve():
                self.places.add(place)
        image = image_of(service.meant(self._settings))
        if image is not None:
            self.images.add(image)
        if is_unwatched(service):
            self.doubt = "nobody can tell what the command of its migrations reads: watch=[...]"

    def names(self, path: str) -> bool:
        """Tell whether a file is one of those, or in a directory that is."""
        return any(is_at(path, place) for place in self.places)


def services_of(case: type) -> Iterable[Service[Any]]:
    """Return the services of a class, and what they need."""
    from harness.adapters.declared import group_of, services_of

    try:
        return group_of(case).services
    except HarnessError:  # they do not go together, which its tests will tell
        return services_of(case)


def paths_of(service: Service[Any], settings: Settings) -> Iterator[Path]:
    """Yield the files and directories that a service names, whatever the option.

    Those that its migrations read come with their directories: another one may be new there, or
    gone.

    Raises:
        Exception: What they read cannot be told.
    """
    for value in values_of(service):
        if isinstance(value, os.PathLike) or is_path(value):
            yield settings.resolve(value)
    source = getattr(getattr(service, "migrations", None), "source", None)
    if callable(source):
        for file in source(settings.resolve).files():
            yield from (file, file.parent)


def is_unwatched(service: Service[Any]) -> bool:
    """Tell whether a service is migrated by a command of which nobody says what it reads."""
    return getattr(getattr(service, "migrations", None), "watch", ()) is None


def values_of(value: object) -> Iterator[Any]:
    """Yield a value, or, of one that is made of others, those."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from values_of(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from values_of(part)
    elif isinstance(value, tuple | list | frozenset | set):
        for part in value:
            yield from values_of(part)
    else:
        yield value


def is_path(value: object) -> bool:
    """Tell whether a value is a text that may be a path, other than that of all there is."""
    if not isinstance(value, str) or len(value) > LONGEST or "\0" in value or "\n" in value:
        return False
    return value.strip("./~") != "" and not value.startswith("~")


def image_of(service: Service[Any]) -> str | None:
    """Return the name of the image that a container of a service is made from; None without one.

    Raises:
        Exception: It cannot be told.
    """
    own = vars(service).get("image")  # asked for another attribute, a service raises
    image = own or getattr(service.recipe(PROVIDER), "image", None)
    return image if isinstance(image, str) else None
