"""The part of each instance's log that belongs to one test."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.core import realtime as time
from harness.core.instance import Instance
from harness.core.redaction import Redaction
from harness.testing import artifacts
from harness.testing.excerpt import Excerpt

INSTANCES = "instances"  # the folder for complete logs


class LogRecorder:
    """The logs of the instances that one test uses, from its start on.

    A mark is taken of each log and nothing is read, unless the test fails.

    Args:
        keep: Directory in which the logs of failed tests are kept; None for nowhere.
        instances: Those that run already.
    """

    def __init__(self, keep: Path | None = None, instances: Iterable[Instance[Any]] = ()) -> None:
        self._keep = keep
        self._logs: dict[Instance[Any], Part] = {}
        self._folders: dict[str, Path] = {}
        self._whole: Path | None = None  # the folder of the test, subtests apart
        for instance in instances:
            self.add(instance)

    def add(self, instance: Instance[Any]) -> None:
        """Mark where the log of an instance is now, unless it was marked before."""
        if instance not in self._logs:
            self._logs[instance] = Part(instance)
            if self._keep is not None:
                keep_at_the_end(instance, self._keep)

    def notes(self, failed: str, *, subtest: bool = False) -> list[str]:
        """Return what to show with a failure: the end of each log that has anything new.

        The whole is kept in the failure's folder, if there is a directory for that.

        Args:
            failed: What failed, such as a test's id.
            subtest: Whether only what was logged since the last subtest belongs to it.
        """
        return [note for part in self._parts() if (note := self._note(part, failed, subtest))]

    def next_subtest(self) -> None:
        """Mark the end of a subtest: what was logged so far belongs to none that follows."""
        for part in self._parts():
            part.skip()

    def finish(self) -> None:
        """Complete what was kept of a test that failed: clean-ups log, too.

        Raises:
            OSError: It cannot be written.
        """
        if self._whole is not None:
            for part in self._parts():
                if text := part.whole():  # of a container that is gone nothing is to be had
                    part.keep(self._whole, text)

    def _parts(self) -> list[Part]:
        return list(self._logs.values())  # a thread of the test may add one meanwhile

    def _note(self, part: Part, failed: str, subtest: bool) -> str | None:
        """Return one instance's note, or that its log cannot be had; a failure outranks both."""
        try:
            excerpt = part.news()
        except Exception as error:
            return f"log of {part.name}: it cannot be read: {error}"
        if not excerpt.lines:
            return None
        try:
            kept = self._kept(part, failed, excerpt if subtest else None)
        except Exception as error:
            return f"{excerpt}\n(it cannot be kept in {self._keep}: {error})"
        return f"{excerpt}{excerpt.rest(kept)}"

    def _kept(self, part: Part, failed: str, excerpt: Excerpt | None) -> Path | None:
        """Keep a subtest's excerpt in its folder, or the whole part in that of the test."""
        if self._keep is None:
            return None
        if failed not in self._folders:
            self._folders[failed] = artifacts.new_folder(self._keep, failed)
        folder = self._folders[failed]
        if excerpt is not None:
            return part.keep(folder, excerpt.text)
        self._whole = folder
        return part.keep(folder, part.whole())


class Part:
    """The part of one instance's log since it was marked.

    Args:
        instance: What logs.
    """

    def __init__(self, instance: Instance[Any]) -> None:
        self._instance = instance
        self._since = time.time()
        self._start = self._unseen = mark(instance)
        self._files: dict[Path, Path] = {}

    @property
    def name(self) -> str:
        """The instance as a reader of the failure knows it."""
        return f"{self._instance.kind} on {self._instance.provider}"

    def whole(self) -> str:
        """Return all that was logged since the start."""
        return self._read(self._start)

    def news(self) -> Excerpt:
        """Return what was logged since it was asked last, to show it."""
        since, unseen = self._since, self._unseen
        self.skip()
        return Excerpt(self.name, self._read(unseen), since, self._since)

    def skip(self) -> None:
        """Let what was logged so far not be news any more."""
        self._since = time.time()
        self._unseen = mark(self._instance)

    def keep(self, folder: Path, text: str) -> Path:
        """Write a text to this instance's file in a folder; return the file."""
        if folder not in self._files:
            self._files[folder] = artifacts.new_file(folder, self.name.replace(" ", "-"), ".log")
        artifacts.write(self._files[folder], text)
        return self._files[folder]

    def _read(self, since: object) -> str:
        if isinstance(since, Exception):
            raise since
        return redaction_of(self._instance)(self._instance.running.log_since(since))


def mark(instance: Instance[Any]) -> object:
    """Return where a log is now, or the error: a test that passes needs no log."""
    try:
        return instance.running.log_mark()
    except Exception as error:
        return error


def redaction_of(instance: Instance[Any]) -> Redaction:
    """Return the function that takes the secrets of an instance out of a text."""
    return Redaction(instance.secrets)


_kept_at_the_end: weakref.WeakSet[Instance[Any]] = weakref.WeakSet()


def keep_at_the_end(instance: Instance[Any], directory: Path) -> None:
    """Keep an instance's complete log when its environment is closed, just before it is stopped.

    Args:
        instance: What logs.
        directory: Where the logs of failed tests are kept, too.
    """
    if instance not in _kept_at_the_end:
        _kept_at_the_end.add(instance)
        instance.cleanups.push(lambda: write_complete(instance, directory / INSTANCES))


def write_complete(instance: Instance[Any], directory: Path) -> None:
    """Write an instance's complete log; of one that several processes use, the last one's stays."""
    text = redaction_of(instance)(instance.running.log_since(None))
    if text:
        directory.mkdir(parents=True, exist_ok=True)
        name = f"{instance.kind}-on-{instance.provider}-{instance.identity}"
        artifacts.write(directory / f"{artifacts.safe_name(name)}.log", text)
