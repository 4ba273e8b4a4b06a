"""Telling what became of each thing, under one heading for those that belong together."""

from __future__ import annotations

from dataclasses import dataclass, field

import click

from harness.cli.text import indented


@dataclass
class Report:
    """What was removed, printed as soon as it is known.

    Attributes:
        dry: Whether nothing is removed.
        lines: How many lines were printed below a heading.
        failures: How many things could not be removed.
    """

    dry: bool
    lines: int = 0
    failures: int = 0
    _heading: str = field(default="", repr=False)

    def below(self, heading: str) -> None:
        """Print this before the next line, if there is one."""
        self._heading = heading

    def say(self, text: str) -> None:
        """Print a line below the heading."""
        if self._heading:
            click.echo(indented(self._heading, 0, 2))
        self._heading = ""
        self.lines += 1
        click.echo(indented(text, 4, 2))

    def skip(self, text: str) -> None:
        """Print why something was not looked at, under no heading."""
        click.echo(indented(text, 0, 2))

    def note(self, words: str, failure: str | None) -> None:
        """Print what became of a thing."""
        if failure is None:
            self.say(f"{'would remove' if self.dry else 'removed'} {words}")
        else:
            self.fail(f"could not remove {words}: {failure}")

    def fail(self, text: str) -> None:
        """Print why something could not be removed."""
        self.failures += 1
        self.say(text)
