"""The end of a run: what it tells, and the reports that it writes."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.report.summary import repeat_command
from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.options import Options, Output

if TYPE_CHECKING:
    from harness.report.account import Account
    from harness.report.places import Sources
    from harness.report.platforms.platform import Platform

SHORTEST = 1.0  # seconds: what bounds a run of less is of no interest


class Closing:
    """Tells what a run has come to.

    Args:
        options: How the run was to be.
        output: What is told, and where.
        platform: What reads it.
        console: Where it is printed.
        coordinator: Of the run, which is over.

    Attributes:
        written: Whether all reports are written that were asked for.
        enough: Whether the tests have reached as much as is asked for.
    """

    def __init__(
        self,
        options: Options,
        output: Output,
        platform: Platform,
        console: Console,
        coordinator: Coordinator,
    ) -> None:
        self.written = self.enough = True
        self._options = options
        self._output = output
        self._platform = platform
        self._console = console
        self._coordinator = coordinator
        self._ledger = coordinator.ledger
        self._problem = coordinator.problem
        self._again = repeat_command(self._ledger, options.selection, options.seed)

    def close(self) -> None:
        """Write the reports of the run, and print what it has come to, whatever is with these."""
        try:
            self._report()
        finally:
            self._console.summary(self._ledger, self._problem, self._again)

    def _report(self) -> None:
        slowest = self._slowest()
        for title, lines in slowest:
            self._fold(title, "\n".join(lines))
        if self._output.junit is not None:
            self._junit(Path(self._output.junit))
        if self._options.coverage is not None:
            self._coverage(self._options.coverage)
        for line in self._platform.tell(lambda: self._account(slowest)):
            self._console.say(line)
        for line in self._remarks():
            self._console.say(line)

    def _fold(self, title: str, text: str) -> None:
        self._console.say("")
        self._console.say(self._platform.folded(title, text))

    def _remarks(self) -> Iterator[str]:
        """Yield what is to be said of which tests were run, and of how long that took."""
        ledger, options = self._ledger, self._options
        if options.shard is not None:
            part = "/".join(map(str, options.shard))
            yield f"shard {part}: {len(ledger.numbered)} of {ledger.discovered} tests"
        if self._output.verbose or self._output.durations:
            yield from self._bounds()
            yield from self._of_shards()

    def _bounds(self) -> Iterator[str]:
        if self._coordinator.seconds >= SHORTEST:
            from harness.runner.schedule.critical import of_run

            path = of_run(self._coordinator, self._options)
            yield from path.lines() if path is not None else ()

    def _of_shards(self) -> Iterator[str]:
        if self._coordinator.shares is not None:
            from harness.runner.schedule.forecast import one_more

            line = one_more(self._coordinator.shares)
            yield from [line] if line is not None else []

    def _slowest(self) -> list[tuple[str, list[str]]]:
        if not self._output.durations:
            return []
        from harness.report.durations import durations

        return durations(self._ledger, self._output.durations)

    def _account(self, slowest: list[tuple[str, list[str]]]) -> Account:
        from harness.report.account import Account

        seconds = self._console.seconds()
        return Account(self._ledger, self._sources, seconds, self._problem, self._again, slowest)

    @functools.cached_property
    def _sources(self) -> Sources:
        from harness.report.places import Sources, repository

        here, selection = Path.cwd(), self._options.selection
        places = [here, *(here / each for each in (selection.start, selection.top) if each)]
        return Sources(repository(here), *places)

    def _junit(self, path: Path) -> None:
        from harness.report.history.facts import gathered
        from harness.report.junit import About, write
        from harness.report.properties import properties_of

        properties = properties_of(gathered(self._options))
        about = About(properties, self._sources.file_of, self._platform.path_of)
        try:
            write(path, self._ledger, about)
        except OSError as error:
            self._console.note(f"{path} cannot be written: {error}")
            self.written = False
            return
        if why := self._platform.too_large(path.stat().st_size):
            self._console.note(why)

    def _coverage(self, directory: Path) -> None:
        from harness.runner.coverage import gathered

        measured = gathered(directory)
        for line in measured.warnings:
            self._console.note(f"coverage: {line}")
        if measured.problem:
            self._console.note(f"there is no report on coverage: {measured.problem}")
            self.written = False
            return
        self._fold("coverage:", measured.table)
        if measured.short:
            self._console.note(measured.short)
            self.enough = False
