"""What else is done to runs, each in a place of its own; nothing may be left of any of it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from harness.core.registry import processes
from harness.providers import daemon
from harness.providers.engine import Engine
from tests.torture.cluster import ClusterTorture
from tests.torture.kills import CLEAN, RUN_TIMEOUT, Kill, Outcome, Watched, run_once, torture
from tests.torture.place import Place
from tests.torture.runner import ProcessTorture, ShardTorture
from tests.torture.slow_daemon import slow_daemon

FORKS = ("child exits", "child closes", "child is killed", "parent exits", "parent is killed")


class Scenario:
    """What is done, and with what it needs.

    Args:
        parent: Directory for the places.
        cache: Where prepared data directories are kept.
        seed: Where random choices come from.
        brief: Whether there is little time.
        docker: Whether there are containers.
        tests: How many random tests.
        mode: The only way to run them; None for all.
        seconds: How long to run them; None for as long as it takes.
        processes: How many of their batches to run side by side.
    """

    def __init__(
        self,
        parent: Path,
        cache: Path,
        seed: int,
        brief: bool,
        docker: bool,
        tests: int = 0,
        mode: str | None = None,
        seconds: float | None = None,
        processes: int = 1,
    ) -> None:
        self.seconds = seconds
        self.processes = processes
        self.tests = tests
        self.mode = mode
        self.parent = parent
        self.cache = cache
        self.seed = seed
        self.brief = brief
        self.docker = docker

    @contextlib.contextmanager
    def place(self, reasons: list[str], **variables: str) -> Iterator[Place]:
        """Make a place; note what is left in it at the end, then remove that."""
        place = Place(self.parent, self.cache, **variables)
        before = len(reasons)
        try:
            yield place
            reasons += place.is_clean_within(CLEAN)
        except Exception as error:
            reasons.append(f"{type(error).__name__}: {error}")
        finally:
            reasons += place.complaints()
            if reasons[before:]:
                reasons.append(f"kept: {place.root}")
            place.remove(keep=bool(reasons[before:]))

    def crowd(self) -> list[str]:
        """Twenty processes join and leave at once, a hundred times: one server, then none."""
        reasons: list[str] = []
        rounds = 5 if self.brief else 100
        with self.place(reasons) as place:
            reasons += run_once(
                place, seed=f"{self.seed} crowd", workers=20, rounds=rounds, hold=0.002
            )
        return reasons

    def cluster(self) -> list[str]:
        """What runs tests on a Dask cluster is killed: each is reported, and none runs twice."""
        with tempfile.TemporaryDirectory(dir=self.parent) as root:
            return ClusterTorture(Path(root), self.seed, 12 if self.brief else 200).run()

    def workers(self) -> list[str]:
        """What runs tests in processes is killed: each is reported, and none runs twice."""
        with tempfile.TemporaryDirectory(dir=self.parent) as root:
            return ProcessTorture(Path(root), self.seed, 12 if self.brief else 200).run()

    def shards(self) -> list[str]:
        """Workers and whole shards are killed: after a merge each test is reported once."""
        with tempfile.TemporaryDirectory(dir=self.parent) as root:
            return ShardTorture(Path(root), self.seed, 8 if self.brief else 200).run()

    def forks(self) -> list[str]:
        """A process that holds a server forks; whoever ends first, the server is the parent's."""
        reasons: list[str] = []
        for how in FORKS:
            with self.place(reasons) as place:
                reasons += fork(place, how)
        return reasons

    def hung_janitor(self) -> list[str]:
        """The janitor is stopped: tests go on; when it is continued, or killed, all is cleaned."""
        reasons: list[str] = []
        for number in (signal.SIGCONT, signal.SIGKILL):
            with self.place(reasons) as place:
                reasons += stop_janitor(place, number)
        return reasons

    def reuse(self) -> list[str]:
        """A run is killed that wants its servers kept: they are gone when their time is over."""
        reasons: list[str] = []
        services = ("process", "containers") if self.docker else ("process",)
        for janitor in (False, True):
            with self.place(reasons, HARNESS_REUSE="1", HARNESS_REUSE_TTL="2") as place:
                reasons += kill_and_reuse(place, services, janitor)
        return reasons

    def full_disk(self) -> list[str]:
        """The registry's file system has room for so many files and no more."""
        reasons: list[str] = []
        for inodes in (12, 16, 20) if self.brief else range(4, 24):
            with self.place(reasons) as place, small_disk(place, inodes) as made:
                if not made:
                    return reasons
                reasons += run_in_little_room(place)
        return reasons

    def busy_daemon(self) -> list[str]:
        """A run is killed while the Docker daemon has its hands full."""
        if not self.docker:
            return []
        reasons: list[str] = []
        with busy_daemon():
            for number in range(2 if self.brief else 12):
                dice = random.Random(f"{self.seed} busy {number}")
                kill = Kill(
                    number,
                    self.seed,
                    "group",
                    "KILL",
                    ("containers",),
                    dice.choice(("create", "create", "created", "intent", "clear")),
                    dice.choice((1, 2)),
                    dice.uniform(0, 0.05),
                    1,
                )
                outcome = torture(kill, self.parent, self.cache)
                reasons += told(outcome)
        return reasons

    def slow_daemon(self) -> list[str]:
        """A run is killed that asked for a container, which appears seconds later."""
        if not self.docker or not daemon.docker_host().startswith("unix://"):
            return []
        reasons: list[str] = []
        for victim in ("group",) if self.brief else ("group", "worker", "everything"):
            socket = self.parent / f"slow-{victim}.sock"
            with slow_daemon(daemon.docker_host()[7:], socket, delay=2.0) as host:
                kill = Kill(0, self.seed, victim, "KILL", ("containers",), "create", 1, 0.2, runs=1)
                outcome = torture(kill, self.parent, self.cache, DOCKER_HOST=host)
                reasons += told(outcome)
        return reasons

    def statements(self) -> list[str]:
        """Random tests write whatever they like: the next one finds what it should, always."""
        from tests.torture.statements.play import play

        reasons: list[str] = []
        asked = (self.seed, self.tests, self.seconds, self.mode, self.processes)
        for played in play(self.place, *asked):
            print(f"       {played}", flush=True)
            reasons += played.reasons
        return reasons


SCENARIOS = (
    *("cluster", "workers", "shards"),
    *("crowd", "forks", "hung_janitor", "reuse", "full_disk", "busy_daemon", "slow_daemon"),
    "statements",
)


def told(outcome: Outcome) -> list[str]:
    """Return why a kill failed, if it did; one that came too late failed, too."""
    reasons = outcome.reasons if outcome.moment else ["it came too late"]
    return [f"{outcome.kill}: {reason}" for reason in reasons]


def fork(place: Place, how: str) -> list[str]:
    """Let a process fork; whoever lives on, nothing is left when the parent is gone."""
    parent = place.python("-m", "tests.torture.forking", how, place.alone, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    code = parent.wait(RUN_TIMEOUT)
    child = None
    if how.startswith("parent"):
        child = int(parent.stdout.readline().split()[1])
    parent.stdout.close()
    left = []
    try:
        expected = -signal.SIGKILL if how == "parent is killed" else 0
        if code != expected:
            left.append(f"{how}: the parent ended with {code}")
        left += [f"{how}: {line}" for line in left_but(place, child)]
    finally:
        if child is not None:
            processes.send(child, processes.start_time(child), signal.SIGKILL)
    return left


def left_but(place: Place, child: int | None) -> list[str]:
    """Wait until nothing but a certain process is left; return what is."""
    deadline = time.monotonic() + CLEAN
    while True:
        left = [line for line in place.left() if not line.startswith(f"process {child}:")]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)


def stop_janitor(place: Place, then: int) -> list[str]:
    """Stop the janitor in the middle of a run, kill the run, then continue or kill the janitor."""
    watched = Watched(place, seed="hung", services=("process",), hold=1.0, rounds=1)
    stopped = 0
    for said in watched.steps(RUN_TIMEOUT):
        if said.step == "using" and not stopped:
            [stopped] = place.janitors()
            started = processes.start_time(stopped)
            os.kill(stopped, signal.SIGSTOP)
            watched.end(said.pid, signal.SIGKILL)
    watched.close()
    for runner in watched.runners:
        runner.wait()
    wrong = watched.failures()
    processes.send(stopped, started, then)
    if then == signal.SIGKILL:
        wrong += run_once(place)
    return wrong


def kill_and_reuse(place: Place, services: tuple[str, ...], janitor: bool) -> list[str]:
    """Kill a run whose servers are kept; use them again; leave them to their time to live."""
    watched = Watched(place, seed="reuse", services=services, workers=2, hold=0.5)
    for said in watched.steps(RUN_TIMEOUT):
        if said.step == "using" and not watched.killed:
            watched.end_run(said.run, signal.SIGKILL)
            if janitor:
                watched.end_janitors()
    watched.close()
    return run_once(place, services=services, workers=2)


@contextlib.contextmanager
def small_disk(place: Place, inodes: int) -> Iterator[bool]:
    """Mount a small file system for the registry; yield False where we may not."""
    state = Path(place.environ["HARNESS_STATE_DIR"])
    state.mkdir()
    options = f"size=64k,nr_inodes={inodes}"
    command = ["mount", "-t", "tmpfs", "-o", options, "torture", str(state)]
    made = subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield made
    finally:
        if made:
            left = left_on_disk(place, state)
            subprocess.run(["umount", "-l", str(state)], check=False)
            if left:
                raise AssertionError(f"with {inodes} inodes: {left}")


def left_on_disk(place: Place, state: Path) -> list[str]:
    """Return what is left; the next run, which has room, may remove files of the registry."""
    left = place.is_clean_within(CLEAN)
    if all(line.startswith(("file ", "slot ")) for line in left):
        subprocess.run(["mount", "-o", "remount,nr_inodes=200", str(state)], check=True)
        left = run_once(place) + place.is_clean_within(CLEAN)
    return left


def run_in_little_room(place: Place) -> list[str]:
    """Run; that it fails is well, if it says that the registry is full."""
    failures = run_once(place, workers=2)
    return [
        line for line in failures if "cannot be written" not in line and "ended with" not in line
    ]


@contextlib.contextmanager
def busy_daemon(threads: int = 3) -> Iterator[None]:
    """Keep the Docker daemon busy with containers that are none of ours."""
    done = threading.Event()
    workers = [threading.Thread(target=churn, args=(done,)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        done.set()
        for worker in workers:
            worker.join()


def churn(done: threading.Event) -> None:
    """Make, start and remove containers until told to stop."""
    import json

    images = json.loads(Path(os.environ["HARNESS_IMAGES"]).read_text())
    name, _, digest = images["postgres"].partition("@")
    image = f"{name.rpartition(':')[0]}@{digest}"
    engine = Engine(daemon.docker_host())
    while not done.is_set():
        body = {"Image": image, "Cmd": ["sleep", "60"], "Entrypoint": []}
        number = engine.post("/containers/create", body)["Id"]
        try:
            engine.post(f"/containers/{number}/start")
        finally:
            engine.delete(f"/containers/{number}", force="true", v="true")
