"""Which files an import may mean, wherever the interpreter looks for modules."""

from __future__ import annotations

import fnmatch
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path, PurePosixPath

from harness.runner.changes.loading import SUFFIX, Import

INIT = "__init__"


class Modules:
    """The modules of a project, by name.

    A directory is taken for one from which modules are imported if it is not part of a package.
    Where several files have one name, it means all of them.

    Args:
        files: Paths of Python files, below the repository, and of such as were there.
        roots: Directories from which modules are imported for certain.
        top: The repository's directory, in which installed packages may be.
    """

    def __init__(
        self, files: Collection[str], roots: Iterable[str] = ("",), top: Path | None = None
    ) -> None:
        self._files = set(files)
        self._roots = set(roots)
        self._top = top
        self._packages = {parent_of(path) for path in files if stem_of(path) == INIT}
        self._named: defaultdict[str, list[str]] = defaultdict(list)
        self._last: defaultdict[str, list[str]] = defaultdict(list)
        for path in sorted(self._files):
            for name in self._names(path):
                self._named[name].append(path)
            self._last[PurePosixPath(*module_parts(path)).name].append(path)

    def _names(self, path: str) -> Iterator[str]:
        """Yield what a file can be imported as: from the directory around its package, or above."""
        parts = module_parts(path)
        root = parent_of(path)
        while root in self._packages and root:
            root = parent_of(root)
        begin = len(PurePosixPath(root).parts)
        inner = (len(PurePosixPath(each).parts) for each in self._roots if is_in(path, each))
        depths = {*range(begin + 1), *inner}
        yield from (".".join(parts[at:]) for at in sorted(depths) if parts[at:])

    def around(self, path: str) -> Iterator[str]:
        """Yield the packages around a file, which are imported before it."""
        place = parent_of(path)
        while place:
            init = f"{place}/{INIT}{SUFFIX}"
            if init in self._files and init != path:
                yield init
            place = parent_of(place)

    def imported(self, path: str, what: Import) -> set[str]:
        """Return the files that an import in a file may run."""
        if what.level:
            return self._relative(path, what)
        names = list(prefixes(what.module))
        if what.name and what.name != "*":
            names.append(f"{what.module}.{what.name}")
        found = {each for name in names for each in self._meant(name, path)}
        if what.name == "*":
            found |= self.below(what.module)
        return found or self._installed(names) or self._hidden(what.module)

    def _relative(self, path: str, what: Import) -> set[str]:
        place = PurePosixPath(path)
        for _ in range(what.level):
            place = place.parent
        targets, parts = [place], what.module.split(".") if what.module else []
        for part in [*parts, *([what.name] if what.name else [])]:
            targets.append(targets[-1] / part)
        found = {file for target in targets for file in self._at(target)}
        if what.name == "*":
            found |= {file for file in self._files if parent_of(file) == str(targets[-2])}
        return found

    def _at(self, place: PurePosixPath) -> Iterator[str]:
        for path in (f"{place}{SUFFIX}", f"{place}/{INIT}{SUFFIX}"):
            if path in self._files:
                yield path

    def _meant(self, name: str, importer: str) -> Iterator[str]:
        """Yield the files of a name; one of the standard library's has to be found before that."""
        standard = name.partition(".")[0] in sys.stdlib_module_names
        for path in self._named.get(name, ()):
            if not standard or root_of(path, name) in {*self._roots, parent_of(importer)}:
                yield path

    def _installed(self, names: Iterable[str]) -> set[str]:
        """Return the files of a package that is installed from a directory of another name."""
        found = set[str]()
        for name in names:
            first, *parts = name.split(".")
            homes = homes_of(first) if self._top and first not in sys.stdlib_module_names else ()
            places = (below(Path(home), self._top) for home in homes if self._top)
            found.update(*(self._at(PurePosixPath(place, *parts)) for place in places if place))
        return found

    def _hidden(self, module: str) -> set[str]:
        """Return files in packages that go by a name of nobody else's: of a changed `sys.path`."""
        first, *_ = parts = module.split(".")
        if first in sys.stdlib_module_names or is_installed(first):
            return set()
        ends = self._last.get(parts[-1], ())
        return {path for path in ends if module_parts(path)[-len(parts) :] == tuple(parts)}

    def below(self, package: str) -> set[str]:
        """Return all files in a package."""
        inits = [path for path in self._named.get(package, ()) if stem_of(path) == INIT]
        places = tuple(f"{parent_of(path)}/" for path in inits)
        return {path for path in self._files if places and path.startswith(places)}

    def beginning(self, begin: str) -> set[str]:
        """Return all files with names that begin so."""
        found = (paths for name, paths in self._named.items() if name.startswith(begin))
        return {path for paths in found for path in paths}

    def named(self, text: str) -> set[str]:
        """Return the files that `a.b`, `a.b:name`, `a.`, which is all in it, or `a/b.py` names."""
        if text.endswith(SUFFIX):
            return set(self._ending(text))
        if text.endswith("."):
            return self.below(text[:-1])
        name = text.partition(":")[0]
        if "." not in name or not name.replace(".", "").isidentifier():
            return set()
        return {each for prefix in prefixes(name) for each in self._named.get(prefix, ())}

    def _ending(self, text: str) -> Iterator[str]:
        parts = tail(text)
        for path in self._last.get(PurePosixPath(*module_parts(text)).name, ()):
            if PurePosixPath(path).parts[-len(parts) :] == parts:
                yield path


def module_parts(path: str) -> tuple[str, ...]:
    """Return the parts of a module's name, from the repository on.

    Example:
        >>> module_parts("src/shop/__init__.py"), module_parts("src/shop/cart.py")
        (('src', 'shop'), ('src', 'shop', 'cart'))
    """
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts[-1] == INIT else parts


def prefixes(name: str) -> Iterator[str]:
    """Yield the packages of a dotted name, and itself.

    Example:
        >>> list(prefixes("a.b.c"))
        ['a', 'a.b', 'a.b.c']
    """
    at = name.find(".")
    while at >= 0:
        yield name[:at]
        at = name.find(".", at + 1)
    yield name


def root_of(path: str, name: str) -> str:
    """Return the directory from which a file is imported by a name."""
    parts = module_parts(path)
    return "/".join(parts[: len(parts) - name.count(".") - 1])


def tail(text: str) -> tuple[str, ...]:
    """Return the parts of a path, without those that lead up and down to it."""
    return tuple(part for part in PurePosixPath(text).parts if part not in (".", "..", "/"))


def parent_of(path: str) -> str:
    """Return the directory of a path; empty for the repository's own."""
    return path.rpartition("/")[0]


def is_in(path: str, place: str) -> bool:
    """Tell whether a file is somewhere in a directory; in the repository's own all are."""
    return not place or path.startswith(f"{place}/")


def is_at(path: str, place: str) -> bool:
    """Tell whether a path is that of a file, or of one in a directory of that name."""
    return path == place or path.startswith(f"{place}/")


def is_named(path: str, pattern: str) -> bool:
    """Tell whether a file has a name of a pattern, wherever it is."""
    return fnmatch.fnmatch(PurePosixPath(path).name, pattern)


def below(path: Path, top: Path) -> str | None:
    """Return a path as git writes it; None if it is not in the repository."""
    path = path.resolve()
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else None


def stem_of(path: str) -> str:
    """Return the name of a file, without its ending."""
    return PurePosixPath(path).stem


def is_installed(module: str) -> bool:
    """Tell whether a module is there that is not the project's."""
    return spec_of(module) is not None


def homes_of(package: str) -> Iterable[str]:
    """Return the directories of a package that is installed; none for all else."""
    spec = spec_of(package)
    return (spec and spec.submodule_search_locations) or ()


@cache
def spec_of(module: str) -> ModuleSpec | None:
    """Return where a module is; None if it is not there."""
    try:
        return importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):
        return None
