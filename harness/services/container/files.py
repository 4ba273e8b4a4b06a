"""The files that are put into a container before it starts."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from harness.core.frozen import FrozenMapping
from harness.core.settings import current_settings
from harness.errors import ServiceDefinitionError
from harness.services.options import check_mapping

Content: TypeAlias = str | bytes | Path


def as_files(value: object) -> FrozenMapping[Content]:
    """Return files as a mapping that can be hashed.

    Raises:
        ServiceDefinitionError: A path is not absolute, or a content none.
    """
    check_mapping("Container", "files", value)
    assert isinstance(value, Mapping)
    for path, content in value.items():
        if not isinstance(path, str) or not path.startswith("/") or path.endswith("/"):
            raise ServiceDefinitionError(
                f"Container(files=...): {path!r} is no absolute path of a file",
                hint='write files={"/etc/app/app.conf": "..."}',
            )
        if not isinstance(content, str | bytes | Path):
            raise ServiceDefinitionError(
                f"Container(files=...): what {path} holds is a {type(content).__name__}",
                hint="write its text, its bytes, or a pathlib.Path of a file on this machine",
            )
    return FrozenMapping(value)


def contents(files: Mapping[str, Content]) -> tuple[tuple[str, bytes], ...]:
    """Return what the files hold; those of this machine are read now.

    Raises:
        ServiceDefinitionError: One cannot be read.
    """
    return tuple((path, content_of(path, content)) for path, content in files.items())


def content_of(path: str, content: Content) -> bytes:
    """Return what one file holds.

    Raises:
        ServiceDefinitionError: It cannot be read.
    """
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes):
        return content
    local = current_settings().resolve(content)
    try:
        return local.read_bytes()
    except OSError as error:
        raise ServiceDefinitionError(
            f"Container(files=...): {local}, which is meant for {path}, "
            f"cannot be read: {error.strerror or error}",
            hint="a relative path begins at the directory of the settings file, "
            "or at the working directory",
        ) from error


def keys(files: Mapping[str, Content]) -> tuple[tuple[str, str], ...]:
    """Return what tells files from others: a hash of what each holds now."""
    return tuple((path, key_of(content)) for path, content in files.items())


def key_of(content: Content) -> str:
    """Return what tells a content from others; of a file that cannot be read, its path."""
    if not isinstance(content, Path):
        return digest(content.encode() if isinstance(content, str) else content)
    local = current_settings().resolve(content)
    try:
        found = os.stat(local)
        return digest_of(str(local), found.st_mtime_ns, found.st_size)
    except OSError:
        return str(local)  # reading it will say why


@functools.lru_cache
def digest_of(path: str, changed: int, size: int) -> str:
    """Return the digest of a file, read once for each change of it."""
    return digest(Path(path).read_bytes())


def digest(content: bytes) -> str:
    """Return what tells a content from others."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()
