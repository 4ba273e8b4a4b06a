"""How far a run is, in a line of any width."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SLOW = 5.0  # seconds after which a test is named that is not over

COUNT, BAD, TIME, NAME = "count", "bad", "time", "name"  # what a part of a line is


@dataclass(frozen=True)
class Running:
    """A test that is not over.

    Attributes:
        name: Its name.
        worker: Who runs it.
        seconds: How long by now.
    """

    name: str
    worker: int
    seconds: float


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        expected: How many seconds tests took before, as far as that is known.
        total: How many tests there are; none while they are loaded.
        workers: How many there are to run them.
        done: Of how many it is known what became of them.
        failed: How many of these have failed.
        seconds: How long the run has taken by now.
        running: The tests that have begun and are not over.
    """

    expected: Mapping[str, float] = field(default_factory=dict)
    total: int = 0
    workers: int = 1
    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    running: Sequence[Running] = ()

    def __post_init__(self) -> None:
        self._left = math.fsum(self.expected.values())

    def finish(self, name: str, failed: bool) -> None:
        """Take note that a test is over."""
        self.done += 1
        self.failed += failed
        self._left -= self.expected.get(name, 0.0)

    def slow(self) -> list[Running]:
        """Return the tests that take long, the longest first."""
        found = [each for each in self.running if each.seconds >= SLOW]
        return sorted(found, key=lambda each: -each.seconds)

    def left(self) -> float | None:
        """Return how many seconds are left, as far as that can be told; None if it cannot."""
        if not self.expected or self.done >= self.total:
            return None
        begun = [(self.expected.get(each.name, 0.0), each.seconds) for each in self.running]
        gone = math.fsum(min(takes, by_now) for takes, by_now in begun)
        longest = max((takes - by_now for takes, by_now in begun), default=0.0)
        return max((self._left - gone) / max(self.workers, 1), longest, 0.0)


def guessed(names: Sequence[str], known: Mapping[str, float]) -> dict[str, float]:
    """Return how many seconds each test will take: as before, or else as the others do.

    Args:
        names: All tests.
        known: How many seconds tests took before.

    Returns:
        Nothing, where less than half of the tests are known.

    Example:
        >>> guessed(["a", "b"], {"a": 2.0})
        {'a': 2.0, 'b': 2.0}
    """
    found = [known[name] for name in names if name in known]
    if not found or 2 * len(found) < len(names):
        return {}
    usual = math.fsum(found) / len(found)
    return {name: known.get(name, usual) for name in names}


@dataclass(frozen=True)
class Part:
    """A part of a line.

    Attributes:
        text: What it says.
        kind: What it is about.
    """

    text: str
    kind: str


COMMA = ", "
LOADING = "loading tests"
SHORTEST_NAME = 16  # with less of a test's name than that it is not shown


def line_of(progress: Progress, width: int, measure: Callable[[str], int] = len) -> list[Part]:
    """Return the parts of a line that says how far a run is; it has a comma between them.

    In a narrow terminal the less important parts are left out.

    Args:
        progress: How far it is.
        width: How many cells of a terminal there are.
        measure: Tells how many cells a text takes.

    Example:
        >>> [part.text for part in line_of(Progress(total=40, done=7, failed=1, seconds=62), 60)]
        ['7/40', '1 failed', '1:02']
    """
    chosen = list(choices(progress))
    rooms = [width - measure(COMMA.join(part.text for part in parts)) for parts in chosen]
    for parts, room in zip(chosen, rooms, strict=True):
        slow = slow_part(progress, room - len(COMMA), measure)
        if slow is not None:
            return [*parts, slow]
    fitting = [parts for parts, room in zip(chosen, rooms, strict=True) if room >= 0]
    return fitting[0] if fitting else [Part(f"{progress.done}/{progress.total}"[:width], COUNT)]


def choices(progress: Progress) -> Iterable[list[Part]]:
    """Yield what a line may say beside a slow test, the longest first."""
    if not progress.total:
        loading = [Part(LOADING, COUNT)]
        yield from ([*loading, Part(clock(progress.seconds), TIME)], loading)
        return
    count = [Part(f"{progress.done}/{progress.total}", COUNT)]
    if progress.failed:
        count.append(Part(f"{progress.failed} failed", BAD))
    left = progress.left()
    remaining = [] if left is None else [Part(f"{clock(left)} left", TIME)]
    yield [*count, Part(clock(progress.seconds), TIME), *remaining]
    if remaining:
        yield [*count, *remaining]
    yield count


def slow_part(progress: Progress, room: int, measure: Callable[[str], int]) -> Part | None:
    """Return the part that names the test that takes longest, if there is one and room for it."""
    slow = progress.slow()
    if not slow:
        return None
    more = f" +{len(slow) - 1}" if len(slow) > 1 else ""
    rest = f" {slow[0].seconds:.0f} s{more}"
    room -= len(rest)
    if room < min(SHORTEST_NAME, measure(slow[0].name)):
        return None
    return Part(ending(slow[0].name, room, measure) + rest, NAME)


def ending(name: str, room: int, measure: Callable[[str], int] = len) -> str:
    """Return a name, or as much of its end as there is room for.

    Example:
        >>> ending("tests.test_shop.ShopTest.test_buying", 20)
        '...pTest.test_buying'
        >>> ending("test_buying", 20)
        'test_buying'
    """
    if measure(name) <= room:
        return name
    while name and measure(name) > room - 3:
        name = name[1:]
    return f"...{name}"


def clock(seconds: float) -> str:
    """Return a time as a clock shows it.

    Example:
        >>> clock(7.6), clock(3725)
        ('0:08', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
