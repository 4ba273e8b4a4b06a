"""Small disks of a test's own, to be full or read-only."""

from __future__ import annotations

import contextlib
import os
import subprocess
import unittest
from pathlib import Path

from tests.support.registry import wait_until

SIZE = "64k"


def small_disk(test: unittest.TestCase, path: Path) -> Path:
    """Mount a small file system, unmounted when the test ends; skip where that is not permitted."""
    path.mkdir(mode=0o700)
    mount(test, "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(path))
    test.addCleanup(wait_until, lambda: unmounted(path), f"umount {path}")
    return path


def unmounted(path: Path) -> bool:
    """Unmount a disk, unless a process that is just ending has a file open there."""
    return subprocess.run(["umount", str(path)], capture_output=True, check=False).returncode == 0


def mount(test: unittest.TestCase, *arguments: str) -> None:
    """Run `mount`; skip the test where it is not permitted."""
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        test.skipTest(f"no small disk can be mounted here: {getattr(error, 'stderr', error)}")


def make_read_only(test: unittest.TestCase, path: Path) -> None:
    """Let nobody write a mounted disk any more; not even root."""
    mount(test, "-o", "remount,ro", str(path))


def fill(path: Path) -> Path:
    """Write a file until the disk has no room left; return it."""
    filler = path / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(os.sysconf("SC_PAGE_SIZE")))
    return filler
