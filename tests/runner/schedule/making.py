"""Jobs to schedule, as small as can be."""

from harness.runner.ledger import UnitAccount
from harness.runner.plan import Work
from harness.runner.schedule.estimates import Estimates
from harness.runner.schedule.job import Job
from harness.runner.schedule.known import Known
from harness.runner.schedule.resources import needs_of


def job(unit, *seconds, setup=0.0, divisible=True, **facts):
    """Return a job of a unit with a test for each of these durations."""
    tests = tuple(f"{unit}.test_{number}" for number in range(len(seconds)))
    return Job(Work(unit, tests), seconds, setup, divisible and len(tests) > 1, needs_of(facts))


def estimates(**units):
    """Return what is known of units: a total in seconds each, or that with facts."""
    accounts, tests, fixtures = [], {}, {}
    for unit, what in units.items():
        seconds, facts = what if isinstance(what, tuple) else (what, {})
        accounts.append(UnitAccount(unit, (f"{unit}.test",), facts))
        tests[f"{unit}.test"], fixtures[unit] = float(seconds), 0.0
    return Estimates(accounts, Known(tests, fixtures))


def random_jobs(rng, most=6):
    """Return a few jobs of random lengths."""
    return [
        job(
            f"U{number}",
            *(rng.uniform(0.1, 3) for _ in range(rng.randint(1, 4))),
            setup=rng.choice([0.0, rng.uniform(0, 4)]),
        )
        for number in range(rng.randint(1, most))
    ]
