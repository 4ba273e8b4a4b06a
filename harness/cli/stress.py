"""`harness stress`: one test, again and again, until it fails."""

from __future__ import annotations

import dataclasses
import signal
import sys
from typing import Any

import click

from harness.cli.numbers import COUNT, SECONDS
from harness.cli.run import seed_of, workers_of
from harness.cli.run_options import with_options
from harness.core.printing import announce_seed

USUAL = 60.0  # seconds

WHICH = (
    click.argument("test"),
    click.option("--in-suite", is_flag=True, help="Find which other tests make it fail."),
    click.option("-s", "--start-directory", "start", help="Where to begin."),
    click.option("-p", "--pattern", help="Which files hold tests."),
    click.option("-t", "--top-level-directory", "top", help="From where modules are imported."),
)
HOW_LONG = (
    click.option("--runs", type=COUNT, metavar="N", help="How many times at most."),
    click.option("--for", "seconds", type=SECONDS, metavar="SECONDS", help="How long at most."),
)
HOW = (
    click.option("-n", "lanes", default="auto", metavar="N|auto", help="In how many processes."),
    click.option("--fresh", is_flag=True, help="Each time in a process of its own."),
    click.option("--load", metavar="N|auto", help="Busy processes beside them; 0 for none."),
    click.option("--memory", type=COUNT, metavar="MB", help="Memory that is kept busy, too."),
    click.option("--seed", type=int, metavar="N", help="Derive the seed of each run from N."),
    click.option("--same-seed", is_flag=True, help="Make each run with that seed itself."),
    click.option("--timeout", type=SECONDS, metavar="SECONDS", help="How long a test may take."),
)


@click.command()
@click.pass_context
@with_options(WHICH, HOW_LONG, HOW)
def stress(context: click.Context, **given: Any) -> None:
    """Repeat a test until it fails, and say what it takes.

    TEST is a method, a class or a module, as `python -m unittest` takes it. It is run in several
    processes, in a shuffled order, each time with another seed, while other processes keep the
    machine busy: for 60 seconds, if nothing else is said. When it has failed, it is repeated with
    that seed alone, under load, and after what ran before it; the smallest part of that which is
    needed is looked for.

    With --in-suite, TEST is one test that passes alone and fails in its suite. The suite is
    discovered, run before it in different orders, and reduced to what makes the test fail.

    \b
    Exits with
      0    it has not failed
      1    it has failed
      2    the command line is wrong, or the tests cannot be loaded
      5    nothing ran: the tests were skipped, or --in-suite has found no
           order in which the others come to their end
      130  it was interrupted
    """  # noqa: D301 - \b is click's, and keeps the lines as they are
    from harness.runner.stress.main import stress

    seed = seed_of(given["seed"], context.obj)
    announce_seed(seed)
    # What a platform of CI sends to a job that is called off: no test is to outlive it.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(stress(options_of(given, seed), click.echo))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        signal.signal(signal.SIGTERM, before)


def options_of(given: dict[str, Any], seed: int) -> Any:
    """Return what is repeated, and how, by the command line."""
    from harness.runner.selection import Selection
    from harness.runner.stress.options import Options, Terms

    places = {name: given[name] for name in ("start", "pattern", "top") if given[name]}
    discovered = places or given["in_suite"]
    seconds = given["seconds"] or (None if given["runs"] else USUAL)
    terms = Terms(given["runs"], seconds)
    load = given["load"] or ("0" if given["in_suite"] else "auto")
    return Options(
        test=given["test"],
        selection=Selection(**places) if discovered else Selection((given["test"],)),
        lanes=workers_of(given["lanes"]),
        load=0 if load == "0" else workers_of(load),
        terms=dataclasses.replace(terms, each=1) if given["fresh"] else terms,
        seed=seed,
        memory=given["memory"] or 0,
        **{name: given[name] for name in ("same_seed", "timeout", "in_suite")},
    )
