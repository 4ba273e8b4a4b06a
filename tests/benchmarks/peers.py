"""Peers in environments of their own: run beside us, never imported by us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def python_with(name: str, *packages: str) -> Path | str:
    """Return a Python that has some packages, installed at the first use; else why there is none.

    Args:
        name: Of its directory, inside this environment.
        packages: As pip is told of them; none of them for a bare one.
    """
    directory = Path(sys.prefix) / name
    python = directory / "bin" / "python"
    ready = directory / "ready"
    try:
        if not ready.exists():
            call(sys.executable, "-m", "venv", "--clear", str(directory))
            if packages:
                call(str(python), "-m", "pip", "install", "-q", *packages)
            ready.touch()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"{' '.join(packages)} could not be installed: {error}"
    return python


def call(*command: str) -> None:
    """Run a command that must succeed, and is not to be heard.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    subprocess.run(command, check=True, capture_output=True, text=True)
