"""A small project in a directory of its own, whose suite runs in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

STRICT = ("-b", "-X", "dev", "-W", "error")
TIMEOUT = 60
HOME = Path(__file__).parents[2]
OURS = ("HARNESS_", "TEST_SEED", "DATABASE_URL", "REDIS_URL", "PYTHON")
KEPT = ("HARNESS_STATE_DIR", "PYTHONMALLOC")  # of this run of the tests, which are no user's


def environ() -> dict[str, str]:
    """Return the environment variables without any of ours; `python` is this very one."""
    everything = os.environ.items()
    plain = {n: text for n, text in everything if n in KEPT or not n.startswith(OURS)}
    python = os.path.dirname(sys.executable)
    path = os.pathsep.join([python, plain.get("PATH", "")])
    return {**plain, "PATH": path, "PYTHONPATH": str(HOME), "PYTHONDONTWRITEBYTECODE": "1"}


class ProjectTest(unittest.TestCase):
    """A test that writes a project and runs its suite."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name).resolve()

    def write(self, name: str, text: str = "") -> None:
        """Write a file of the project, with the directories that it is in."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def python(self, *arguments: str, within: str = ".", **variables: str) -> Finished:
        """Run Python in the project, with warnings as errors."""
        return self._run([sys.executable, *STRICT, *arguments], within, variables)

    def shell(self, command: str, within: str = ".", **variables: str) -> Finished:
        """Run a command line in the project."""
        return self._run(["sh", "-c", command], within, variables)

    def _run(self, command: list[str], within: str, variables: dict[str, str]) -> Finished:
        return subprocess.run(
            command,
            cwd=self.directory / within,
            env={**environ(), **variables},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )


Finished = subprocess.CompletedProcess[str]
