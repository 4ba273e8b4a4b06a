"""The settings that exist: how each is read, its default and what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from harness.core.order import ProviderOrder, Requirement
from harness.core.quotas import parse_quotas
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
