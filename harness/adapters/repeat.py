"""The command that runs one test again."""

from __future__ import annotations

import fnmatch
import inspect
import os
import shlex
import sys
import unittest
from pathlib import Path

STARTED_IN = Path.cwd()  # a test may change it, and is reported before it is put back


def test_file(case: unittest.TestCase) -> Path:
    """Return the file that a test's class is written in."""
    try:
        return Path(inspect.getfile(type(case))).resolve()
    except (OSError, TypeError):  # typed into a prompt
        return Path(type(case).__module__)


def test_identity(case: unittest.TestCase, root: Path) -> tuple[str, str]:
    """Return what names a test in every run: its file below `root`, and its qualified name.

    The same test has the same identity whatever the order, the selection and the working
    directory, and however its module was imported.
    """
    path = test_file(case)
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return name, f"{type(case).__qualname__}.{method_name(case)}"


def method_name(case: unittest.TestCase) -> str:
    """Return the name of the method that a test case runs."""
    return case.id().rpartition(".")[2]


def repeat_command(case: unittest.TestCase, seed: int) -> str:
    """Return the command line that repeats a test with its seed, from the working directory."""
    name = f"{type(case).__qualname__}.{method_name(case)}"
    return f"TEST_SEED={seed} python {arguments(type(case).__module__, name, test_file(case))}"


def arguments(module: str, name: str, path: Path) -> str:
    """Return what to give to `python` to run one test.

    A test found by `discover -s tests` cannot be named to `python -m unittest` from the project's
    directory: it is selected with `-k`, under the same start directory.
    """
    if module == "__main__":
        return f"{main_program(path)} {name}"
    top = path.parents[module.count(".")] if path.suffix == ".py" else STARTED_IN
    if top == STARTED_IN or str(top) in explicit_path():
        return f"-m unittest {module}.{name}"
    files = "" if fnmatch.fnmatch(path.name, "test*.py") else f" -p {shlex.quote(path.name)}"
    only = shlex.quote(f"*{module}.{name}")  # without the asterisk, it would match a longer name too
    return f"-m unittest discover -s {shlex.quote(relative(top))}{files} -k {only}"


def main_program(path: Path) -> str:
    """Return how the running program was started: as a file, or with `-m`."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return shlex.quote(relative(path)) if spec is None else f"-m {spec.name}"


def explicit_path() -> list[str]:
    """Return the directories that the user's own `PYTHONPATH` puts on the import path."""
    return [str(Path(p).resolve()) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]


def relative(path: Path) -> str:
    """Return a path as it is written in the directory that the run was started in."""
    try:
        return os.path.relpath(path, STARTED_IN)
    except ValueError:  # another drive
        return str(path)


def say(line: str) -> None:
    """Print a line that a test runner's output buffer does not swallow."""
    stream = sys.__stderr__ or sys.stderr
    if stream is not None:
        print(f"harness: {line}", file=stream, flush=True)
