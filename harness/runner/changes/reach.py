"""What a change can reach, as far as that can be told without running the project's code."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from harness.core.settings import Settings
from harness.errors import ConfigurationError
from harness.runner.changes.coverage import tests_of
from harness.runner.changes.graph import Graph
from harness.runner.changes.loading import SUFFIX
from harness.runner.changes.modules import (
    Modules,
    below,
    is_at,
    is_in,
    is_named,
    parent_of,
)
from harness.runner.changes.repository import OPTION, Repository
from harness.runner.changes.source import Source, read
from harness.runner.selection import Selection

PINNED = Path(__file__).parents[2] / "images.json"
# What decides on which code is installed, and how all of it runs.
DECISIVE = (
    *("setup.cfg", "setup.py", "pyproject.toml", "tox.ini", "*requirements*.txt", "*.lock"),
    *("constraints*.txt", "Pipfile", ".python-version", ".env", "environment.y*ml"),
    *("sitecustomize.py", "usercustomize.py"),
)
DERIVED = ("*.pyc", ".coverage", ".coverage.*")  # made by a run, though nobody has git ignore them


@dataclass(frozen=True)
class Reach:
    """What a change can reach.

    All paths are relative to the repository, as git writes them.

    Attributes:
        since: The revision that was asked for.
        depth: How many directories the working directory is below the repository.
        changed: The files that have changed.
        everything: The changed file that all code depends on; empty if there is none.
        toward: The Python files that it reaches, each with the next one on the way to the change;
            one that was changed has itself.
        loaders: Those of them that may load what has changed, as only a run can tell, each with
            the line in which it does.
        doubtful: Changed files of which it is not known who reads them.
        images: Names of the images that have changed.
        covered: The tests that have run a changed file, when coverage was recorded, with that file.
    """

    since: str
    depth: int = 0
    changed: tuple[str, ...] = ()
    everything: str = ""
    toward: Mapping[str, str] = field(default_factory=dict)
    loaders: Mapping[str, int] = field(default_factory=dict)
    doubtful: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    covered: Mapping[str, str] = field(default_factory=dict)


def reach_of(revision: str, selection: Selection, settings: Settings) -> Reach:
    """Return what the changes since a revision can reach.

    Args:
        revision: A branch, a tag or a commit; what counts is where the current branch left it.
        selection: Where tests are looked for.
        settings: The project's directory, its images, and what no test depends on.

    Raises:
        ConfigurationError: Git cannot tell; with what to do about it.
    """
    here = Path.cwd()
    repository = Repository(here)
    base = repository.base(revision)
    place = Place(repository, here, settings.root.resolve(), selection)
    changed = [path for path in repository.changed(base) if not place.ignores(path, settings)]
    study = Study(repository, base, place, changed)
    for path in image_lists(settings):
        study.compare_images(below(path, repository.top))
    reach = Reach(revision, place.depth, tuple(changed), study.decisive())
    if reach.everything or not changed:
        return reach
    return replace(followed(reach, study), covered=tests_of(here, repository.top, changed))


def followed(reach: Reach, study: Study) -> Reach:
    """Return a reach with all that refers to what has changed."""
    graph = study.graph()
    doubtful = tuple(path for path in reach.changed if not study.is_told(graph, path))
    toward = graph.reached(reach.changed)
    code = next((path for path in reach.changed if path.endswith(SUFFIX)), None)
    loaders = {} if code is None else graph.guessed(toward, code)
    return replace(reach, toward=toward, loaders=loaders, doubtful=doubtful, images=study.images)


def image_lists(settings: Settings) -> list[Path]:
    """Return the files that say which images there are."""
    return [PINNED] if settings.images is None else [settings.images, PINNED]


class Place:
    """Where the project is in its repository.

    Args:
        repository: The repository.
        here: The working directory.
        project: The directory of the settings, or the working directory.
        selection: Where tests are looked for.

    Raises:
        ConfigurationError: The working directory is not in the repository.
    """

    def __init__(
        self, repository: Repository, here: Path, project: Path, selection: Selection
    ) -> None:
        if not here.is_relative_to(repository.top):
            raise ConfigurationError(
                f"{OPTION}: {here} is not in {repository.top}, where git has the files",
                hint="unset GIT_WORK_TREE",
            )
        self.depth = len(here.relative_to(repository.top).parts)
        self._pattern = selection.pattern
        self.project = directory(below(project, repository.top))
        starts = (here, *(here / each for each in (selection.start, selection.top) if each))
        self.roots = {"", *(directory(below(each, repository.top)) for each in starts)}

    def is_test(self, path: str) -> bool:
        """Tell whether a file may hold tests."""
        return is_named(path, self._pattern)

    def is_ours(self, path: str) -> bool:
        """Tell whether a file is in the project's directory."""
        return is_in(path, self.project)

    def ignores(self, path: str, settings: Settings) -> bool:
        """Tell whether no test depends on a file: the settings say so, or it is made by a run."""
        own = path.removeprefix(f"{self.project}/") if self.project else path
        name = PurePosixPath(path).name
        return any(fnmatch.fnmatchcase(own, each) for each in settings.ignored_changes) or any(
            fnmatch.fnmatchcase(name, each) for each in DERIVED
        )

    def decides(self, path: str) -> bool:
        """Tell whether a file is one of those that all code depends on: here, or above."""
        around = parent_of(path)
        above = not around or f"{self.project}/".startswith(f"{around}/")
        names = path, PurePosixPath(path).name
        return (above or self.is_ours(path)) and any(
            fnmatch.fnmatchcase(name, pattern) for pattern in DECISIVE for name in names
        )


def directory(path: str | None) -> str:
    """Return a directory as files in it begin; empty for the repository's own, or another one."""
    return "" if path in (None, ".") else str(path)


class Study:
    """A change, and the files that are there.

    Args:
        repository: The repository.
        base: The commit before the change.
        place: Where the project is.
        changed: The files that have changed.
    """

    def __init__(
        self, repository: Repository, base: str, place: Place, changed: Collection[str]
    ) -> None:
        self._repository = repository
        self._base = base
        self._place = place
        self._changed = changed
        self._compared: set[str] = set()
        self.images: tuple[str, ...] = ()

    def decisive(self) -> str:
        """Return the changed file that reaches everything, if there is one; else nothing."""
        return next((path for path in self._changed if self._place.decides(path)), "")

    def compare_images(self, path: str | None) -> None:
        """Note the names of the images that a list has changed, if it has and that can be told."""
        if path is None or path not in self._changed:
            return
        before = self._repository.before(self._base, [path]).get(path, b"{}")
        differ = differing(before, self._now(path))
        if differ is not None:
            self._compared.add(path)
            self.images = tuple(sorted({*self.images, *differ}))

    def _now(self, path: str) -> bytes:
        try:
            return (self._repository.top / path).read_bytes()
        except OSError:  # it is gone, or a link to nowhere
            return b""

    def graph(self) -> Graph:
        """Return who refers to whom: now, and, in what has changed, before that, too."""
        files = self._repository.python_files()
        changed = [path for path in self._changed if path.endswith(SUFFIX)]
        contents = self._repository.before(self._base, changed)
        before = {path: read(content) for path, content in contents.items()}

        def now_and_before(path: str) -> Source:
            return both(read(self._now(path)), before.get(path, Source()))

        modules = Modules({*files, *before}, self._place.roots, self._repository.top)
        ours = [path for path in files if self._place.is_ours(path)]
        return Graph(modules, now_and_before, [*ours, *changed])

    def is_told(self, graph: Graph, path: str) -> bool:
        """Tell whether it is known who refers to a changed file; the graph takes note of it."""
        if path in self._compared:
            return True
        if path.endswith(SUFFIX):
            known = graph.is_used(path)
        else:  # a program that nobody uses may make of it what others read
            readers = graph.add_data(path)
            known = any(graph.is_used(each) or self._place.is_test(each) for each in readers)
        if (self._repository.top / path).is_dir():
            known = False  # of a repository in this one nobody looks at the files
        return (known or not self._place.is_ours(path)) and not self._is_linked(path)

    def _is_linked(self, path: str) -> bool:
        """Tell whether a link of the project leads to a file, which then has a second name."""
        return any(is_at(path, end) for end in self._ends)

    @cached_property
    def _ends(self) -> set[str]:
        """What the links of the project lead to."""
        links = self._repository.links().items()
        return {end for path, end in links if end != "." and self._place.is_ours(path)}


def both(now: Source, before: Source) -> Source:
    """Return what a file refers to, or did."""
    return Source(
        now.imports | before.imports,
        now.texts | before.texts,
        now.begins | before.begins,
        now.loads or before.loads,
    )


def differing(before: bytes, now: bytes) -> set[str] | None:
    """Return the names whose values differ in two JSON objects; None where one is none."""
    try:
        one, other = json.loads(before), json.loads(now)
        return {name for name in {*one, *other} if one.get(name) != other.get(name)}
    except (ValueError, AttributeError, TypeError):
        return None
