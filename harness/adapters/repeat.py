"""The command that runs one test again."""

from __future__ import annotations

import fnmatch
import functools
import inspect
import os
import shlex
import sys
import unittest
import weakref
from pathlib import Path

PROJECT_MARKERS = ("pyproject.toml", "setup.cfg", "setup.py", ".git")
STARTED_IN = Path.cwd()  # a test may change it, and is reported before it is put back


_files: weakref.WeakKeyDictionary[type, Path] = weakref.WeakKeyDictionary()


def test_file(case: type) -> Path:
    """Return the file that a test class is written in."""
    if case not in _files:
        try:
            _files[case] = Path(inspect.getfile(case)).resolve()
        except (OSError, TypeError):  # typed into a prompt
            _files[case] = Path(case.__module__)
    return _files[case]


def test_identity(case: unittest.TestCase) -> tuple[str, str]:
    """Return what names a test in every run: its file below the project, and its qualified name.

    The same test has the same identity whatever the order, the selection and the working
    directory, and however its module was imported.
    """
    return file_in_project(test_file(type(case))), f"{type(case).__qualname__}.{method_name(case)}"


@functools.cache
def file_in_project(path: Path) -> str:
    """Return a test file's path below its project: the nearest directory with a marker."""
    for place in path.parents:
        if any((place / marker).exists() for marker in PROJECT_MARKERS):
            return path.relative_to(place).as_posix()
    return path.name


def method_name(case: unittest.TestCase) -> str:
    """Return the name of the method that a test case runs."""
    return case.id().rpartition(".")[2]


def repeat_command(case: unittest.TestCase, seed: int) -> str:
    """Return the command line that repeats a test with its seed, from the working directory."""
    name = f"{type(case).__qualname__}.{method_name(case)}"
    return (
        f"TEST_SEED={seed} python {arguments(type(case).__module__, name, test_file(type(case)))}"
    )


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
    only = shlex.quote(f"*{module}.{name}")  # without an asterisk it would match longer names too
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
