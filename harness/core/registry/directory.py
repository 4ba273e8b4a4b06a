"""The registry's directory: where it is, and whose."""

from __future__ import annotations

import functools
import os
import sys

from harness.core.identity import registry_id, registry_path
from harness.core.janitor.link import JanitorLink
from harness.core.registry import files, locks
from harness.core.registry.slot import Slot
from harness.core.settings import Settings
from harness.errors import RegistryError

FORMAT = 1  # raise it when an older version could not read, or would misread, what is written


class Registry:
    """The directory by which processes find, share, count and outlive each other's instances.

    Args:
        path: The directory; made if need be, for this user alone.
        identifier: What tells it from the registries of other users and machines.

    Raises:
        RegistryError: It cannot be used; with the reason.
    """

    def __init__(self, path: str, identifier: str) -> None:
        self.path = path
        self.identifier = identifier
        if not locks.AVAILABLE:
            raise RegistryError(
                f"instances cannot be shared on {sys.platform}: it has no flock",
                hint="set the URL of a running server, such as DATABASE_URL",
            )
        try:
            os.makedirs(path, mode=0o700, exist_ok=True)
            check_ours(path)
            os.makedirs(self._slots, mode=0o700, exist_ok=True)
            self._check_format()
        except OSError as error:
            raise unusable(path, error) from error
        self.janitor = JanitorLink(path)

    @property
    def _slots(self) -> str:
        return f"{self.path}/slots"

    def _check_format(self) -> None:
        path = f"{self.path}/format"
        try:
            written = files.read(path)
        except ValueError as error:
            raise damaged(self.path, error) from error
        if written is None:
            files.write(path, FORMAT)
        elif not isinstance(written, int):
            raise damaged(self.path, written)
        elif written > FORMAT:
            raise newer(self.path, written)

    def slot(self, key: str) -> Slot:
        """Return the place of the instance with that key."""
        return Slot(f"{self._slots}/{key}")

    def slots(self) -> list[Slot]:
        """Return the places of all instances."""
        return [self.slot(key) for key in sorted(os.listdir(self._slots))]


@functools.cache
def registry_at(path: str, identifier: str) -> Registry:
    """Return the registry in a directory; one object for each in a process."""
    return Registry(path, identifier)


def registry_of(settings: Settings) -> Registry:
    """Return the registry that the settings name, made if need be.

    Raises:
        RegistryError: It cannot be used; with the reason.
    """
    return registry_at(str(registry_path(settings)), registry_id(settings))


def check_ours(path: str) -> None:
    """Do nothing for a directory that only we can write.

    What stands there names what is killed and removed; and whoever reaches the janitor's socket
    can have programs run as us.

    Raises:
        RegistryError: It is somebody else's, or others may enter it.
    """
    found = os.stat(path)
    if found.st_uid != os.geteuid():
        raise RegistryError(
            f"the registry {path} belongs to the user {found.st_uid}, and we are {os.geteuid()}",
            cause="it was made by another user, perhaps by root in a container",
            hint="remove it, or set HARNESS_STATE_DIR to a directory of your own",
        )
    if found.st_mode & 0o077:
        raise RegistryError(
            f"others may enter the registry {path}: its mode is {found.st_mode & 0o777:o}",
            cause="it was not made by harness, or its mode was changed",
            hint=f"if nobody has tampered with it: chmod 700 {path}",
        )


def unusable(path: str, error: OSError) -> RegistryError:
    """Return the error for a registry that cannot be written."""
    return RegistryError(
        f"the registry {path} cannot be written: {error.strerror or error}",
        cause="the disk is full or read-only, or the directory belongs to somebody else",
        hint="free some room, or set HARNESS_STATE_DIR to a local directory of your own",
    )


def newer(path: str, written: int) -> RegistryError:
    """Return the error for a registry that a newer version has written."""
    return RegistryError(
        f"the registry {path} was written by a newer version of harness: "
        f"format {written}, and this one reads {FORMAT}",
        hint="upgrade unittest-harness, or set HARNESS_STATE_DIR to another directory",
    )


def damaged(path: str, found: object) -> RegistryError:
    """Return the error for a registry that does not say which version has written it."""
    return RegistryError(
        f"the registry {path} cannot be read: its format should be a number, not {found!r}",
        cause="the file was changed by hand, or the disk is damaged",
        hint=f"end what uses it, then remove the file {path}/format",
    )
