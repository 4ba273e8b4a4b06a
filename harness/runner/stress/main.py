"""`harness stress`, from its options to its exit code."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.core.nearest import did_you_mean
from harness.errors import ConfigurationError
from harness.runner.ledger import UnitAccount
from harness.runner.main import Exit
from harness.runner.stress import words
from harness.runner.stress.hunt import hunt, seeds
from harness.runner.stress.inquiry import Inquiry
from harness.runner.stress.laboratory import Laboratory
from harness.runner.stress.load import Load
from harness.runner.stress.options import Options
from harness.runner.stress.pool import Pool
from harness.runner.stress.suite import Polluters, Suite


def stress(options: Options, say: Callable[[str], object]) -> Exit:
    """Repeat tests until one fails, and say what it takes; return what to exit with.

    Raises:
        ConfigurationError: There is no such test, or it cannot be loaded.
    """
    load = Load(options.load, options.memory)
    with Pool(options.lanes, options.selection, say, options.timeout) as pool:
        units = chosen(pool, options)
        others = [names for _, names, _ in pool.units] if options.in_suite else []
        pool.hold({name for names in (*others, *(unit.tests for unit in units)) for name in names})
        say(words.beginning([test for unit in units for test in unit.tests], options))
        laboratory = Laboratory(pool, load)
        task = polluted if options.in_suite else repeated
        return task(laboratory, units, options, say)


def chosen(pool: Pool, options: Options) -> list[UnitAccount]:
    """Return the tests that are meant.

    Raises:
        ConfigurationError: There are none, or they cannot be loaded.
    """
    found = [UnitAccount(key, tuple(names)) for key, names, _ in pool.units]
    if not options.selection.names:
        found = [part for unit in found if (part := part_of(unit, options.test)).tests]
    if not found:
        raise unknown(pool, options.test)
    broken = [pool.broken[name] for unit in found for name in unit.tests if name in pool.broken]
    if broken:
        raise ConfigurationError(
            f"{options.test} cannot be loaded",
            detail="\n".join(broken),
            hint="correct the name, or mend its module",
        )
    return found


def part_of(unit: UnitAccount, name: str) -> UnitAccount:
    """Return the tests of a unit that a name means: one, or those of a class or a module."""
    meant = (test for test in unit.tests if f"{test}.".startswith(f"{name}."))
    return UnitAccount(unit.key, tuple(meant))


def unknown(pool: Pool, test: str) -> ConfigurationError:
    """Return the error for a test that is not among those that were discovered."""
    names = [name for _, tests, _ in pool.units for name in tests]
    classes = {name.rpartition(".")[0] for name in names}
    return ConfigurationError(
        f"no test, class or module {test} among {len(names)} tests",
        hint=did_you_mean(test, [*names, *classes]) if names else "look at -s, -p and -t",
        detail="\n".join(f"{name}: {why}" for name, why in pool.broken.items()) or None,
    )


def repeated(
    laboratory: Laboratory,
    units: Sequence[UnitAccount],
    options: Options,
    say: Callable[[str], object],
) -> Exit:
    """Repeat tests until one fails, and say what it takes; return what to exit with."""
    given = itertools.repeat(options.seed) if options.same_seed else seeds(options.seed)
    whole = {key for key, _, alone in laboratory.pool.units if alone}
    once = not whole.isdisjoint(unit.key for unit in units)  # such a suite can be run once
    terms = replace(options.terms, each=1) if once else options.terms
    catch = hunt(laboratory, units, given, terms)
    if catch.verdict is None:
        if catch.begun <= catch.skipped:
            say(f"nothing ran: {'; '.join(sorted(catch.reasons)) or 'there was no time'}")
            return Exit.NOTHING_RAN
        say(words.never(catch))
        return Exit.PASSED
    say(words.caught(catch, catch.verdict.output))
    Inquiry(laboratory, catch, options.selection, say).run()
    return Exit.FAILED


def polluted(
    laboratory: Laboratory,
    units: Sequence[UnitAccount],
    options: Options,
    say: Callable[[str], object],
) -> Exit:
    """Say which other tests of its suite make a test fail; return what to exit with.

    Raises:
        ConfigurationError: It is not one test.
    """
    tests = [name for unit in units for name in unit.tests]
    if tests != [options.test]:
        raise ConfigurationError(
            f"--in-suite {options.test}: that is {len(tests)} tests", hint="name one of them"
        )
    whole = {name: key for key, names, alone in laboratory.pool.units if alone for name in names}
    if options.test in whole:
        raise ConfigurationError(
            f"{options.test} can only be run with all of {whole[options.test]}",
            cause="load_tests returns it in a suite of a class of its own",
        )
    suite = Suite([(key, names) for key, names, _ in laboratory.pool.units], options.test)
    polluters = Polluters(laboratory, options.selection, say)
    fails = polluters.find(suite, options.test, options.seed, options.terms)
    return Exit.FAILED if fails else Exit.PASSED
