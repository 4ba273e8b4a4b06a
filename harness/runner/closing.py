"""The end of a run: what it tells, and the reports that it writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.report.summary import failed, repeat_command
from harness.runner.console import Console
from harness.runner.coordinator import Coordinator
from harness.runner.options import Options, Output

if TYPE_CHECKING:
    from harness.report.account import Account
    from harness.report.platforms.platform import Platform


class Closing:
    """Tells what a run has come to.

    Args:
        options: How the run was to be.
        output: What is told, and where.
        platform: What reads it.
        console: Where it is printed.
        coordinator: Of the run, which is over.
    """

    def __init__(
        self,
        options: Options,
        output: Output,
        platform: Platform,
        console: Console,
        coordinator: Coordinator,
    ) -> None:
        self._options = options
        self._output = output
        self._platform = platform
        self._console = console
        self._coordinator = coordinator
        self._ledger = coordinator.ledger
        self._problem = coordinator.problem
        self._again = repeat_command(failed(self._ledger), options.selection, options.seed)

    def close(self) -> bool:
        """Print what the run has come to, and write its reports; return whether all are written."""
        written = self._junit()
        slowest = self._slowest()
        for title, lines in slowest:
            self._console.say("")
            self._console.say(self._platform.folded(title, "\n".join(lines)))
        for line in self._platform.tell(lambda: self._account(slowest)):
            self._console.say(line)
        for line in self._remarks():
            self._console.say(line)
        self._console.summary(self._ledger, self._problem, self._again)
        return written

    def _remarks(self) -> Iterator[str]:
        """Yield what is to be said of which tests were run, and of how long that took."""
        ledger, options = self._ledger, self._options
        if options.shard is not None:
            part = "/".join(map(str, options.shard))
            yield f"shard {part}: {len(ledger.numbered)} of {ledger.discovered} tests"
        if self._output.verbose or self._output.durations:
            from harness.runner.schedule.critical import of_run

            path = of_run(self._coordinator, options)
            yield from path.lines() if path is not None else ()

    def _slowest(self) -> list[tuple[str, list[str]]]:
        if not self._output.durations:
            return []
        from harness.report.durations import durations

        return durations(self._ledger, self._output.durations)

    def _account(self, slowest: list[tuple[str, list[str]]]) -> Account:
        from harness.report.account import Account
        from harness.report.places import Sources, repository

        here = Path.cwd()
        selection = self._options.selection
        places = [here, *(here / each for each in (selection.start, selection.top) if each)]
        sources = Sources(repository(here), *places)
        seconds = self._console.seconds()
        return Account(self._ledger, sources, seconds, self._problem, self._again, slowest)

    def _junit(self) -> bool:
        """Write JUnit XML, if that was asked for; return whether nothing was in the way."""
        if self._output.junit is None:
            return True
        from harness.report.junit import write

        try:
            write(Path(self._output.junit), self._ledger, self._options.seed)
        except OSError as error:
            self._console.note(f"{self._output.junit} cannot be written: {error}")
            return False
        return True
