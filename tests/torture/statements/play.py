"""Drawing tests by Hypothesis, in every way in which the harness works."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from harness import Environment
from harness.services.postgres import watcher
from harness.services.postgres.instance import PostgresInstance
from tests.torture.place import Place
from tests.torture.statements import kinds
from tests.torture.statements.stage import Stage, Step, postgres

BATCH = 100  # tests that one seed draws
GRACE = 0.3  # seconds: what leaks here never closes
MOST_FAILURES = 3
SHORT = 60.0  # seconds: the first tests of a mode take some, to start a server and make a template
AGAIN = (
    "again: nox -s torture -- --kills 0 --scenario statements --mode {mode} --seed {number} "
    "--tests {count}"
)
# How often: with the log, for an application, without the log, on a server that is not ours, as a
# role that may only create databases.
MODES = {"log": 12, "hold": 3, "looking": 2, "external": 2, "ordinary": 1}
URLS = {"external": "DATABASE_URL", "ordinary": "HARNESS_CI_CREATOR_URL"}
IN_TRANSACTIONS = ("commit", "commit", "plain", "savepoint", "rollback", "failed")

numbers = st.integers(1, 9)
actors = st.sampled_from(("psycopg", "connection", "helpers", "process"))


def scripts(names: Any, most: int) -> Any:
    """Return what draws kinds of statements, each with a number."""
    pick = st.tuples(st.sampled_from(sorted(names)), numbers)
    return st.lists(pick, min_size=1, max_size=most).map(tuple)


rows = {**kinds.ROWS, **kinds.SEQUENCES, **kinds.LARGE_OBJECTS}
writing = st.builds(Step, actors, st.sampled_from((*IN_TRANSACTIONS, "alone")), scripts(rows, 4))
building = st.builds(Step, actors, st.sampled_from(IN_TRANSACTIONS), scripts(kinds.INSIDE, 4))
standing = st.builds(
    Step, actors, st.just("alone"), scripts({**kinds.INSIDE, **kinds.SESSION, **kinds.ALONE}, 3)
)
leaving = st.builds(Step, actors, st.sampled_from(("open", "stays")), scripts(kinds.INSIDE, 2))
ending = st.builds(Step, actors, st.just("alone"), scripts(kinds.ENDINGS, 1))
wide = st.builds(Step, actors, st.just("alone"), scripts(kinds.WHOLE_SERVER, 1))
harmless = (*[writing] * 8, *[building] * 4, *[standing] * 4, *[leaving] * 2, ending)
on_our_server = st.lists(st.one_of(*harmless, wide), min_size=1, max_size=4)
elsewhere = st.lists(st.one_of(*harmless), min_size=1, max_size=4)


@dataclass
class Played:
    """What became of the tests of one mode.

    Attributes:
        mode: One of `MODES`.
        tests: How many were run.
        reasons: Why some failed.
        done: How often each kind of statement succeeded.
        failed: The last error of each that failed.
        seconds: How long it took.
    """

    mode: str
    tests: int = 0
    reasons: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, other: Played) -> None:
        """Add what became of other tests."""
        self.tests += other.tests
        self.reasons += other.reasons
        self.done += other.done
        self.failed.update(other.failed)

    def __str__(self) -> str:
        never = sorted(self.failed.keys() - self.done.keys())
        return (
            f"{self.mode}: {self.tests} tests in {self.seconds:.0f} s, {self.done.total()} scripts "
            f"of {len(self.done)} kinds, {len(never)} always refused: {', '.join(never)}"
        )


class Player:
    """Runs the tests of one mode, each on a stage that no other has spoilt.

    Args:
        played: Where to note what becomes of them.
        place: Where the server's files are.
        deadline: When to stop, by the monotonic clock.
        shrink: Whether to look for the shortest test that fails.
    """

    def __init__(self, played: Played, place: Place, deadline: float, shrink: bool) -> None:
        self.played = played
        self._place = place
        self._deadline = deadline
        self._phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
        self._stack = contextlib.ExitStack()
        self._stage: Stage | None = None

    def run(self, number: int, count: int) -> None:
        """Run the tests that one seed draws."""
        run = given(elsewhere if self.played.mode in URLS else on_our_server)(self._test)
        run = settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=self._phases,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        )(run)
        try:
            seed(f"{self.played.mode} {number}")(run)()
        except Exception as error:
            notes = "\n".join(getattr(error, "__notes__", ()))
            again = AGAIN.format(mode=self.played.mode, number=number, count=count)
            self.played.reasons.append(f"{again}\n{error}\n{notes}")
        finally:
            self.close()

    def _test(self, test: list[Step]) -> None:
        if time.monotonic() > self._deadline:
            return
        stage = self._stage or self._open()
        try:
            stage.check(test)
        except BaseException:
            self.close()
            raise
        if stage.spoilt and not stage.mended():
            self.close()
        self.played.tests += 1

    def _open(self) -> Stage:
        environment = self._stack.enter_context(self._environment())
        alone, held = self.played.mode not in URLS, self.played.mode == "hold"
        self._stage = Stage(environment, postgres(alone), alone=alone, held=held)
        return self._stage

    def _environment(self) -> Environment:
        mode = self.played.mode
        place = "external" if mode in URLS else "embedded"
        self._stack.enter_context(mock.patch.object(watcher, "GRACE", GRACE))
        if mode == "looking":
            self._stack.enter_context(mock.patch.object(PostgresInstance, "wal", None))
        return Environment(self._place.settings(), providers=place)

    def close(self) -> None:
        """Give up the stage; the next test gets another one."""
        stage, self._stage = self._stage, None
        if stage is not None:
            self.played.done += stage.done
            self.played.failed.update(stage.failed)
            self._stack.callback(stage.close)
        self._stack.close()


class Ending:
    """Of a process that runs batches: it cleans up, and begins no other one."""

    has_come = False

    @classmethod
    def await_it(cls) -> None:
        """Be ready for it."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, cls.come)

    @classmethod
    def come(cls, *_: object) -> None:
        """End what is being run."""
        cls.has_come = True
        raise KeyboardInterrupt


@dataclass(frozen=True)
class Batch:
    """The tests that one seed draws.

    Attributes:
        mode: One of `MODES`.
        number: The seed.
        count: How many tests.
        deadline: When to stop, by the monotonic clock.
        shrink: Whether to look for the shortest test that fails.
        place: Makes a place for servers, and notes in a list what was left in it.
    """

    mode: str
    number: int
    count: int
    deadline: float
    shrink: bool
    place: Callable[..., contextlib.AbstractContextManager[Place]]

    def play(self) -> Played:
        """Run the tests, if there is time; return what became of them."""
        played = Played(self.mode)
        if time.monotonic() > self.deadline or Ending.has_come:
            return played
        variables = {"DATABASE_URL": os.environ[URLS[self.mode]]} if self.mode in URLS else {}
        with self.place(played.reasons, **variables) as there:
            Player(played, there, self.deadline, self.shrink).run(self.number, self.count)
        return played


def play(
    place: Callable[..., contextlib.AbstractContextManager[Place]],
    number: int,
    count: int,
    seconds: float | None,
    mode: str | None,
    processes: int = 1,
) -> Iterator[Played]:
    """Run random tests in every mode; yield what became of each.

    Args:
        place: Makes a place for servers, and notes in a list what was left in it.
        number: The seed.
        count: How many tests.
        seconds: How long at most; then what fails is not shrunk.
        mode: The only one of `MODES` to run; None for all, or for some one if time is short.
        processes: How many batches to run side by side.
    """
    modes = [mode] if mode else drawn(number, seconds)
    total = sum(MODES[each] for each in modes)
    for each in modes:
        share = MODES[each] / total
        deadline = time.monotonic() + (1e9 if seconds is None else seconds * share)
        sizes = batches(round(count * share))
        yield play_mode(
            each,
            [
                Batch(each, number + n, size, deadline, seconds is None, place)
                for n, size in enumerate(sizes)
            ],
            processes,
        )


def drawn(number: int, seconds: float | None) -> list[str]:
    """Return the modes that can be run here; one of them, by the seed, where time is short."""
    modes = [each for each in MODES if URLS.get(each, "PATH") in os.environ]
    if seconds is None or seconds > SHORT:
        return modes
    return random.Random(number).choices(modes, [MODES[each] for each in modes])


def batches(count: int) -> list[int]:
    """Return how many tests each seed draws."""
    return [min(BATCH, count - begun) for begun in range(0, count, BATCH)]


def play_mode(mode: str, todo: list[Batch], processes: int) -> Played:
    """Run batches, so many side by side, until enough have failed; return what became of all."""
    began, played = time.monotonic(), Played(mode)
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawning, Ending.await_it) as pool:
        try:
            for future in as_completed([pool.submit(batch.play) for batch in todo]):
                played.add(future.result())
                if len(played.reasons) >= MOST_FAILURES:
                    break
        except BaseException:  # a Ctrl-C, for example
            for child in multiprocessing.active_children():
                child.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    played.seconds = time.monotonic() - began
    return played
