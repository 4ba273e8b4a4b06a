"""Why a test is run: what a change has to do with it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.core.settings import current_settings
from harness.runner.changes.loading import SUFFIX
from harness.runner.changes.modules import below, is_named
from harness.runner.changes.reach import Reach
from harness.runner.units import Unit

if TYPE_CHECKING:
    from harness.runner.changes.declared import Declared

CHANGED, IMPORTS, FILES, IMAGES = "changed", "by imports", "by files", "by images"
COVERAGE, DOUBT, SMOKE, ALL = "by coverage", "in doubt", "smoke", "all"
ATTRIBUTE = "smoke"
SERVICES = "harness.core.service"  # not loaded, no class can have any


class Reason(NamedTuple):
    """Why a test is run.

    Attributes:
        kind: By which it is counted.
        text: It, in words.
    """

    kind: str
    text: str


TOGETHER = Reason("with others of their suite", "others of its suite are run, which has no parts")


class Reasons:
    """Finds why tests are run.

    Args:
        reach: What the change can reach.
        units: All tests that were loaded.
        origins: Names of the modules that brought each, by its `id()` method.
        pattern: The names of files that hold tests.
    """

    def __init__(
        self,
        reach: Reach,
        units: Iterable[Unit],
        origins: Mapping[str, Iterable[str]],
        pattern: str,
    ) -> None:
        self._reach = reach
        self._units = list(units)
        self._origins = origins
        self._pattern = pattern
        self._top = Path(os.getcwd(), *[os.pardir] * reach.depth).resolve()
        self._known: dict[object, Reason | None] = {}
        self._declarations: dict[type, Declared] = {}

    def of(self, test: Any, name: str) -> Reason | None:
        """Return why a test is run; None if it is not."""
        if self._everything is not None:
            return self._everything
        covered = self._reach.covered.get(name)
        found = self._of_class(test)
        if covered is None or (found is not None and found.kind not in (SMOKE, DOUBT)):
            return found
        return Reason(COVERAGE, f"it ran {covered}, which changed, when coverage was recorded")

    def _of_class(self, test: Any) -> Reason | None:
        origins = tuple(sorted(self._origins.get(test.id(), ())))
        key = (type(test), origins)
        if key not in self._known:
            self._known[key] = self._found(type(test), origins)
        return self._known[key]

    def _found(self, case: type, origins: tuple[str, ...]) -> Reason | None:
        files = list(self._files(case, origins))
        reached = (self._by_import(file) for file in files)
        by_import = next((reason for reason in reached if reason is not None), None)
        if by_import is not None:
            return by_import
        return self._by_service(case) or self._beside(case, files)

    @cached_property
    def _everything(self) -> Reason | None:
        """Why all tests are run, if they are."""
        if self._reach.everything:
            return Reason(ALL, f"all code depends on {self._reach.everything}, which changed")
        for path in self._reach.doubtful:
            if not self._is_test_file(path) and not self._is_declared(path):
                return Reason(ALL, f"nobody can tell who uses {path}, which changed")
        return None

    def _is_declared(self, path: str) -> bool:
        """Tell whether a service of some class names a file."""
        classes = {type(test) for unit in self._units for test in unit.tests}
        return any(each.names(path) for each in map(self._declared, classes) if each)

    def _declared(self, case: type) -> Declared | None:
        """Return what the services of a class depend on; None where there are no services."""
        if SERVICES not in sys.modules:
            return None
        if case not in self._declarations:
            from harness.runner.changes.declared import Declared

            self._declarations[case] = Declared(case, current_settings(), self._top)
        return self._declarations[case]

    def _is_test_file(self, path: str) -> bool:
        """Tell whether a file is one of those whose tests are known, or would be with any in it."""
        may_hold = path.endswith(SUFFIX) and is_named(path, self._pattern)
        return path in self._brought or may_hold

    @cached_property
    def _brought(self) -> set[str]:
        """The files that have brought tests."""
        modules = {name for names in self._origins.values() for name in names}
        return {path for name in modules for path in self._paths_of(name)}

    def _files(self, case: type, origins: Iterable[str]) -> Iterator[str]:
        """Yield the project's own files that a test is from."""
        for module in dict.fromkeys([*origins, *(each.__module__ for each in case.__mro__)]):
            yield from self._paths_of(module)

    def _paths_of(self, module: str) -> Iterator[str]:
        """Yield a module's file as git writes it, and, of a link, what it leads to."""
        file = getattr(sys.modules.get(module), "__file__", None)
        if file is None:
            return
        link = Path(os.path.abspath(file))
        if link.is_symlink() and link.is_relative_to(self._top):
            yield link.relative_to(self._top).as_posix()
        if path := below(link, self._top):
            yield path

    def _by_import(self, path: str) -> Reason | None:
        toward = self._reach.toward
        if path not in toward:
            return None
        way = [path]
        while toward[way[-1]] != way[-1]:
            way.append(toward[way[-1]])
        if len(way) == 1:
            return Reason(CHANGED, f"{path} changed")
        if (loader := way[-2]) in self._reach.loaders:
            line = f"{loader}, line {self._reach.loaders[loader]}"
            return Reason(DOUBT, f"{line}, may load {way[-1]}, which changed: {' > '.join(way)}")
        kind = IMPORTS if way[-1].endswith(SUFFIX) else FILES
        return Reason(kind, f"{way[-1]} changed: {' > '.join(way)}")

    def _by_service(self, case: type) -> Reason | None:
        declared = self._declared(case)
        if declared is None:
            return None
        for path in filter(declared.names, self._reach.changed):
            return Reason(FILES, f"its services use {path}, which changed")
        for image in sorted(declared.images.intersection(self._reach.images)):
            return Reason(IMAGES, f"its services use the image {image}, which changed")
        return Reason(DOUBT, declared.doubt) if declared.doubt and self._reach.changed else None

    def _beside(self, case: type, files: list[str]) -> Reason | None:
        """Return what else speaks for the tests of a class."""
        if getattr(case, ATTRIBUTE, False) is True:
            return Reason(SMOKE, "smoke = True")
        if not files:
            return Reason(DOUBT, "nobody can tell which file it is from")
        return None


def summary(reach: Reach, reasons: list[Reason], total: int) -> list[str]:
    """Return what to say of the tests that are run: how many, and why.

    Args:
        reach: What the change can reach.
        reasons: Of each test that is run.
        total: How many tests there are.
    """
    files = len(reach.changed)
    changed = f"{files} file{'' if files == 1 else 's'} changed since {reach.since}"
    counts = Counter(reason.kind for reason in reasons)
    whole = next((reason.text for reason in reasons if reason.kind == ALL), None)
    why = whole or ", ".join(f"{number} {kind}" for kind, number in counts.most_common())
    line = f"{len(reasons)} of {total} tests, for {changed}: {why or 'it reaches none'}"
    if whole is None or not reach.doubtful:
        return [line]
    return [line, "    the setting ignored_changes names files that no test depends on"]
