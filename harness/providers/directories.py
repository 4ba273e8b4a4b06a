"""Where embedded servers keep their data, and where prepared data is cached."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.core.extras import extra
from harness.core.identity import is_dead, process_name
from harness.core.registry.claim import Claim
from harness.core.settings import Settings
from harness.errors import StartError

SHARED_MEMORY = Path("/dev/shm")
SHARED_MEMORY_NEEDED = 1 << 30
MEMORY_NEEDED = 4 << 30  # bytes: a suite with a gigabyte of data must not end the machine
PREFIX = "harness-"


def data_parent(settings: Settings) -> Path:
    """Return the directory below which servers get their data directories.

    The one that was set; else shared memory where 1 GiB of it is free; else the temporary one.
    """
    if settings.data_dir is not None:
        return settings.data_dir
    return SHARED_MEMORY if roomy(SHARED_MEMORY) else Path(tempfile.gettempdir())


def roomy(directory: Path) -> bool:
    """Tell whether `directory` is a tmpfs that we may write, with room for a server."""
    if not os.access(directory, os.W_OK | os.X_OK) or not is_tmpfs(directory):
        return False
    return shutil.disk_usage(directory).free >= SHARED_MEMORY_NEEDED


def has_memory() -> bool:
    """Tell whether this machine can spare what a server in a container keeps in memory.

    Where it does not say, as where Docker has a machine of its own, it is taken to.
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    free = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), 0)
    return free * 1024 >= MEMORY_NEEDED


def is_tmpfs(directory: Path) -> bool:
    """Tell whether a tmpfs is mounted at `directory`."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(line.split()[1:3] == [str(directory), "tmpfs"] for line in mounts.splitlines())


def home_of(claim: Claim, settings: Settings) -> Path:
    """Return the directory of one server, named after its owner and itself. Makes nothing."""
    name = f"{PREFIX}{claim.registry.identifier}-{claim.instance}"
    return data_parent(settings) / name


def make(home: Path) -> None:
    """Make an empty directory for one server, for us alone.

    Raises:
        StartError: It cannot be made; with the file system's reason.
    """
    try:
        home.mkdir(mode=0o700)
    except OSError as error:
        raise no_room(home.parent, error) from error


def no_room(place: Path, error: OSError) -> StartError:
    """Return the error for a directory that cannot be written."""
    return StartError(
        f"the data of a server cannot be written below {place}: {error.strerror or error}",
        cause="the disk is full, or the directory is missing or not ours to write",
        hint="free some room, or set HARNESS_DATA_DIR to another directory",
    )


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Make a directory beside a cached one, to work in during a block; it is away afterwards.

    What processes left there that were killed in such a block is removed, too.

    Raises:
        OSError: It cannot be made.
    """
    for path in target.parent.glob(f"{glob.escape(target.name)}-*"):
        owner, _, _ = path.name[len(target.name) + 1 :].partition("-")
        if is_dead(owner):
            shutil.rmtree(path, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{target.name}-{process_name()}-", dir=target.parent))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def cache_directory(settings: Settings) -> Path:
    """Return the directory for what is kept between runs; the user's cache directory."""
    if settings.cache_dir is not None:
        return settings.cache_dir
    with extra("postgres", "the package platformdirs"):
        import platformdirs
    found: Path = platformdirs.user_cache_path("unittest-harness")
    return found if found.is_absolute() else Path(tempfile.gettempdir(), "unittest-harness")
