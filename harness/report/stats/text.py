"""Statistics for people, in lines of any width from 60 on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.report.stats.figures import Figures, Flakes, Parts, Test, Tier, Unsteady
from harness.report.stats.spread import Spread
from harness.report.summary import counted

NARROWEST = 60
LABEL, CELL = 22, 9  # columns
NONE = "-"


def lines(figures: Figures, path: str, width: int) -> Iterator[str]:
    """Yield the lines that tell of a history.

    Args:
        figures: What it comes to.
        path: What to call it.
        width: How long a line may be.
    """
    yield from heading(figures, path)
    yield from times(figures)
    yield from tests(figures.slowest, width)
    yield from tiers(figures.tiers)
    yield from flakes(figures.flakes, width)
    yield from table("skipped, by reason", ["tests"], reasons(figures, width))
    yield from table(
        "last changes",
        ["runs", "failed", "minutes"],
        (
            ((each.commit or NONE)[:12], [each.runs, each.failed, each.minutes])
            for each in figures.changes
        ),
    )
    yield from table(
        "last weeks",
        ["runs", "run P95", "test P95"],
        ((each.week, [each.runs, each.run_p95, each.test_p95]) for each in figures.weeks),
    )


def heading(figures: Figures, path: str) -> Iterator[str]:
    """Yield what the numbers are of."""
    yield path
    if figures.since is None or figures.until is None:
        yield "no runs"
        return
    first, last = figures.since.partition("T")[0], figures.until.partition("T")[0]
    when = f"of {first}" if first == last else f"from {first} to {last}"
    left = f", {figures.unfinished} not ended" if figures.unfinished else ""
    yield f"{counted(figures.runs, 'run')} {when}{left}"


def times(figures: Figures) -> Iterator[str]:
    """Yield how long runs and tests take, and what that is spent on."""
    rows = [("a run", figures.run_seconds), ("a test", figures.test_seconds)]
    cells = ((label, cells_of(spread)) for label, spread in rows if spread is not None)
    yield from table("seconds", ["median", "P95", "P99"], cells)
    if figures.parts.total:
        yield ", ".join(shares(figures.parts))


def shares(parts: Parts) -> Iterator[str]:
    """Yield how much of all time each part took."""
    for name, seconds in (
        ("set-up", parts.setup),
        ("body", parts.body),
        ("release", parts.release),
        ("fixtures", parts.fixtures),
    ):
        yield f"{name} {100 * seconds / parts.total:.0f} %"


def tests(found: Sequence[Test], width: int) -> Iterator[str]:
    """Yield the slowest tests: a line with the name, and one with the times."""
    if found:
        yield from table("slowest tests, seconds", ["median", "P95", "P99", "set-up"], ())
    for test in found:
        yield shortened(test.name, width)
        yield row("", [*cells_of(test.seconds), test.setup])


def tiers(found: Sequence[Tier]) -> Iterator[str]:
    """Yield the tests by tier, and the quotas that they are held to."""
    rows = (
        (tier.tier or NONE, [tier.tests, f"{tier.share:.0f} %", tier.total, tier.slowest])
        for tier in found
    )
    yield from table("tiers", ["tests", "share", "seconds", "slowest"], rows)
    for held in (each for tier in found for each in tier.quotas):
        what = "met" if held.met else "NOT MET"
        yield f"quota {held.quota}: {what}, it is {cell_of(held.value)}{held.quota[-1]}"


def flakes(found: Flakes, width: int) -> Iterator[str]:
    """Yield how steady tests are."""
    if found.rate is None:
        return
    yield ""
    yield f"{found.flaky} of {counted(found.test_runs, 'test run')} flaky: {100 * found.rate:.2f} %"
    yield f"{counted(found.attempts, 'attempt')} to run a failed test once more"
    for test in found.tests:
        yield shortened(test.name, width)
        yield f"    {', '.join(ways(test))}"


def ways(test: Unsteady) -> Iterator[str]:
    """Yield in which ways a test is not steady."""
    if test.flaky:
        yield f"flaky in {counted(test.flaky, 'run')}"
    if test.commits:
        yield f"passed and failed at {counted(test.commits, 'commit')}"


def reasons(figures: Figures, width: int) -> Iterator[tuple[str, list[object]]]:
    """Yield why tests were skipped."""
    for each in figures.skips:
        yield shortened(each.reason.partition("\n")[0], width - CELL, keep_end=False), [each.tests]


def table(
    title: str, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[object]]]
) -> Iterator[str]:
    """Yield a table: after an empty line its title with the columns' names, and its rows."""
    found = list(rows)
    if found or title.startswith("slowest"):
        yield ""
        yield row(title, columns)
        yield from (row(label, cells) for label, cells in found)


def row(label: str, cells: Sequence[object]) -> str:
    """Return a line of a table; a longer label takes the room of the columns that are not there.

    Example:
        >>> row("a run", [1.5, None])
        'a run                                         1.5        -'
    """
    room = LABEL + CELL * (4 - len(cells))
    return f"{label:<{room}}"[: max(room, len(label))] + "".join(
        f"{cell_of(value):>{CELL}}" for value in cells
    )


def cell_of(value: object) -> str:
    """Return a value in a few characters.

    Example:
        >>> cell_of(0.00123), cell_of(12.345), cell_of(999.9), cell_of(7), cell_of(None)
        ('0.0012', '12.3', '1000', '7', '-')
    """
    if isinstance(value, float):
        return f"{value:.2g}" if value < 1 else f"{value:.3g}" if value < 999.5 else f"{value:.0f}"
    return NONE if value is None else str(value)


def cells_of(spread: Spread) -> list[object]:
    """Return the cells of a spread."""
    return [spread.median, spread.p95, spread.p99]


def shortened(text: str, width: int, *, keep_end: bool = True) -> str:
    r"""Return a text that fits in a line, without its beginning or its end.

    What would move the cursor is written as in `\x1b`.

    Example:
        >>> shortened("tests.test_a.ATest.test_b", 15)
        '…a.ATest.test_b'
    """
    text = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
    if len(text) <= width:
        return text
    return f"…{text[1 - width :]}" if keep_end else f"{text[: width - 1]}…"
