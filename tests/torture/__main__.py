"""`python -m tests.torture [--seed N] [--kills N] [--seconds N] [--scenario NAME]...`."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.torture.kills import VICTIMS, Kill, Outcome, torture
from tests.torture.run import runnable
from tests.torture.scenarios import SCENARIOS, Scenario
from tests.torture.steps import MOMENTS

PROCESSES = len(os.sched_getaffinity(0)) + 1  # they wait a little, too
BRIEF = 15.0  # seconds for random statements among other scenarios
RESULTS = ("clean", "repaired", "missed", "FAILED")


def main() -> int:
    """Torture, print a table, and return 1 if anything failed."""
    options = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up then, too
    known = runnable()
    print(f"seed {options.seed}; one kill again: --seed {options.seed} --only NUMBER", flush=True)
    print(f"with {', '.join(sorted(known))}", flush=True)
    parent = Path(tempfile.mkdtemp(prefix="torture-"))
    parent.chmod(0o755)
    began = time.monotonic()
    outcomes = [torturing(kill, parent) for kill in kills(options, known, began)]
    scenarios = Counter(
        play(name, options, parent, known, began)
        for name in chosen(options)
        if options.seconds is None or time.monotonic() < began + options.seconds
    )
    if outcomes:
        show(outcomes)
    results = Counter(outcome.result for outcome in outcomes)
    failed = results["FAILED"] + scenarios["FAILED"]
    if not failed:
        shutil.rmtree(parent, ignore_errors=True)
    passed = results["clean"] + results["repaired"] + scenarios["clean"]
    print(f"{passed} passed, {failed} failed, {results['missed']} skipped")
    return int(bool(failed) or not passed)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("nox -s torture --")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--kills", type=int, default=100, help="how many (100)")
    parser.add_argument("--seconds", type=float, help="stop after so many, whatever is left to do")
    parser.add_argument(
        "--scenario", action="append", choices=(*SCENARIOS, "none"), help="these, not all"
    )
    parser.add_argument("--tests", type=int, default=10_000, help="random ones (10 000)")
    parser.add_argument("--mode", help="the only way to run random tests")
    parser.add_argument(
        "--processes", type=int, default=PROCESSES, help=f"that run random tests ({PROCESSES})"
    )
    parser.add_argument("--only", type=int, action="append", help="number of a kill to repeat")
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> list[str]:
    """Return the scenarios to play: those named; all, unless one kill is to be repeated.

    In an order of the seed: where time is short, another one comes first each time.
    """
    if options.scenario:
        return [name for name in options.scenario if name != "none"]
    names = [] if options.only else list(SCENARIOS)
    random.Random(options.seed).shuffle(names)
    return names


def play(
    name: str, options: argparse.Namespace, parent: Path, known: frozenset[str], first: float
) -> str:
    """Play a scenario, print and return what became of it."""
    began = time.monotonic()
    scenario = Scenario(
        parent,
        parent / "cache",
        options.seed,
        options.seconds is not None,
        "containers" in known,
        options.tests,
        options.mode,
        seconds_for_statements(options, first),
        options.processes,
    )
    reasons = getattr(scenario, name)()
    result = "FAILED" if reasons else "clean"
    print(f"     {result:8} {time.monotonic() - began:5.2f} s  {name}", flush=True)
    for reason in reasons:
        print(f"       {reason}", flush=True)
    return result


def seconds_for_statements(options: argparse.Namespace, began: float) -> float | None:
    """Return how long random statements may be run: until the end only where nothing follows."""
    if options.seconds is None:
        return None
    return BRIEF if len(chosen(options)) > 1 else began + options.seconds - time.monotonic()


def kills(options: argparse.Namespace, known: frozenset[str], began: float) -> Iterator[Kill]:
    """Yield the kills of a seed, until their number or half of the time is up."""
    deadline = began + (1e9 if options.seconds is None else options.seconds / 2)
    for number in options.only or range(options.kills):
        if time.monotonic() > deadline:
            return
        yield Kill.drawn(options.seed, number, known)


def torturing(kill: Kill, parent: Path) -> Outcome:
    """Torture once, and print what became of it."""
    outcome = torture(kill, parent, parent / "cache")
    print(f"{kill.number:4} {outcome.result:8} {outcome.seconds:5.2f} s  {kill}", flush=True)
    for reason in outcome.reasons:
        print(f"       {reason}", flush=True)
    return outcome


def show(outcomes: list[Outcome]) -> None:
    """Print the tables: what became of the kills, by victim and by moment."""
    hit = [outcome for outcome in outcomes if outcome.moment]
    moments = tuple(dict.fromkeys(MOMENTS.values()))
    print(f"\n{'kills':16}" + "".join(f"{moment:>11}" for moment in moments))
    for victim in VICTIMS:
        counts = Counter(o.moment for o in hit if o.kill.victim == victim)
        print(f"{victim:16}" + "".join(f"{counts[moment] or '':>11}" for moment in moments))
    print(f"\n{'':16}" + "".join(f"{result:>11}" for result in ("kills", *RESULTS)))
    for victim in VICTIMS:
        counts = Counter(o.result for o in outcomes if o.kill.victim == victim)
        row = (counts.total(), *(counts[result] for result in RESULTS))
        print(f"{victim:16}" + "".join(f"{number or '':>11}" for number in row))


if __name__ == "__main__":
    sys.exit(main())
