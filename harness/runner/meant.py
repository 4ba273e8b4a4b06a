"""Which of the tests that were discovered are to be run, and whether it matters when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from harness.report.summary import counted
from harness.runner.kinds import FLAKY
from harness.runner.ledger import Ledger, UnitAccount
from harness.runner.options import DURATION, Options
from harness.runner.plan import with_failures

if TYPE_CHECKING:
    from harness.runner.schedule.shards import Shares


def expect(
    ledger: Ledger, units: Sequence[UnitAccount], options: Options, note: Callable[[str], object]
) -> Shares | None:
    """Note what was discovered, of which not all may be meant, and a shard runs its part.

    Args:
        ledger: Where it is noted.
        units: What was discovered.
        options: How the run is to be.
        note: Tells people what they may not expect.

    Returns:
        What each shard runs; None where all of it is run here.
    """
    due, shares = chosen(units, options, note), None
    ledger.chosen = tuple(
        name for unit in units for name in unit.tests if due is None or name in due
    )
    if options.shard is not None:
        from harness.runner.schedule.arrangement import shares_of

        shares = shares_of(units, options)
        ledger.shares = shares.digest
        part = shares.tests(options.shard[0])
        due = part if due is None else part & due
    for unit in units:
        ledger.expect(unit, due)
    excuse(ledger, options)
    return shares


def excuse(ledger: Ledger, options: Options) -> None:
    """Note which failures do not make the run fail."""
    if options.quarantine is not None:
        ledger.set_apart(options.quarantine.tests)
    if options.flaky == "pass":
        ledger.tolerated = frozenset({FLAKY})


def chosen(
    units: Iterable[UnitAccount], options: Options, note: Callable[[str], object]
) -> set[str] | None:
    """Return the names of the tests that are meant; None for all."""
    if not options.only_failed:
        return None
    found = with_failures(units, options.failed)
    if not found:
        note(none_failed(len(options.failed)))
    return found or None


def none_failed(before: int) -> str:
    """Return why all tests are run where those that have failed were asked for.

    Args:
        before: How many tests have failed when they were last run, which are not among these.
    """
    if not before:
        return "no test has failed when it was last run: all of them run"
    tests = counted(before, "test")
    return f"of {tests} that failed when last run, none is among these: all of these run"


def is_scheduled(units: Iterable[UnitAccount], options: Options) -> bool:
    """Return whether it matters what runs when, beyond the order."""
    return options.order == DURATION or any(
        unit.facts.get(name) for unit in units for name in ("exclusive", "memory", "services")
    )
