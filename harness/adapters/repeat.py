"""The command that runs one test again."""

from __future__ import annotations

import inspect
import os
import shlex
import sys
import unittest
from pathlib import Path


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
    """Return the command line that repeats a test with its seed, from the working directory.

    A test found by `discover -s tests` cannot be named to `python -m unittest` from the project's
    directory: it is selected with `-k`, under the same start directory.
    """
    name = f"{type(case).__qualname__}.{method_name(case)}"
    module = type(case).__module__
    path = test_file(case)
    if module == "__main__":
        return f"TEST_SEED={seed} python {shlex.quote(relative(path))} {name}"
    top = path.parents[module.count(".")] if path.suffix == ".py" else Path.cwd()
    if top == Path.cwd() or str(top) in explicit_path():
        return f"TEST_SEED={seed} python -m unittest {module}.{name}"
    start = shlex.quote(relative(top))
    return f"TEST_SEED={seed} python -m unittest discover -s {start} -k {module}.{name}"


def explicit_path() -> list[str]:
    """Return the directories that the user's own `PYTHONPATH` puts on the import path."""
    return [str(Path(p).resolve()) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]


def relative(path: Path) -> str:
    """Return a path as it is written in the working directory."""
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)


def say(line: str) -> None:
    """Print a line that a test runner's output buffer does not swallow."""
    stream = sys.__stderr__ or sys.stderr
    if stream is not None:
        print(f"harness: {line}", file=stream, flush=True)
