"""What a change of files can reach, from one file to those that refer to it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

from harness.runner.changes.mentions import mentions
from harness.runner.changes.modules import SUFFIX, Modules
from harness.runner.changes.source import Source


class Graph:
    """The Python files of a project, and what they refer to.

    Args:
        sources: What each file refers to; nothing, for one that is gone.
        modules: Their names.
    """

    def __init__(self, sources: Mapping[str, Source], modules: Modules) -> None:
        self._sources = sources
        self._modules = modules
        self._users: defaultdict[str, set[str]] = defaultdict(set)
        for path, source in sources.items():
            for used in self._used(path, source) - {path}:
                self._users[used].add(path)

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

    def add_data(self, path: str) -> bool:
        """Add a file that is no Python; return whether it is told for certain who reads it."""
        certain = False
        for user, source in self._sources.items():
            found = mentions(source.texts, user, path)
            if found:
                self._users[path].add(user)
                certain = certain or found.certain
        return certain

    def reached(self, changed: Iterable[str]) -> dict[str, str]:
        """Return the files that a change can reach, each with the next one on the way to it.

        One that was changed is its own next one. The way is the shortest one.
        """
        toward = {path: path for path in changed}
        code = [path for path in toward if path.endswith(SUFFIX)]
        waiting = deque(toward)
        for path, source in self._sources.items():
            if source.loads is not None and path not in toward and code:
                toward[path] = code[0]
                waiting.append(path)
        while waiting:
            path = waiting.popleft()
            for user in sorted(self._users.get(path, ())):
                if user not in toward:
                    toward[user] = path
                    waiting.append(user)
        return toward
