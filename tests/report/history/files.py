"""Histories with runs in them, for tests."""

import uuid
from dataclasses import replace
from pathlib import Path

from harness.report.history.facts import Facts
from harness.report.history.file import History
from harness.report.history.reader import ledger_with
from harness.report.history.writer import write
from harness.runner.kinds import PASSED
from harness.runner.ledger import Attempt, Entry, Outcome, Times

BEGAN = 1795274866.0  # 2026-11-21


def attempt(kind=PASSED, seconds=1.0, *, rerun=0, text="", setup=0.0):
    """Return one time that a test was run; of a number of seconds, or none for one of a crash."""
    times = None if seconds is None else Times(setup, seconds - setup, 0.0)
    return Attempt(1, rerun, 1, BEGAN, times, [Outcome(kind, text)])


def entry(name, *attempts, tier="unit", due=1):
    """Return a test of the class that its name begins with."""
    return Entry(name, name.rpartition(".")[0], tier, due, list(attempts))


def ledger(tests, fixtures=()):
    """Return an account: the tests as a list of entries, or as {name: what became of it}."""
    if isinstance(tests, dict):
        tests = [entry(name, attempt(kind)) for name, kind in tests.items()]
    account = ledger_with(tests)
    for key, seconds in dict(fixtures).items():
        account.units[key].fixtures.append(seconds)
    return account


def facts(**values):
    """Return what is known of a run that took ten seconds."""
    usual = {"uuid": str(uuid.uuid4()), "began": BEGAN, "seconds": 10.0, "exit_code": 0, "seed": 7}
    return replace(Facts(), **{**usual, **values})


def add(path, tests, fixtures=(), names=(), said=(), **values):
    """Write a run into a history; what is said of fixtures are pairs of a unit and an outcome."""
    account = ledger(tests, fixtures)
    account.fixtures += said
    with History(Path(path), write=True) as history, history.change() as connection:
        write(connection, facts(**values), account, names)
