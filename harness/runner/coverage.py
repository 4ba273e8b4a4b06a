"""What lines each test reaches, by coverage.py, over all workers."""

from __future__ import annotations

import io
import shutil
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.core.extras import extra
from harness.errors import ConfigurationError

# What every worker would say again, and what is no trouble in one that has run little.
QUIET = ("no-data-collected", "module-not-imported")
CORE = "ctrace"  # the one by sys.monitoring, the default from Python 3.14 on, knows no contexts


def library() -> Any:
    """Return coverage.py.

    Raises:
        MissingExtraError: It is not installed.
    """
    with extra("coverage", "coverage.py"):
        import coverage
    return coverage


def configured(**given: Any) -> Any:
    """Return a `Coverage` that is set up as the project says, in `.coveragerc` or elsewhere.

    Raises:
        ConfigurationError: That cannot be read.
        MissingExtraError: coverage.py is not installed.
    """
    coverage = library()
    try:
        return coverage.Coverage(**given)
    except coverage.exceptions.ConfigError as error:
        raise ConfigurationError(
            f"the configuration of coverage.py cannot be used: {error}"
        ) from error


class Measuring:
    """Measures what a worker runs, each test in a context that has its name.

    What was reached is written to the disk as soon as the next test begins: a worker that is
    killed loses what its last test has reached, and no more.

    Args:
        directory: Where the files of all workers lie while the run is under way.
    """

    def __init__(self, directory: Path) -> None:
        name = Path(configured().get_option("run:data_file")).name
        self._coverage = configured(data_file=str(directory / name), data_suffix=True)
        quiet = self._coverage.get_option("run:disable_warnings")
        self._coverage.set_option("run:disable_warnings", [*quiet, *QUIET])
        self._coverage.set_option("run:dynamic_context", None)  # they are ours
        if self._coverage.get_option("run:core") in (None, "sysmon"):
            self._coverage.set_option("run:core", CORE)

    def enter(self, context: str) -> None:
        """Take note of what is run from now on: a test, or the fixtures of a unit."""
        self._coverage.switch_context(context)

    def __enter__(self) -> Measuring:
        self._coverage.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._coverage.stop()
        self._coverage.save()  # the rest, and which files nothing has reached


def prepared() -> Path:
    """Return a new directory for the files of all workers.

    Raises:
        ConfigurationError: The configuration cannot be used.
        MissingExtraError: coverage.py is not installed.
    """
    configured()
    return Path(tempfile.mkdtemp(prefix="harness-coverage-"))


@dataclass(frozen=True)
class Measured:
    """What all workers have measured together.

    Attributes:
        table: The report on it.
        short: Why it is not enough, as `fail_under` says; empty if it is.
        problem: Why there is none, or no data file; empty if there is.
        warnings: What coverage.py warns of.
    """

    table: str = ""
    short: str = ""
    problem: str = ""
    warnings: tuple[str, ...] = ()


def gathered(directory: Path) -> Measured:
    """Write the data file of the project from those of all workers, which are removed."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            measured = combined(directory)
        except (library().CoverageException, OSError) as error:
            measured = Measured(problem=str(error))
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    said = dict.fromkeys(str(each.message) for each in caught)
    return replace(measured, warnings=tuple(said))


def combined(directory: Path) -> Measured:
    """Write the data file of the project, and report on it.

    Raises:
        CoverageException: There is nothing to report on, or a file is none of coverage.py's.
        OSError: It cannot be written.
    """
    whole, table = configured(), io.StringIO()
    whole.combine([str(directory)], strict=True)
    whole.save()
    total = whole.report(file=table)
    return Measured(table.getvalue().rstrip("\n"), too_little(total, whole))


def too_little(total: float, coverage: Any) -> str:
    """Return why so many percent are not enough; empty if they are."""
    least = float(coverage.get_option("report:fail_under") or 0)
    precision = int(coverage.get_option("report:precision") or 0)
    short = total < 100 if least == 100 else round(total, precision) < least
    return f"coverage is {total:.2f} %, and `fail_under` asks for {least:g} %" if short else ""
