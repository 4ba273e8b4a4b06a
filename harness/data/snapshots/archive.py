"""The file of a snapshot: a ZIP archive, written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from harness.core.interrupts import interrupts_held
from harness.core.nearest import nearest
from harness.data.catalog import Catalog
from harness.data.snapshots.manifest import FORMAT, Manifest
from harness.errors import SnapshotError

MANIFEST, CATALOG, BEFORE, AFTER = "manifest.json", "catalog.json", "before.sql", "after.sql"
BLOCK = 1 << 18  # bytes that are read at once
LEVEL = 1  # of compression: a higher one is slower than COPY
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, TypeError)
ANEW = "make it anew with `harness snapshot save`"


class Archive:
    """A snapshot's file, open to be read.

    Args:
        path: Where it is.
        file: The same, opened.

    Attributes:
        path: Where it is.
        manifest: What it says of itself.
        key: Key of its content, for which the file need not be read as a whole.
    """

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self.path = path
        self._file = file
        self.manifest = self._read_manifest()
        self.key = self._content_key()

    def _read_manifest(self) -> Manifest:
        data = json.loads(self._file.read(MANIFEST))
        if data["snapshot"] > FORMAT:
            raise SnapshotError(
                f"{self.path} was saved by harness {data['harness']}, in a form of its own",
                cause="it is newer than the one that is installed here",
                hint="pip install --upgrade unittest-harness",
            )
        return Manifest.from_data(data)

    def _content_key(self) -> str:
        parts = [(one.filename, one.CRC, one.file_size) for one in self._file.infolist()]
        return hashlib.blake2b(repr(sorted(parts)).encode(), digest_size=16).hexdigest()

    @property
    def catalog(self) -> Catalog:
        """The schema."""
        rows = json.loads(self._file.read(CATALOG))
        return Catalog({(kind, name): said for kind, name, said in rows})

    def text(self, member: str) -> str:
        """Return a part of it."""
        return self._file.read(member).decode()

    def blocks(self, member: str) -> Iterator[bytes]:
        """Yield a part of it in pieces; the last one is checked against the part's checksum.

        Raises:
            SnapshotError: It is damaged.
        """
        with self.checked(), self._file.open(member) as part:
            while block := part.read(BLOCK):
                yield block

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Say of what is damaged in which file it is."""
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise damaged(self.path, error) from error


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a snapshot.

    Raises:
        SnapshotError: It is not there, damaged, or no snapshot.
    """
    try:
        file = zipfile.ZipFile(path)
    except OSError as error:
        raise not_there(path, error) from error
    except zipfile.BadZipFile as error:
        raise no_snapshot(path) from error
    with file:
        try:
            archive = Archive(path, file)
        except BROKEN as error:
            raise damaged(path, error) from error
        yield archive


def content_of(path: Path) -> str:
    """Return the key of a snapshot's content.

    Raises:
        SnapshotError: It is not there, damaged, or no snapshot.
    """
    with opened(path) as archive:
        return archive.key


def not_there(path: Path, error: OSError) -> SnapshotError:
    """Return the error for a file that cannot be opened."""
    near = nearest(path.name, [other.name for other in path.parent.glob("*")])
    return SnapshotError(
        f"the snapshot {path} cannot be read: {error.strerror}",
        cause="paths are relative to the directory of the settings file, else to the working "
        "directory",
        hint=f"did you mean {near}?" if near else f"make it: harness snapshot save URL {path}",
    )


def no_snapshot(path: Path) -> SnapshotError:
    """Return the error for a file of another kind, or for the beginning of a snapshot."""
    with path.open("rb") as file:
        start = file.read(5)
    causes = {
        b"PGDMP": "it is what pg_dump writes, which tells nothing of masks and versions",
        b"PK\x03\x04": "it was cut off: its end is missing",
    }
    cause = next((said for mark, said in causes.items() if start.startswith(mark)), None)
    return SnapshotError(f"{path} is not a whole snapshot", cause=cause, hint=ANEW)


def damaged(path: Path, error: Exception) -> SnapshotError:
    """Return the error for a file that cannot be what `save` wrote."""
    return SnapshotError(
        f"the snapshot {path} is damaged: {error}",
        cause="it was changed after it was saved, or not copied as a whole",
        hint=ANEW,
    )


@contextmanager
def written(path: Path) -> Iterator[zipfile.ZipFile]:
    """Write a snapshot beside its place, and put it there when it is whole.

    Raises:
        SnapshotError: It cannot be written; nothing is left of it.
    """
    partial: str | None = None
    try:
        with interrupts_held():  # a Ctrl-C in between would leave a file that nobody knows
            handle, partial = tempfile.mkstemp(
                prefix=f".{path.name}.", suffix=".part", dir=path.parent
            )
        with os.fdopen(handle, "wb") as raw:
            yield from fill(raw)
        os.replace(partial, path)
    except BaseException as error:
        if partial is not None:
            with suppress(FileNotFoundError):
                os.unlink(partial)
        if isinstance(error, OSError):
            raise not_written(path, error) from error
        raise


def fill(raw: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Yield an archive to write into; what was written is on the disk at the end."""
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        yield archive
    raw.flush()
    os.fsync(raw.fileno())


def not_written(path: Path, error: OSError) -> SnapshotError:
    """Return the error for a file that cannot be written."""
    hints = {
        errno.ENOSPC: "free some room, or save it on another disk",
        errno.EDQUOT: "free some room, or save it on another disk",
        errno.ENOENT: f"make the directory: mkdir -p {path.parent}",
    }
    return SnapshotError(
        f"the snapshot {path} cannot be written: {error.strerror or error}",
        hint=hints.get(error.errno or 0, "name another place"),
    )


def check_place(path: Path) -> None:
    """Do nothing for a place where a snapshot may be written: a new one, or over another one.

    Raises:
        SnapshotError: Another file is there.
    """
    if path.exists() and not is_snapshot(path):
        raise SnapshotError(
            f"{path} is there, and is no snapshot: it is not overwritten",
            hint=f"name another file, or remove it: rm {path}",
        )


def is_snapshot(path: Path) -> bool:
    """Tell whether a file was written by `save`."""
    try:
        with opened(path):
            return True
    except SnapshotError:
        return False
