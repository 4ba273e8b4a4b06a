"""What is said of a test that was repeated."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from harness.report.summary import counted
from harness.runner.selection import HERE, Selection
from harness.runner.stress.chance import highest, percent
from harness.runner.stress.culprits import Culprits
from harness.runner.stress.hunt import Catch
from harness.runner.stress.laboratory import Tally
from harness.runner.stress.options import Options
from harness.runner.stress.trial import Run

EACH = "each in a process of its own"
NONE_WHOLE = "nothing is known: in no order did all the others run to their end before it"


def beginning(tests: Sequence[str], options: Options) -> str:
    """Return what is about to be done."""
    what = tests[0] if len(tests) == 1 else f"{len(tests)} tests of {options.test}"
    busy = f" beside {options.load} busy ones" if options.load else ""
    terms = options.terms
    limits = [
        *([f"up to {counted(terms.runs, 'time')}"] if terms.runs is not None else []),
        *([f"for {terms.seconds:g} s"] if terms.seconds is not None else []),
    ]
    return f"repeating {what} in {options.lanes} processes{busy}, {', '.join(limits)}"


def pace_of(catch: Catch) -> str:
    """Return how long it took."""
    return f"{catch.seconds:.1f} s, {catch.passes / max(catch.seconds, 0.001):.0f} runs a second"


def never(catch: Catch) -> str:
    """Return what is said of a test that has not failed."""
    runs = counted(catch.passes, "run")
    return (
        f"it did not fail in {runs} ({pace_of(catch)}): with 95 %, it fails in less "
        f"than {percent(highest(catch.passes))} of them"
    )


def never_after(orders: int) -> str:
    """Return what is said of a test that has not failed after others."""
    return (
        f"it did not fail after the others either, in {counted(orders, 'order')}: with 95 %, it "
        f"fails in less than {percent(highest(orders))} of them"
    )


def caught(catch: Catch, output: str) -> str:
    """Return what has failed, and how often it was run until then."""
    lines = [
        f"{catch.failure.kind.upper()}: {catch.run.test}",
        catch.failure.text.rstrip(),
        *(["it printed:", output] if output else []),
        "",
        f"failed: {Tally(1, catch.passes)} runs ({pace_of(catch)})",
        f"seed: {catch.run.seed}",
    ]
    return "\n".join(lines)


def measured(where: str, tally: Tally) -> str:
    """Return how often it fails.

    Example:
        >>> measured("alone", Tally(10, 10))
        'alone: 10 of 10 runs fail'
    """
    return f"{where}: {tally} runs fail"


def listed(culprits: Culprits, test: str) -> str:
    """Return what has to run before it."""
    names = [f"    {run.test}" + (" itself" if run.test == test else "") for run in culprits.runs]
    several = len(names) > 1
    sure = percent(1 - culprits.doubt)
    needed = "each of these is needed" if several else "it is needed"
    return "\n".join(
        [
            f"it fails after {'these, run' if several else 'this, run'} in one process before it:",
            *names,
            f"    {culprits.after} runs fail after {'them' if several else 'it'}; {needed}: "
            f"without, none of {culprits.times} did ({sure} sure)",
        ]
    )


def command(selection: Selection, before: Iterable[Run], run: Run) -> str:
    """Return the command that repeats a test, with others before it.

    Example:
        >>> command(Selection(), [], Run("test_a.ATest.test_b", 7))
        'harness run --seed 7 test_a.ATest.test_b'
    """
    names = " ".join(shlex.quote(each.test) for each in (*before, run))
    return f"harness run{places(selection)} --seed {run.seed} {names}"


def places(selection: Selection) -> str:
    """Return the options that say where names are imported from; empty if it is here.

    Example:
        >>> places(Selection(start="tests")), places(Selection())
        (' -s tests', '')
    """
    start = "" if selection.start == HERE else f" -s {shlex.quote(selection.start)}"
    return start if selection.top is None else f"{start} -t {shlex.quote(selection.top)}"


def stress_command(selection: Selection, run: Run) -> str:
    """Return the command that repeats a test with one seed, until it fails."""
    test = shlex.quote(run.test)
    return f"harness stress{places(selection)} --seed {run.seed} --same-seed {test}"


def of_seeds(alone: Tally, others: Tally) -> str:
    """Return what the seed has to do with it.

    Example:
        >>> of_seeds(Tally(10, 10), Tally(0, 10))
        'the seed decides'
    """
    if alone.failed < alone.runs:
        return f"chance decides, and not the seed alone: it fails in {alone.words}"
    return "it fails whatever the seed" if others.failed == others.runs else "the seed decides"


def of_chance(tally: Tally) -> str:
    """Return what is said of a test that fails at times, whatever is the same."""
    why = "such as time, the order of threads, or what is outside the process"
    if not tally.failed:
        return f"it could not be repeated: chance decides, {why}"
    return f"chance decides, {why}: it fails in {tally.words}"


def of_one_seed(before: Sequence[Run], run: Run) -> tuple[Run, ...]:
    """Return what ran before a test, with its seed."""
    return tuple(each._replace(seed=run.seed) for each in before)
