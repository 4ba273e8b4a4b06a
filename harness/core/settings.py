"""Settings: read once, each kept with where its value came from."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.core import settings_files
from harness.core.nearest import did_you_mean, nearest
from harness.core.order import ProviderOrder, Requirement
from harness.core.quotas import Quota, parse_quotas
from harness.core.record import Record
from harness.core.settings_values import (
    parse_capacity,
    parse_ci_platform,
    parse_count,
    parse_fault_proxy,
    parse_flag,
    parse_flaky,
    parse_optional_int,
    parse_optional_path,
    parse_optional_size,
    parse_patterns,
    parse_percent,
    parse_seconds,
    parse_store,
)
from harness.core.tiers import parse_tiers
from harness.errors import ConfigurationError, UnknownSettingError


class Option(NamedTuple):
    """One setting that exists: its name, how it is read, its default and what it means."""

    name: str
    parse: Callable[[str], Any]
    default: str
    help: str
    variable: str = ""

    @property
    def environment(self) -> str:
        """The environment variable that sets it."""
        return self.variable or f"HARNESS_{self.name.upper()}"


OPTIONS = {
    option.name: option
    for option in (
        Option(
            "providers",
            ProviderOrder.parse,
            "external,docker,embedded",
            "where services run, first choice first; what is left out is excluded; "
            "SERVICE=PROVIDER sets it for one service",
        ),
        Option(
            "require",
            Requirement.parse,
            "",
            "what must not be skipped: all, SERVICE, or SERVICE@PROVIDER, with commas",
        ),
        Option(
            "fault_proxy",
            parse_fault_proxy,
            "any",
            "what proxied services are reached through: any, or own, which is the one that comes "
            "with harness",
        ),
        Option("store", parse_store, "postgres", "what a Store runs on: postgres or sqlite"),
        Option(
            "seed",
            parse_optional_int,
            "",
            "the number from which every random choice follows; drawn when empty",
            "TEST_SEED",
        ),
        Option(
            "images",
            parse_optional_path,
            "",
            "a JSON file whose entries override the pinned images by name",
        ),
        Option("start_timeout", parse_seconds, "60", "seconds a service has to become ready"),
        Option(
            "allow_remote",
            parse_flag,
            "no",
            "accept an external server that is not on this machine (CI accepts it anyway)",
        ),
        Option(
            "data_dir",
            parse_optional_path,
            "",
            "where embedded servers keep their data; shared memory, else the temporary directory",
        ),
        Option(
            "cache_dir",
            parse_optional_path,
            "",
            "where prepared data directories are kept between runs; the user's cache directory",
        ),
        Option(
            "state_dir",
            parse_optional_path,
            "",
            "where processes find each other's services, on a local disk; "
            "the user's directory for state",
        ),
        Option(
            "reuse",
            parse_flag,
            "no",
            "keep services running for the next run; ignored where CI is set",
        ),
        Option(
            "reuse_ttl",
            parse_seconds,
            "1800",
            "seconds after which a service that was kept and not used again is removed",
        ),
        Option(
            "keep_templates",
            parse_count,
            "10",
            "migrated databases that `reuse` keeps on a server; the least recently used go first",
        ),
        Option(
            "build_timeout",
            parse_seconds,
            "600",
            "seconds to wait for another process that is migrating the same database",
        ),
        Option(
            "max_orphans",
            parse_count,
            "100",
            "databases or topics of killed runs that a start drops on an external server; with "
            "more it is refused",
        ),
        Option(
            "artifacts",
            parse_optional_path,
            "",
            "where the logs of failed tests are kept, one folder a test; kept nowhere when empty",
        ),
        Option(
            "tiers",
            parse_tiers,
            "",
            "which tests run: unit, integration, e2e, with commas; all of them when empty",
        ),
        Option(
            "ignored_changes",
            parse_patterns,
            "",
            "patterns of files that no test depends on, such as docs/*, for `--changed-since`",
        ),
        Option(
            "quarantine",
            parse_optional_path,
            "",
            "a TOML file of tests that are set apart; quarantine.toml, if it is there",
        ),
        Option(
            "quarantine_days",
            parse_count,
            "90",
            "how many days ahead an entry of the quarantine may expire at most",
        ),
        Option(
            "flaky",
            parse_flaky,
            "fail",
            "what becomes of a run with flaky tests: fail, or pass up to the budget",
        ),
        Option(
            "flake_budget",
            parse_percent,
            "0.5",
            "how many of all test runs may be flaky, in percent",
        ),
        Option(
            "cluster_timeout",
            parse_seconds,
            "10",
            "seconds that a cluster has to answer, and may be without a worker that can run tests",
        ),
        Option(
            "cluster_dir",
            str,
            "",
            "the project's directory on the machines of a cluster; that of this machine when empty",
        ),
        Option(
            "capacity",
            parse_capacity,
            "",
            "how many workers of a run may use a service: SERVICE=N, with commas; all that there "
            "are when empty",
        ),
        Option(
            "start_ahead",
            parse_count,
            "8",
            "how many services a run of several processes starts before tests need them, those of "
            "the longest tests; 0 for none",
        ),
        Option(
            "memory",
            parse_optional_size,
            "",
            "MiB that tests which say how much memory they need may use at a time; what the "
            "machine or the container has when empty",
        ),
        Option(
            "history",
            parse_optional_path,
            "",
            "the file that runs are recorded in, or off; when empty it is .harness/history.sqlite, "
            "once a run has made it",
        ),
        Option(
            "quotas",
            parse_quotas,
            "",
            "what `harness stats` holds tiers to, such as unit>=70%, e2e<=10%, unit<=1s",
        ),
        Option(
            "ci_platform",
            parse_ci_platform,
            "auto",
            "whose annotations and folds the output of a run has: auto, github, gitlab or none",
        ),
    )
}


class Settings(Record):
    """All settings of one run.

    Attributes:
        root: Directory that relative paths are resolved against.
        sources: Where each value came from, by the setting's name.

    Example:
        >>> settings = Settings.read(environ={"HARNESS_PROVIDERS": "embedded"})
        >>> settings.sources["providers"]
        'HARNESS_PROVIDERS'
    """

    root: Path
    providers: ProviderOrder
    require: Requirement
    fault_proxy: str
    store: str
    seed: int | None
    images: Path | None
    start_timeout: float
    allow_remote: bool
    data_dir: Path | None
    cache_dir: Path | None
    state_dir: Path | None
    reuse: bool
    reuse_ttl: float
    keep_templates: int
    build_timeout: float
    max_orphans: int
    artifacts: Path | None
    tiers: tuple[str, ...]
    ignored_changes: tuple[str, ...]
    quarantine: Path | None
    quarantine_days: int
    flaky: str
    flake_budget: float
    cluster_timeout: float
    cluster_dir: str
    capacity: Mapping[str, int]
    start_ahead: int
    memory: float | None
    history: Path | None
    quotas: tuple[Quota, ...]
    ci_platform: str
    environ: Mapping[str, str]
    texts: Mapping[str, str]
    sources: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={getattr(self, name)!r}' for name in OPTIONS)})"

    @classmethod
    def read(
        cls,
        directory: Path | None = None,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, str] | None = None,
        overrides_from: str = "argument",
    ) -> Settings:
        """Read the settings: overrides, then the environment, then a file, then the defaults.

        Args:
            directory: Where to look for a settings file, with its parents; the working directory.
            environ: Environment variables; those of the process.
            overrides: Values that win over everything, by setting name.
            overrides_from: What to call the place the overrides came from.

        Raises:
            UnknownSettingError: A file or an override names a setting that does not exist.
            ConfigurationError: A value cannot be read.
        """
        environ = dict(os.environ if environ is None else environ)
        found = settings_files.find(directory or Path.cwd())
        layers: list[tuple[Callable[[str], str], Mapping[str, str]]] = [
            (lambda _: overrides_from, check_names(overrides or {}, overrides_from)),
            (variable_of, from_environment(environ)),
            (lambda _: str(found.path), check_names(found.values, str(found.path))),
            (lambda _: "default", {name: option.default for name, option in OPTIONS.items()}),
        ]
        texts: dict[str, str] = {}
        sources: dict[str, str] = {}
        for source, values in layers:
            for name, text in values.items():
                if name not in texts:
                    texts[name], sources[name] = text, source(name)
        parsed = {name: parse(name, texts[name], sources[name], found.root) for name in OPTIONS}
        return cls(root=found.root, environ=environ, texts=texts, sources=sources, **parsed)

    def override(self, **values: str) -> Settings:
        """Return the same settings with some of them set by an argument.

        Raises:
            UnknownSettingError: A name is not that of a setting.
            ConfigurationError: A value cannot be read.
        """
        check_names(values, "argument")
        texts = {**self.texts, **values}
        sources = {**self.sources, **dict.fromkeys(values, "argument")}
        parsed = {name: parse(name, texts[name], sources[name], self.root) for name in OPTIONS}
        return Settings(
            root=self.root, environ=self.environ, texts=texts, sources=sources, **parsed
        )

    @property
    def in_ci(self) -> bool:
        """Whether this is a CI job, by the variable that CI products set."""
        return bool(self.environ.get("CI"))

    def resolve(self, path: str | os.PathLike[str]) -> Path:
        """Return `path` as an absolute one, against the directory of the settings file."""
        return (self.root / Path(path).expanduser()).resolve()


@functools.cache
def current_settings() -> Settings:
    """Read this process's settings, once, at first use."""
    return Settings.read()


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return OPTIONS[name].environment


def parse(name: str, text: str, source: str, root: Path) -> Any:
    """Read one value; an unreadable one is an error that says where it stands."""
    try:
        value = OPTIONS[name].parse(text)
    except ConfigurationError as error:
        error.what += f" (in {name}, set by {source})"
        raise
    except ValueError as error:
        raise ConfigurationError(
            f"the setting {name} has the value {text!r}, set by {source}",
            cause=str(error),
            hint=f"{name}: {OPTIONS[name].help}",
        ) from error
    return root / value if isinstance(value, Path) else value


def check_names(values: Mapping[str, str], source: str) -> Mapping[str, str]:
    """Return `values` if all its names are settings."""
    for name in values:
        if name not in OPTIONS:
            raise UnknownSettingError(
                f"unknown setting {name!r} in {source}", hint=did_you_mean(name, OPTIONS)
            )
    return values


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that the environment sets; warn of a likely misspelling.

    An unknown `HARNESS_*` variable is no error: a CI product of that name exports its own.
    """
    variables = {option.environment: name for name, option in OPTIONS.items()}
    for variable in environ:
        if variable.startswith("HARNESS_") and variable not in variables:
            near = nearest(variable, variables, cutoff=0.9)
            if near and edits_apart(variable, near) == 1:
                warnings.warn(f"{variable} is not a setting; did you mean {near}?", stacklevel=2)
    return {name: environ[variable] for variable, name in variables.items() if variable in environ}


def edits_apart(one: str, other: str) -> int:
    """Count the insertions, deletions, substitutions and swaps of neighbours between two words.

    The optimal string alignment distance (Boytsov, 2011).

    Example:
        >>> edits_apart("HARNESS_REQIURE", "HARNESS_REQUIRE")
        1
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
