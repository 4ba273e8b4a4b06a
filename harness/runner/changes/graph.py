"""What a change of files can reach, from one file to those that refer to it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable

from harness.runner.changes.mentions import mentions
from harness.runner.changes.modules import Modules
from harness.runner.changes.source import Source


class Graph:
    """The Python files of a project, and what they refer to.

    Args:
        modules: The names of all files that there are.
        read: Returns what a file refers to; nothing, for one that is gone.
        start: The files to begin with. Of others only those count that these use.
    """

    def __init__(
        self, modules: Modules, read: Callable[[str], Source], start: Iterable[str]
    ) -> None:
        self._modules = modules
        self._sources: dict[str, Source] = {}
        self._users: defaultdict[str, set[str]] = defaultdict(set)
        waiting = list(start)
        while waiting:
            path = waiting.pop()
            if path not in self._sources:
                source = self._sources[path] = read(path)
                for used in self._used(path, source) - {path}:
                    self._users[used].add(path)
                    waiting.append(used)

    def _used(self, path: str, source: Source) -> set[str]:
        """Return the files that importing a file may run."""
        found = set(self._modules.around(path))
        for each in source.imports:
            found |= self._modules.imported(path, each)
        for text in source.texts:
            found |= self._modules.named(text)
        for begin in source.begins:
            found |= self._modules.beginning(begin)
        return found

    def is_used(self, path: str) -> bool:
        """Tell whether another file refers to one."""
        return bool(self._users.get(path))

    def add_data(self, path: str) -> list[str]:
        """Add a file that is no Python; return those of whom it is certain that they read it."""
        certain = []
        for user, source in self._sources.items():
            found = mentions(source.texts, user, path)
            if found:
                self._users[path].add(user)
            if found.certain:
                certain.append(user)
        return certain

    def reached(self, changed: Iterable[str]) -> dict[str, str]:
        """Return the files that a change reaches, each with the next one on the way to it.

        One that was changed is its own next one. The way is the shortest one.
        """
        toward = {path: path for path in changed}
        self._follow(toward, list(toward))
        return toward

    def guessed(self, toward: dict[str, str], changed: str) -> dict[str, int]:
        """Add the files that a change of code may reach, for they load what only a run can tell.

        Args:
            toward: The files that it reaches for certain, to which they are added.
            changed: The file that they may load.

        Returns:
            The lines in which they do.
        """
        sources = self._sources.items()
        loaders = {p: s.loads for p, s in sources if s.loads is not None and p not in toward}
        toward.update(dict.fromkeys(loaders, changed))
        self._follow(toward, list(loaders))
        return loaders

    def _follow(self, toward: dict[str, str], begin: Iterable[str]) -> None:
        waiting = deque(begin)
        while waiting:
            path = waiting.popleft()
            for user in sorted(self._users.get(path, ())):
                if user not in toward:
                    toward[user] = path
                    waiting.append(user)
