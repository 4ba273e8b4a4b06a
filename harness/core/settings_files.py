"""Finding and reading the settings file of a project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from harness.errors import ConfigurationError


class Found(NamedTuple):
    """What was found: the directory that paths are relative to, and the values as text."""

    root: Path
    path: Path | None
    values: Mapping[str, str]


def find(directory: Path) -> Found:
    """Read the nearest settings, in `directory` or above it.

    Looked for are `[harness]` in `setup.cfg` and `[tool.harness]` in `pyproject.toml`.

    Raises:
        ConfigurationError: Both files of one directory have settings, or a file is broken.
    """
    directory = directory.resolve()
    for place in (directory, *directory.parents):
        tables = {
            path: values
            for path, read in (
                (place / "setup.cfg", read_setup_cfg),
                (place / "pyproject.toml", read_pyproject),
            )
            if path.is_file() and (values := read(path)) is not None
        }
        if len(tables) > 1:
            names = " and ".join(str(path) for path in tables)
            raise ConfigurationError(
                f"two settings files: {names}", hint="keep the settings in one of them"
            )
        for path, values in tables.items():
            return Found(place, path, values)
    return Found(directory, None, {})


def read_setup_cfg(path: Path) -> dict[str, str] | None:
    """Return the `[harness]` section of a setup.cfg, or None when it has none."""
    content = content_of(path)
    if b"[harness]" not in content:
        return None
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(content.decode(), str(path))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    return dict(parser["harness"]) if parser.has_section("harness") else None


def read_pyproject(path: Path) -> dict[str, str] | None:
    """Return the `[tool.harness]` table of a pyproject.toml, or None when it has none."""
    content = content_of(path)
    if b"harness" not in content:
        return None
    import tomllib

    try:
        tools = tomllib.loads(content.decode()).get("tool")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    table = tools.get("harness") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise unreadable(path, ValueError("[tool.harness] is not a table"))
    return None if table is None else {name: as_text(value) for name, value in table.items()}


def content_of(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        ConfigurationError: It is not ours to read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> ConfigurationError:
    """Return the error for a settings file that cannot be read."""
    return ConfigurationError(
        f"the settings file {path} cannot be read", cause=str(error), hint="mend the file"
    )


def as_text(value: object) -> str:
    """Write a TOML value the way a setup.cfg would have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value)
