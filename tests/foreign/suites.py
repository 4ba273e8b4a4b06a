"""Which suites there are, and how unittest is told to run them."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from dataclasses import dataclass
from pathlib import Path

LIBRARY = sysconfig.get_path("purelib")


@dataclass(frozen=True)
class Suite:
    """A suite of somebody else's.

    Attributes:
        names: Modules, as `python -m unittest` takes them; none of them means to discover.
        directory: Where to discover, below the directory of installed packages.
        pattern: Which files hold tests.
        seed: Of another order, in which unittest itself comes to its end.
    """

    names: tuple[str, ...] = ()
    directory: str = ""
    pattern: str = "test*.py"
    seed: int = 1

    def arguments(self) -> list[str]:
        """Return what comes after `python -m unittest` as after `harness run`."""
        if self.names:
            return list(self.names)
        where = ["-s", f"{LIBRARY}/{self.directory}", "-t", LIBRARY]
        return [*where, "-p", self.pattern]

    def missing(self) -> str | None:
        """Return the package that is not installed; None if all is there."""
        first = self.names[0] if self.names else self.directory.replace("/", ".")
        package = first.partition(".")[0]
        return package if importlib.util.find_spec(package) is None else None


PYTHONS_OWN = (
    *("argparse", "collections", "contextlib", "contextlib_async", "copy", "dataclasses", "enum"),
    *("functools", "json", "string", "unittest", "weakref", "asyncio.test_locks"),
    *("asyncio.test_queues", "asyncio.test_streams", "asyncio.test_tasks", "asyncio.test_timeouts"),
)
SUITES = {
    # Fixtures of modules, load_tests with doctests, subtests, asynchronous tests.
    "python": Suite(names=tuple(f"test.test_{name}" for name in PYTHONS_OWN)),
    # Trial's own test case, which reports by itself; classes made in loops; a reactor.
    "twisted": Suite(directory="twisted"),
    # Tests that a loop over parameters has generated, in C and in Python.
    "btrees": Suite(directory="BTrees"),
    "zope.interface": Suite(directory="zope/interface"),
    # A test case that replaces unittest's run(), scenarios that multiply tests, suites that sort.
    # With the other seed a test of it exits, which ends unittest.
    "testtools": Suite(names=("testtools.tests.test_suite",), seed=2),
    # load_tests, and generators and coroutines as tests.
    "tornado": Suite(names=("tests.foreign.tornado_tests",)),
}


def variables() -> dict[str, str]:
    """Return the environment of a run: the modules here can be imported from anywhere."""
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
