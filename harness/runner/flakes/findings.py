"""What there is to say of flaky tests, and those in quarantine, at the end of a run."""

from __future__ import annotations

from typing import NamedTuple


class Findings(NamedTuple):
    """What there is to say of flaky tests, and those in quarantine, at the end of a run.

    Attributes:
        lines: What became of them.
        wrong: Why the run fails.
        over: Why it is over its budget; empty if it is not.
    """

    lines: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    over: str = ""

    @property
    def told(self) -> list[str]:
        """All of it, as it is told."""
        return [*self.lines, *(f"harness: {each}" for each in (*self.wrong, self.over) if each)]


NOTHING = Findings()
