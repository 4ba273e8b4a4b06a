"""Whether a test can run: where its services would, and what becomes of it if they cannot."""

from __future__ import annotations

import functools
import unittest
from typing import TYPE_CHECKING, Any

from harness.adapters.declared import group_of
from harness.adapters.repeat import method_name
from harness.adapters.tiers import tier_of_class
from harness.core.environment import Environment
from harness.core.printing import say
from harness.core.service import Service
from harness.core.skips import skips
from harness.errors import HarnessError, RequiredError, UnavailableError

if TYPE_CHECKING:
    from harness.adapters.unittest import HarnessMixin

__unittest = True  # frames of this module are left out of a failure's traceback


def reason_against(case: HarnessMixin) -> Exception | None:
    """Choose the providers, which starts nothing; return why this test cannot run.

    An error that left `run` would end the whole suite, so each is returned, even a bug's.
    """
    try:
        tier_of_class(type(case))
        environment = case._harness_environment()
        if environment.settings.reuse and environment.settings.in_ci:
            announce("HARNESS_REUSE is ignored, because CI is set")
        for service in environment.wanted(group_of(type(case))):
            choose(environment, service)
    except Exception as error:
        return error
    return None


def choose(environment: Environment, service: Service[Any]) -> None:
    """Choose where a service runs, and say it.

    Raises:
        UnavailableError: No provider can run it.
    """
    meant = environment.meant(service)
    announce(environment.choose(meant).sentence(meant.kind))


@functools.cache
def announce(sentence: str) -> None:
    """Print a choice, once a process."""
    say(sentence)


def is_skipped(case: unittest.TestCase) -> bool:
    """Tell whether a decorator skips a test: it needs no service, and keeps its own reason."""
    method = getattr(case, method_name(case), None)
    return any(getattr(place, "__unittest_skip__", False) for place in (type(case), method))


def is_skip(reason: Exception) -> bool:
    """Tell whether a test that cannot run for this reason is skipped; else it is an error."""
    return isinstance(reason, UnavailableError) and not isinstance(reason, RequiredError)


def skip_or(reason: Exception) -> Exception:
    """Return what to raise where something cannot run for this reason."""
    if not is_skip(reason):
        return reason
    skips.note(str(reason))
    return unittest.SkipTest(str(reason))


def report(case: unittest.TestCase, result: unittest.TestResult, reason: Exception) -> None:
    """Report a test that cannot run: skipped, or an error where the service is required."""
    trace = None if isinstance(reason, HarnessError) else reason.__traceback__
    result.startTest(case)
    try:
        if is_skip(reason):
            skips.note(str(reason))
            result.addSkip(case, str(reason))
        else:
            result.addError(case, (type(reason), reason, trace))  # type: ignore[arg-type]
    finally:
        result.stopTest(case)
