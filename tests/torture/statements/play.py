"""Drawing tests by Hypothesis, in every way in which the harness works."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
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
    """

    mode: str
    tests: int = 0
    reasons: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        never = sorted(self.failed.keys() - self.done.keys())
        return (
            f"{self.mode}: {self.tests} tests, {self.done.total()} scripts of {len(self.done)} "
            f"kinds, {len(never)} always refused: {', '.join(never)}"
        )


class Player:
    """Runs the tests of one mode, each on a stage that no other has spoilt.

    Args:
        mode: One of `MODES`.
        place: Where the server's files are.
        deadline: When to stop, by the monotonic clock.
        shrink: Whether to look for the shortest test that fails.
    """

    def __init__(self, mode: str, place: Place, deadline: float, shrink: bool) -> None:
        self.played = Played(mode)
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
            again = f"--scenario statements --mode {self.played.mode} --seed {number}"
            notes = "\n".join(getattr(error, "__notes__", ()))
            self.played.reasons.append(f"{again} --tests {count}\n{error}\n{notes}")
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
        if stage.spoilt:
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


def play(
    place: Callable[..., contextlib.AbstractContextManager[Place]],
    number: int,
    count: int,
    seconds: float | None,
    mode: str | None,
) -> Iterator[Played]:
    """Run random tests in every mode; yield what became of each.

    Args:
        place: Makes a place for servers.
        number: The seed.
        count: How many tests.
        seconds: How long at most; then what fails is not shrunk.
        mode: The only one of `MODES` to run.
    """
    modes = [mode] if mode else [each for each in MODES if URLS.get(each, "PATH") in os.environ]
    total = sum(MODES[each] for each in modes)
    for each in modes:
        share = MODES[each] / total
        variables = {"DATABASE_URL": os.environ[URLS[each]]} if each in URLS else {}
        with place(**variables) as there:
            deadline = time.monotonic() + (1e9 if seconds is None else seconds * share)
            player = Player(each, there, deadline, shrink=seconds is None)
            yield play_mode(player, number, round(count * share), deadline)


def play_mode(player: Player, number: int, count: int, deadline: float) -> Played:
    """Run tests in one mode, a batch for each seed."""
    while count > 0 and time.monotonic() < deadline:
        player.run(number, min(count, BATCH))
        number, count = number + 1, count - BATCH
        if len(player.played.reasons) >= MOST_FAILURES:
            break
    return player.played
