"""`harness run`: any unittest suite, in several processes."""

from __future__ import annotations

import os
import sys

import click

from harness.core.printing import announce_seed
from harness.core.seed import run_seed
from harness.errors import ConfigurationError
from harness.runner.options import ORDERS, Options

AUTO = "auto"


def workers_of(text: str) -> int:
    """Return how many processes are meant.

    Raises:
        ConfigurationError: That is no number.

    Example:
        >>> workers_of("3")
        3
    """
    if text == AUTO:
        known = hasattr(os, "sched_getaffinity")
        return len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise ConfigurationError(
        f"-n {text}: expected a number of processes", hint=f"write -n 4, or -n {AUTO}"
    )


@click.command()
@click.pass_context
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-s", "--start-directory", default=".", help="Where to begin to discover.")
@click.option("-p", "--pattern", default="test*.py", help="Which files hold tests.")
@click.option("-t", "--top-level-directory", help="From where modules are imported.")
@click.option("-k", "patterns", multiple=True, help="Run tests with this in their name.")
@click.option("-n", "workers", default="1", metavar="N|auto", help="How many processes.")
@click.option("-f", "--failfast", is_flag=True, help="Stop at the first failure.")
@click.option("-b", "--buffer", is_flag=True, help="Show what a test prints only if it fails.")
@click.option("--locals", "show_locals", is_flag=True, help="Show local variables.")
@click.option("--timeout", type=float, metavar="SECONDS", help="How long one test may take.")
@click.option("--seed", type=int, metavar="N", help="Make the random choices of the run with N.")
@click.option("--order", type=click.Choice(ORDERS), default=ORDERS[0], show_default=True)
@click.option("--junit", type=click.Path(dir_okay=False), help="Write JUnit XML into this file.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each test.")
def run(
    context: click.Context,
    names: tuple[str, ...],
    start_directory: str,
    pattern: str,
    top_level_directory: str | None,
    patterns: tuple[str, ...],
    workers: str,
    failfast: bool,
    buffer: bool,
    show_locals: bool,
    timeout: float | None,
    seed: int | None,
    order: str,
    junit: str | None,
    verbose: bool,
) -> None:
    """Run a unittest suite, and account for every test.

    NAME is a module, a class or a method, as `python -m unittest` takes it; without one, tests are
    discovered. A worker process that dies loses the test it was in, and no other.

    \b
    Exits with
      0    all tests have passed
      1    a test or a fixture has failed, or a test has ended its worker
      2    the command line is wrong
      3    it is not known what became of a test, or the tests could not be loaded
      5    there were no tests
      130  the run was interrupted
    """  # noqa: D301 - \b is click's, and keeps the lines as they are
    from harness.report.junit import library
    from harness.runner import main
    from harness.runner.selection import Selection

    processes = workers_of(workers)
    if seed is not None:
        os.environ["TEST_SEED"] = str(seed)  # for the processes, whatever else sets it
    chosen = run_seed(context.obj) if seed is None else seed
    announce_seed(chosen)
    options = Options(
        selection=Selection(names, start_directory, pattern, top_level_directory, patterns),
        workers=processes,
        buffer=buffer,
        failfast=failfast,
        locals=show_locals,
        timeout=timeout,
        seed=chosen,
        order=order,
    )
    if junit is not None:
        library()  # missing, it is told before the run
    sys.exit(main.run(options, verbose=verbose, junit=junit))
