"""`harness run`: any unittest suite, in several processes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import contradictions
from harness.cli.run_options import GROUPS, with_options
from harness.core.printing import announce_seed
from harness.core.seed import run_seed
from harness.core.settings import Settings
from harness.core.settings_table import OPTIONS
from harness.core.tiers import parse_tiers
from harness.errors import ConfigurationError
from harness.runner import streams
from harness.runner.options import DURATION, MODES, ClusterOptions, Options, Output

if TYPE_CHECKING:
    from harness.report.history.recorder import Recorder
    from harness.runner.changes.reach import Reach
    from harness.runner.flakes.quarantine import Quarantine
    from harness.runner.processes import Processes
    from harness.runner.selection import Selection

AUTO, LOCAL = "auto", "local"
MOST = 1000  # processes: more take a machine's memory before they take its tests
ADDRESS = re.compile(r"local|([a-z]+://)?[^/\s]+:\d+")
PASSED_ON = (
    *("buffer", "failfast", "locals", "timeout", "order", "until_fail", "time_limit"),
    *("failed_first", "only_failed"),
)  # as they were given


def workers_of(text: str) -> int:
    """Return how many processes are meant.

    Raises:
        ConfigurationError: That is no number, or more than any machine has memory for.

    Example:
        >>> workers_of("3")
        3
    """
    if text == AUTO:
        known = hasattr(os, "sched_getaffinity")
        return len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
    if text.isdecimal() and len(text) <= len(str(MOST)) and 0 < int(text) <= MOST:
        return int(text)
    raise ConfigurationError(
        f"-n {text}: expected a number of processes, from 1 to {MOST}",
        hint=f"write -n 4, or -n {AUTO}",
    )


@click.command()
@click.pass_context
@with_options(*GROUPS)
def run(context: click.Context, **given: Any) -> None:
    """Run a unittest suite, and account for every test.

    NAME is a module, a class or a method, as `python -m unittest` takes it; without one, tests are
    discovered. A worker process that dies loses the test it was in, and no other.

    \b
    Exits with
      0    all tests have passed, or the change reaches none
      1    a test or a fixture has failed, or a test has ended its worker
      2    the command line is wrong, or names a test that does not exist
      3    it is not known what became of a test, the tests could not be loaded,
           a report that was asked for could not be written, or harness itself
           has failed
      4    the run has reached its time limit before all tests were run, or the
           tests reach fewer lines than coverage's fail_under asks for, or more of
           them were flaky than the budget has room for
      5    there were no tests
      130  the run was interrupted
    """  # noqa: D301 - \b is click's, and keeps the lines as they are
    streams.ensure()  # before anything else is opened
    options = options_of(given, context.obj)
    announce_seed(options.seed)
    if given["junit"] is not None:
        from harness.report.junit import library

        library()  # missing, it is told before the run
    recorder = recorder_of(given, context.obj, options)
    processes = started(options)  # before the rest is imported, which is the coordinator's alone
    from harness.runner import main

    sys.exit(main.run(options, output_of(given, context.obj), recorder, processes))


def started(options: Options) -> Processes | None:
    """Start the workers, if they are processes of this machine, and return where they come from."""
    if options.cluster is not None:
        return None
    from harness.runner.processes import Processes

    processes = Processes(options.workers)
    processes.start(options)
    return processes


def options_of(given: Mapping[str, Any], settings: Settings) -> Options:
    """Return how a run is to be, by its command line and the settings."""
    from harness.runner.selection import Selection

    contradictions.check(given)
    selection = {name: given[name] for name in ("names", "start", "pattern", "top", "patterns")}
    kept = {name: given[name] for name in PASSED_ON}
    return Options(
        selection=Selection(**selection),
        workers=workers_of(given["workers"] or "1"),
        cluster=cluster_of(given, settings),
        tiers=tiers_of(given["tiers"], settings),
        reach=reach_of(given["changed_since"], Selection(**selection), settings),
        why=given["why"] or given["verbose"],
        seed=seed_of(given["seed"], settings),
        repeat=given["repeat"] or (None if given["until_fail"] else 1),
        rerun_failed=given["rerun_failed"] or 0,
        artifacts=artifacts_of(given["artifacts"], settings),
        shard=shard_of(given["shard"]),
        capacity=settings.capacity,
        start_ahead=settings.start_ahead,
        memory=settings.memory,
        **past_of(given, settings),
        quarantine=quarantine_of(given["quarantined"], settings),
        flaky=given["flaky"] or settings.flaky,
        flake_budget=share_of(given["flake_budget"], settings.flake_budget),
        coverage=coverage_of(given["coverage"], given["cluster"]),
        **kept,
    )


def tiers_of(given: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """Return the tiers that are run, which the processes take over, whatever else sets them.

    Raises:
        ConfigurationError: There is none of that name.
    """
    if not given:
        return settings.tiers
    tiers = parse_tiers(",".join(given))
    os.environ["HARNESS_TIERS"] = ",".join(tiers)
    return tiers


def reach_of(revision: str | None, selection: Selection, settings: Settings) -> Reach | None:
    """Return what the changes since a revision can reach; None without one.

    Raises:
        ConfigurationError: Git cannot tell.
    """
    if revision is None:
        return None
    from harness.runner.changes import reach

    return reach.reach_of(revision, selection, settings)


def quarantine_of(mode: str, settings: Settings) -> Quarantine | None:
    """Return which tests are set apart, and what is done about them; None if none can be.

    Raises:
        ConfigurationError: The file that says so is wrong.
    """
    path = settings.quarantine or settings.root / "quarantine.toml"
    if mode == MODES[0] and settings.quarantine is None and not path.exists():
        return None
    from harness.runner.flakes.quarantine_file import quarantine_in

    there = settings.quarantine is not None or path.exists()
    return quarantine_in(path if there else None, settings.quarantine_days).run_as(mode)


def share_of(percent: float | None, usual: float) -> float:
    """Return a percentage as a share; if it was not given, the usual one."""
    return usual if percent is None else percent / 100


def cluster_of(given: Mapping[str, Any], settings: Settings) -> ClusterOptions | None:
    """Return which cluster is to run the tests; None if none is.

    Raises:
        ConfigurationError: That is no address.
        MissingExtraError: Dask is not installed.
    """
    if given["cluster"] is None:
        return None
    if not ADDRESS.fullmatch(given["cluster"]):
        raise ConfigurationError(
            f"--cluster {given['cluster']}: expected the address of a scheduler",
            hint="write --cluster tcp://HOST:8786, or --cluster local",
        )
    from harness.runner.cluster.connection import library

    library()  # missing, it is told before the run
    most = workers_of(given["workers"]) if given["workers"] else None
    seconds, directory = settings.cluster_timeout, settings.cluster_dir
    return ClusterOptions(address=given["cluster"], seconds=seconds, directory=directory, most=most)


def shard_of(text: str | None) -> tuple[int, int] | None:
    """Return which shard is meant, of how many; None if all tests are.

    Raises:
        ConfigurationError: There is no such shard.
    """
    if text is None:
        return None
    from harness.runner.schedule.shards import shard_of

    return shard_of(text)


def past_of(given: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Return the options that tell of earlier runs, as far as this run goes by them."""
    failed = given["failed_first"] or given["only_failed"]
    timed = given["order"] == DURATION or given["shard"] is not None
    if not (failed or timed):
        return {}
    from harness.report.history import past

    # Shards have to go by one history: not by the files that each of them writes.
    file = None if given["shard"] else given["history"]
    return past.options(settings, file, failed=failed, timed=timed)


def recorder_of(given: Mapping[str, Any], settings: Settings, options: Options) -> Recorder | None:
    """Return who writes the run into a history; None if nobody does."""
    if options.shard is not None and given["history"] is None:
        return None  # in the project's own the next shard would find other times than this one
    needed = options.failed_first or options.only_failed or options.order == DURATION
    from harness.report.history.place import prepare, recorded

    path = recorded(settings, given["history"], needed=needed)
    if path is None:
        return None
    from harness.report.history.facts import gathered
    from harness.report.history.recorder import Recorder

    prepare(settings, path)
    return Recorder(path, lambda: gathered(options, settings.images))


def output_of(given: Mapping[str, Any], settings: Settings) -> Output:
    """Return what a run tells, and where, by its command line and the settings."""
    kept = {name: given[name] for name in ("verbose", "junit")}
    return Output(durations=given["durations"] or 0, platform=settings.ci_platform, **kept)


def artifacts_of(given: str | None, settings: Settings) -> Path | None:
    """Return where failures are kept, of which the processes are told: they keep logs there."""
    directory = settings.artifacts if given is None else Path.cwd() / given
    if directory is not None:
        os.environ[OPTIONS["artifacts"].environment] = str(directory)
    return directory


def coverage_of(given: bool, cluster: str | None) -> Path | None:
    """Return where workers write what they measure; None if they are not to.

    Raises:
        ConfigurationError: The configuration of coverage.py cannot be used, or nobody here could
            read what workers write.
        MissingExtraError: coverage.py is not installed.
    """
    if not given:
        return None
    if cluster not in (None, LOCAL):
        raise ConfigurationError(
            "--coverage cannot be used with workers on other machines",
            cause="what they measure would stay there",
            hint="write --cluster local, or measure the shards of a run and `coverage combine`",
        )
    from harness.runner.coverage import prepared

    return prepared()


def seed_of(given: int | None, settings: Settings) -> int:
    """Return the seed of the run, which the processes take over, whatever else sets it."""
    if given is not None:
        os.environ["TEST_SEED"] = str(given)
    return run_seed(settings) if given is None else given
