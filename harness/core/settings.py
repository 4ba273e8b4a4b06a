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
from harness.core.quotas import Quota
from harness.core.settings_table import OPTIONS
from harness.errors import ConfigurationError, UnknownSettingError


class Settings(NamedTuple):
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
