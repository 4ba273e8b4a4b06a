"""One kill at one moment of a run, and what became of it."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from harness.core.registry import processes
from tests.torture.place import Place
from tests.torture.run import Plan
from tests.torture.steps import MOMENTS

T = TypeVar("T")

SIGNALS = {"KILL": 8, "TERM": 1, "INT": 1}
# What the workers use, and how often: what starts in milliseconds more often.
SERVICES = {
    ("process",): 5,
    ("process", "containers"): 4,
    ("containers",): 2,
    ("postgres", "process"): 2,
    ("postgres", "postgres@docker"): 1,
    ("redis", "process"): 1,
    ("redis@docker", "process"): 1,
}
ONLY_CONTAINERS = {"create", "created", "started"}
ONLY_PROCESSES = {"spawn", "spawned"}
OFTEN = {"join", "intent", "attached", "using", "release", "released", "exit"}  # by each worker
RUN_TIMEOUT = 120.0  # seconds that survivors have to end by themselves
CLEAN = 20.0  # seconds after which nothing may be left
NOBODY = 3.0  # seconds after which we see that nobody is there to clean up


@dataclass(frozen=True)
class Kill:
    """Whom to end at which moment of which run; all of it follows from the seed and the number.

    Attributes:
        number: Which of the kills of this seed.
        seed: Seed of the torture.
        victim: One of `VICTIMS`.
        signal: How; a janitor is always killed.
        services: What the workers use.
        step: The step at which it happens, when somebody takes it for the nth time.
        nth: See `step`.
        delay: Seconds after that.
        runs: How many runs share the registry.
    """

    number: int
    seed: int
    victim: str
    signal: str
    services: tuple[str, ...]
    step: str
    nth: int
    delay: float
    runs: int

    @classmethod
    def drawn(cls, seed: int, number: int, known: frozenset[str]) -> Kill:
        """Return the nth kill of a seed, where these services can run."""
        dice = random.Random(f"{seed} {number}")
        weights = {words: SERVICES[words] for words in SERVICES if known.issuperset(words)}
        services = draw(dice, weights)
        step = draw_step(dice, services)
        victim = draw(dice, {name: weight for name, (weight, _) in VICTIMS.items()})
        return cls(
            number,
            seed,
            victim,
            draw(dice, SIGNALS) if victim in ("runner", "group", "worker") else "KILL",
            services,
            step,
            nth=dice.choice((1, 1, 2, 3)) if step in OFTEN else 1,
            delay=dice.choice((0, 0, dice.uniform(0, 0.003), dice.uniform(0, 0.1))),
            runs=dice.choice((1, 1, 1, 2)),
        )

    def __str__(self) -> str:
        where = f"{self.step} no. {self.nth} + {self.delay * 1000:.1f} ms"
        runs = f", {self.runs} runs" if self.runs > 1 else ""
        return f"{self.victim} by SIG{self.signal} at {where} of {', '.join(self.services)}{runs}"


def draw(dice: random.Random, weights: dict[T, int]) -> T:
    """Draw one of the keys, each as often as its weight says."""
    return dice.choices(list(weights), list(weights.values()))[0]


def in_docker(services: tuple[str, ...]) -> bool:
    """Tell whether some of the services are containers."""
    return bool({"containers", "postgres@docker", "redis@docker"}.intersection(services))


def draw_step(dice: random.Random, services: tuple[str, ...]) -> str:
    """Draw a moment, and a step of it that is taken where these services run."""
    never = set() if in_docker(services) else ONLY_CONTAINERS
    if not {"process", "postgres", "redis"}.intersection(services):
        never = ONLY_PROCESSES
    steps = [step for step in MOMENTS if step not in never]
    moment = dice.choice(sorted({MOMENTS[step] for step in steps}))
    return dice.choice([step for step in steps if MOMENTS[step] == moment])


@dataclass
class Outcome:
    """What became of a kill.

    Attributes:
        kill: Whom, when.
        moment: What was going on.
        result: `clean`, `repaired`, `missed` where the run was over before, or `FAILED`.
        reasons: Why it failed.
        seconds: How long it took until nothing was left.
    """

    kill: Kill
    moment: str = ""
    result: str = ""
    reasons: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Said:
    """What a process said.

    Attributes:
        pid: The process.
        run: The process group that it is in: the number of its runner.
        step: What it is about to do.
        words: What it said beside.
    """

    pid: int
    run: int
    step: str
    words: str


class Watched:
    """Runs in one place, and what they say.

    Args:
        place: Where.
        runs: How many.
        options: Of their `Plan`.
    """

    def __init__(self, place: Place, runs: int = 1, **options: Any) -> None:
        self.place = place
        self.said: list[Said] = []
        self.killed: set[int] = set()  # processes, or whole runs
        self._rest = b""
        self._reading, writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._handles: dict[int, int] = {}
        plan = Plan(alone=place.alone, marks=writing, **options)
        self.runners = [self._start(plan, number) for number in range(runs)]
        os.close(writing)

    def _start(self, plan: Plan, number: int) -> subprocess.Popen[bytes]:
        plan = replace(plan, seed=f"{plan.seed} {number}")
        return self.place.python("-m", "tests.torture.run", plan.text(), pass_fds=(plan.marks,))

    def steps(self, within: float) -> Iterator[Said]:
        """Yield what they say until all of them have ended.

        Raises:
            TimeoutError: They go on for too long.
        """
        deadline = time.monotonic() + within
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        while True:
            if not poll.poll(max(0, deadline - time.monotonic()) * 1000):
                raise TimeoutError(f"processes {self.place.processes()} did not end")
            block = os.read(self._reading, 1 << 16)
            if not block:
                return
            *lines, self._rest = (self._rest + block).split(b"\n")
            yield from map(self._note, lines)

    def _note(self, line: bytes) -> Said:
        pid, run, step, *words = line.decode(errors="replace").split(" ", 3)
        said = Said(int(pid), int(run), step, words[0] if words else "")
        self.said.append(said)
        if said.pid not in self._handles:
            with contextlib.suppress(ProcessLookupError):
                self._handles[said.pid] = os.pidfd_open(said.pid)
        if step == "using":
            self.place.instances.add(said.words)
        elif step == "segment":
            key, number = said.words.split()
            self.place.segments.add((key, number))
        return said

    def end(self, pid: int, number: int) -> None:
        """Send a signal to a worker that we know; one that is gone is no error."""
        self.killed.add(pid)
        with contextlib.suppress(ProcessLookupError, KeyError):
            signal.pidfd_send_signal(self._handles[pid], number)

    def end_run(self, runner: int, number: int) -> None:
        """Send a signal to a whole run, whose runner we have not waited for."""
        self.killed.add(runner)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(runner, number)

    def end_janitors(self) -> None:
        """Kill the janitor."""
        for pid in self.place.janitors():
            processes.send(pid, processes.start_time(pid), signal.SIGKILL)

    def failures(self) -> list[str]:
        """Return what went wrong in processes other than those that were to die."""
        others = [said for said in self.said if not {said.pid, said.run} & self.killed]
        ended = {said.pid for said in others if said.step in ("done", "failed")}
        wrong = [f"worker {said.pid}: {said.words}" for said in others if said.step == "failed"]
        return wrong + [f"worker {pid} vanished" for pid in {said.pid for said in others} - ended]

    def close(self) -> None:
        """Let go of all descriptors, and keep what was said."""
        for handle in (self._reading, *self._handles.values()):
            os.close(handle)
        text = "".join(f"{said.pid} {said.run} {said.step} {said.words}\n" for said in self.said)
        (self.place.root / "said").write_text(text, encoding="utf-8")


def torture(kill: Kill, parent: Path, cache: Path, **variables: str) -> Outcome:
    """Start what a kill needs, end its victim, and count what is left.

    Args:
        kill: Whom to end, when.
        parent: Directory for that of this kill, which is kept if it fails.
        cache: Where prepared data directories are kept.
        variables: Environment variables of the runs.
    """
    place = Place(parent, cache, **variables)
    outcome = Outcome(kill)
    watched = Watched(place, kill.runs, seed=f"{kill.seed} {kill.number}", services=kill.services)
    try:
        perform(kill, watched, outcome)
    except Exception as error:
        outcome.reasons.append(f"{type(error).__name__}: {error}")
    finally:
        watched.close()
        if outcome.reasons:
            outcome.result = "FAILED"
            outcome.reasons.append(f"kept: {place.root}")
            place.keep()
        place.remove(keep=bool(outcome.reasons))
    return outcome


def perform(kill: Kill, watched: Watched, outcome: Outcome) -> None:
    """End the victim at its moment; judge what becomes of the rest."""
    count = 0
    for said in watched.steps(RUN_TIMEOUT):
        count += said.step == kill.step
        if not outcome.moment and count == kill.nth:
            outcome.moment = MOMENTS[kill.step]
            time.sleep(kill.delay)
            VICTIMS[kill.victim][1](watched, said, signal.Signals[f"SIG{kill.signal}"])
            watched.place.note_volumes()
    for runner in watched.runners:
        if runner.wait() and not watched.killed:
            outcome.reasons.append(f"a run ended with {runner.returncode}, and none was killed")
    outcome.reasons += watched.failures()
    judge(kill, watched.place, outcome)


def judge(kill: Kill, place: Place, outcome: Outcome) -> None:
    """Wait until nothing is left; let the next run repair what nobody was left to clean."""
    began = time.monotonic()
    nobody = bool(outcome.moment) and kill.victim in ("everything", "worker+janitor", "janitor")
    left = place.is_clean_within(NOBODY if nobody else CLEAN)
    outcome.result = "clean" if outcome.moment else "missed"
    alone = nobody and (kill.victim != "janitor" or only_the_door(left))
    if left and (alone or place.had_no_janitor()):
        outcome.result = "repaired"
        left = repair(place)
    outcome.seconds = time.monotonic() - began
    outcome.reasons += left + place.complaints()


def only_the_door(left: list[str]) -> bool:
    """Tell whether a killed janitor's own files are all that is left."""
    return all(line.endswith(("/janitor.pid", "/janitor.sock")) for line in left)


def repair(place: Place) -> list[str]:
    """Let another run come and go; return what is left then."""
    failures = run_once(place)
    return place.is_clean_within(CLEAN) + failures


def run_once(place: Place, **options: Any) -> list[str]:
    """Let a run come and go; return what went wrong in it."""
    options = {"seed": "once", "services": ("process",), "workers": 1, "rounds": 1, **options}
    watched = Watched(place, **options)
    for _ in watched.steps(RUN_TIMEOUT):
        pass
    watched.close()
    code = watched.runners[0].wait()
    return watched.failures() + ([f"the run ended with {code}"] if code else [])


def end_runner(watched: Watched, said: Said, number: int) -> None:
    watched.killed.add(said.run)  # its workers go on
    next(runner for runner in watched.runners if runner.pid == said.run).send_signal(number)


def end_group(watched: Watched, said: Said, number: int) -> None:
    watched.end_run(said.run, number)


def end_worker(watched: Watched, said: Said, number: int) -> None:
    watched.end(said.pid, number)


def end_janitor(watched: Watched, said: Said, number: int) -> None:
    watched.end_janitors()


def end_worker_and_janitor(watched: Watched, said: Said, number: int) -> None:
    watched.end(said.pid, number)
    watched.end_janitors()


def end_everything(watched: Watched, said: Said, number: int) -> None:
    for runner in watched.runners:
        watched.end_run(runner.pid, number)
    watched.end_janitors()


# Whom to end: how often each is chosen, and how it is done.
VICTIMS = {
    "runner": (2, end_runner),
    "group": (4, end_group),
    "worker": (4, end_worker),
    "janitor": (3, end_janitor),
    "worker+janitor": (2, end_worker_and_janitor),
    "everything": (4, end_everything),
}
