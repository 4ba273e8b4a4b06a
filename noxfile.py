"""The project's checks: `nox -l` lists them, `nox -s NAME` runs one."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "typing", "tests", "samples"]
nox.options.reuse_existing_virtualenvs = True
nox.options.default_venv_backend = "uv|virtualenv"  # the quicker one, where it is installed

PYTHONS = ("3.11", "3.12", "3.13")
STRICT = ("-b", "-X", "dev", "-W", "error")
# Python's development mode checks all memory, too: a fifth of the time, for errors that only C can
# make, of which nothing here is ours.
QUICK = {"PYTHONMALLOC": "pymalloc"}
JOBS = "3"  # processes: tests wait more than they compute, and each process has servers of its own
# Some of seven thousand tests look at servers that other processes use: one that passes when it is
# run again is told as flaky. The run fails for more than half a percent of them.
FLAKY = ("--flaky", "pass")
# What other Pythons than the oldest run: units and the servers' conformance; the newest runs our
# commands, too. The suites that start many processes have not behaved otherwise on any so far; they
# run with `nox -s matrix-3.13 -- -k tests.integration`.
UNITS = (
    *("tests.adapters", "tests.core", "tests.data", "tests.providers", "tests.services"),
    *("tests.testing", "tests.test_doctests", "Conformance"),
)
COMMANDS = ("tests.cli", "tests.report", "tests.runner")
CHOSEN = {"3.11": (), "3.12": UNITS, "3.13": (*UNITS, *COMMANDS)}
WITHOUT_DOCKER = {"DOCKER_HOST": "unix:///nowhere"}
# Programs that are no Python: the mock cluster and our own fault proxy take their places.
WITHOUT_REAL_SERVERS = {"KAFKA_HOME": "", "HARNESS_CI_TOXIPROXY": ""}
DRIVERS = ("asyncpg",)  # beside those of the extras
MATCHERS = ("dirty-equals",)
READERS = ("pyte", "xmlschema")  # of what a terminal shows, and of what a schema accepts
MODELS = ("attrs", "pydantic")  # the classes of others that factories make
LINTERS = ("check-jsonschema",)  # of what `harness init ci` writes
TESTING = (*DRIVERS, *MATCHERS, *MODELS, *READERS, *LINTERS)
WORKFLOWS = (*sorted(Path(".github/workflows").glob("*.yml")),)
SHARDS = int(os.environ.get("SHARDS", "2"))  # parts of the tests, each for one job of CI
PARTS = [nox.param(f"{n}/{SHARDS}", id=f"{n}/{SHARDS}") for n in range(1, SHARDS + 1)]
RESULTS = Path("build/shards")  # what they leave, and `merge` takes
HISTORY = Path(".harness/history.sqlite")  # how long tests took, by which they are shared out
EXTRAS = (
    "postgres",
    "psycopg",
    "redis",
    "faults",
    "kafka",
    "docker",
    "embedded",
    "sqlalchemy",
    "alembic",
    "factories",
    "factory-boy",
    "polyfactory",
    "clock",
    "report",
    "coverage",
    "cluster",
    "all",
)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and who may import whom."""
    session.install("ruff", "import-linter", *LINTERS, "zizmor", "-e", ".[all]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--config", "setup.cfg")
    lint_workflows(session)


def lint_workflows(session: nox.Session) -> None:
    """Our workflows, and those that `harness init ci` writes."""
    place = Path(session.create_tmp())
    with session.chdir(place):
        session.run("git", "init", "--quiet", external=True)  # else they are below this repository
        for system in ("--github", "--gitlab"):
            session.run("harness", "init", "ci", system, "--force", silent=True)
    templates = sorted(place.glob(".github/workflows/*.yml"))
    for schema, files in (
        ("github-workflows", [*WORKFLOWS, *templates]),
        ("gitlab-ci", [".gitlab-ci.yml", place / ".gitlab-ci.yml"]),
    ):
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    session.run("zizmor", "--offline", "--quiet", *WORKFLOWS, *templates)
    if shutil.which("actionlint"):  # a program in Go, which nobody has to have
        session.run("actionlint", *WORKFLOWS, *templates, external=True)


@nox.session
def typing(session: nox.Session) -> None:
    """mypy in strict mode, and the public API as its users' type checkers see it."""
    session.install("mypy", "pyright", "-e", ".[all]")
    session.run("mypy")
    session.run("mypy", "--strict", "tests/typing")
    session.run("pyright", "tests/typing")


@nox.session
def tests(session: nox.Session) -> None:
    """Unit and integration tests, on every provider that is there."""
    run_tests(session)


@nox.session(python=PYTHONS)
def matrix(session: nox.Session) -> None:
    """The tests on each supported Python that is installed, on embedded servers.

    Without those of what no Python can change: `on_one_python` in tests/integration.
    """
    variables = {
        "HARNESS_CI_CONFORMANCE": "embedded",
        "HARNESS_CI_ANOTHER_PYTHON": "1",
        "HARNESS_REQUIRE": "",
        **WITHOUT_DOCKER,
        **WITHOUT_REAL_SERVERS,
    }
    names = CHOSEN[str(session.python)]
    # In four processes, as there are no containers to share the processors with.
    run_tests(session, *(f"-k{name}" for name in names), jobs="4", **variables)


def run_tests(session: nox.Session, *chosen: str, jobs: str = JOBS, **variables: str) -> None:
    session.install("-e", ".[all]", *TESTING)
    again = () if {"-f", "--failfast"} & {*session.posargs} else ("--rerun-failed", "1", *FLAKY)
    arguments = ("-n", jobs, "--durations", "20", *again, *chosen, *session.posargs)
    session.run("python", *STRICT, "-m", "tests", *arguments, env={**QUICK, **variables})


@nox.session
@nox.parametrize("part", PARTS)
def shard(session: nox.Session, part: str) -> None:
    """A part of the tests, as one job of CI runs it; SHARDS says how many there are."""
    place = RESULTS / part.partition("/")[0]
    shutil.rmtree(place, ignore_errors=True)
    reports = ("--history", str(place / "shard.sqlite"), "--junit", str(place / "junit.xml"))
    run_tests(session, "--shard", part, *reports, TEST_SEED=seed(session))


def seed(session: nox.Session) -> str:
    """Return what all shards draw from: what is set, else a number that the commit has."""
    commit = session.run("git", "rev-parse", "HEAD", external=True, silent=True)
    return os.environ.get("TEST_SEED") or str(int(str(commit)[:8], 16))


@nox.session
def merge(session: nox.Session) -> None:
    """What the shards have left, as one run: red if one is missing, or a test."""
    session.install("-e", ".[report]")
    shards = sorted(RESULTS.glob("*/shard.sqlite"))
    reports = ("--history", HISTORY, "--junit", RESULTS / "junit.xml")
    session.run("harness", "merge", *shards, *reports, *FLAKY)


@nox.session
def coverage(session: nox.Session) -> None:
    """Lines and branches that the tests reach, over all their processes."""
    session.install("coverage>=7.10", "-e", ".[all]", *TESTING)
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "tests", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def samples(session: nox.Session) -> None:
    """The samples' own suites, as a reader would run them."""
    session.install("-e", ".[postgres,psycopg,redis,kafka,faults,embedded]")
    for sample in sorted(Path("samples").iterdir()):
        with session.chdir(sample):
            session.run("python", *STRICT, "-m", "unittest", "-v", *session.posargs)


@functools.cache
def directory() -> tempfile.TemporaryDirectory[str]:
    """Return a directory of this run's own, which goes with it."""
    return tempfile.TemporaryDirectory()


def wheel(session: nox.Session) -> Path:
    """Return the wheel, built by the first session that asks, from a copy: others install here."""
    place = Path(directory().name)
    if not list(place.glob("*.whl")):
        not_ours = shutil.ignore_patterns(".*", "build")
        source = shutil.copytree(".", place / "source", ignore=not_ours)
        session.install("build")
        session.run("python", "-m", "build", "--wheel", "--outdir", place, source, silent=True)
    return next(place.glob("*.whl"))


@nox.session(venv_backend="virtualenv")  # with pip, as its users install it
@nox.parametrize("extra", EXTRAS)
def package(session: nox.Session, extra: str) -> None:
    """The wheel alone: it installs with each extra, without pytest, and is complete."""
    # What is never imported need not be compiled.
    session.install("--no-compile", "--force-reinstall", f"{wheel(session)}[{extra}]")
    session.run("python", "tests/packaging/check_wheel.py", extra)


@nox.session
def torture(session: nox.Session) -> None:
    """Runs killed at random moments, random statements, and an exact account of what they leave."""
    session.install("-e", ".[all]", "hypothesis", *DRIVERS)
    session.run("python", "-m", "tests.torture", *session.posargs)


@nox.session
def foreign(session: nox.Session) -> None:
    """Suites of others under unittest and under `harness run`: the same outcomes, test by test."""
    wheels = ("--only-binary=:all:", "--require-hashes", "-r", "tests/foreign/requirements.txt")
    session.install(*wheels)
    session.install("-e", ".[report]")
    session.run("python", "-m", "tests.foreign", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Speed side by side with the peers, as ratios."""
    session.install("-e", ".[all]", "django", *DRIVERS)
    session.run("python", "-m", "tests.benchmarks", *session.posargs)
