"""Options of `harness run` of which one would make another one be of no effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import ConfigurationError
from harness.runner.options import ONLY


def check(given: Mapping[str, Any]) -> None:
    """Do nothing if all options can be meant.

    Args:
        given: The options, by their names as parameters.

    Raises:
        ConfigurationError: Some cannot be meant together.
    """
    if given["rerun_failed"]:
        for name, flag in ("failfast", "--failfast"), ("until_fail", "--until-fail"):
            if given[name]:
                raise ConfigurationError(
                    f"{flag} and --rerun-failed contradict each other",
                    cause="the first failure ends the run, and nothing is run once more after it",
                    hint="leave out one of them",
                )
    if given["until_fail"] and not given["repeat"] and given["quarantined"] == ONLY:
        raise ConfigurationError(
            "--until-fail and --quarantined only would never end",
            cause="a test in quarantine that fails does not make the run fail",
            hint="say how many times at most, as in --repeat 100, or use `harness stress TEST`",
        )
    if given["why"] and given["changed_since"] is None:
        raise ConfigurationError(
            "--why explains --changed-since, which is not there",
            hint="write --changed-since REV, too, or leave it out",
        )
