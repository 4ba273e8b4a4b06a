"""What lines each test reaches, by coverage.py, over all workers."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
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
        raise ConfigurationError(f"the configuration of coverage.py cannot be used: {error}") from error


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
        self._coverage.start()

    def enter(self, context: str) -> None:
        """Take note of what is run from now on: a test, or the fixtures of a unit."""
        self._coverage.switch_context(context)

    def close(self) -> None:
        """Write the rest."""
        self._coverage.stop()
        self._coverage.save()


@dataclass
class Measured:
    """What the workers have measured, brought together.

    Attributes:
        directory: Where the files of all workers lie while the run is under way.
        warnings: What coverage.py warned of.
    """

    directory: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="harness-cov-")))
    warnings: list[str] = field(default_factory=list)

    def report(self) -> tuple[str, str]:
        """Write the data file of the project, and return the report on it.

        Returns:
            The report, and why it is not good enough: `fail_under` says so; empty if it is.

        Raises:
            coverage.CoverageException: There is nothing to report, or it cannot be written.
        """
        whole, text = configured(), io.StringIO()
        with self._noted():
            whole.combine([str(self.directory)])
            whole.save()
            total = whole.report(file=text)
        return text.getvalue(), too_little(total, whole)

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        self.warnings += [str(each.message) for each in caught]

    def close(self) -> None:
        """Remove the workers' files."""
        shutil.rmtree(self.directory, ignore_errors=True)


def too_little(total: float, coverage: Any) -> str:
    """Return why so many percent are not enough; empty if they are."""
    least = float(coverage.get_option("report:fail_under") or 0)
    precision = int(coverage.get_option("report:precision") or 0)
    short = total < 100 if least == 100 else round(total, precision) < least
    return f"coverage is {total:.2f} %, and `fail_under` asks for {least:g} %" if short else ""
