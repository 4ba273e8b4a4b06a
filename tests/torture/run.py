"""The run that is tortured: `python -m tests.torture.run PLAN`, a plan in JSON."""

from __future__ import annotations

import json
import os
import random
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from typing import Any

from harness import Environment, HarnessError, Postgres, Redis
from harness.core.endpoint import Endpoint
from harness.core.group import Group
from harness.core.instance import Instance
from harness.core.service import Service
from tests.support.tiny import TinyContainer, TinyProcess, ask
from tests.torture.steps import Marks


@dataclass(frozen=True)
class Plan:
    """What a run does.

    Attributes:
        seed: Where its pauses come from.
        services: Words, of `process`, `containers`, `postgres`, `postgres@docker`,
            `redis` and `redis@docker`.
        alone: File by which servers tell whether two of one key ever lived at once.
        marks: Descriptor on which it says what it does.
        workers: How many processes.
        rounds: How often each starts and leaves.
        hold: Longest time that each holds what it has, in seconds.
    """

    seed: str
    services: tuple[str, ...]
    alone: str
    marks: int
    workers: int = 3
    rounds: int = 2
    hold: float = 0.05

    def text(self) -> str:
        """Return it as an argument."""
        return json.dumps(asdict(self))


def known(alone: str) -> dict[str, tuple[str, list[Service[Any]]]]:
    """Return where each word's services run, and which these are."""
    back, front = TinyContainer("back"), TinyContainer("front", peer="back")
    return {
        "process": ("embedded", [TinyProcess("one", alone)]),
        "containers": ("docker", [back, front]),
        "postgres": ("embedded", [Postgres()]),
        "postgres@docker": ("docker", [Postgres(alias="db")]),
        "redis": ("embedded", [Redis()]),
        "redis@docker": ("docker", [Redis(alias="cache")]),
    }


def runnable() -> frozenset[str]:
    """Return the words whose services can run on this machine."""
    return frozenset(word for word, where in known("").items() if can_run(*where))


def can_run(provider: str, services: list[Service[Any]]) -> bool:
    """Tell whether a provider can run all these services."""
    try:
        with Environment(providers=provider) as environment:
            return all(environment.choose(service) for service in services)
    except HarnessError:
        return False


def groups(plan: Plan) -> list[tuple[str, Group]]:
    """Return what each worker uses, with the order of providers for it."""
    words = known(plan.alone)
    chosen = [words[word] for word in plan.services]
    return [(provider, Group(services, owner="torture")) for provider, services in chosen]


def main(text: str) -> int:
    """Start the workers and wait for them; return 1 if one of them failed."""
    plan = Plan(**json.loads(text))
    marks = Marks(plan.marks)
    marks.watch()
    preload(plan)
    workers = set()
    for number in range(plan.workers):
        pid = os.fork()
        if pid == 0:
            return work(plan, marks, number)
        workers.add(pid)
    return wait_for(workers)


def preload(plan: Plan) -> None:
    """Import before the workers are forked what each of them would import."""
    if any(word != "process" for word in plan.services):
        import testcontainers.core.docker_client
        import testcontainers.core.utils  # noqa: F401
    if "postgres" in "".join(plan.services):
        import harness.services.postgres.instance
        import harness.services.postgres.virtual  # noqa: F401
    if "redis" in "".join(plan.services):
        import redis  # noqa: F401


def wait_for(workers: set[int]) -> int:
    """Wait for the workers; return 1 if one of them failed."""
    failed = 0
    for pid in workers:
        _, status = os.waitpid(pid, 0)
        failed |= status != 0
    return int(failed)


def work(plan: Plan, marks: Marks, number: int) -> int:
    """Use all services, round after round."""
    pauses = random.Random(f"{plan.seed} {number}")
    try:
        for _ in range(plan.rounds):
            use(plan, marks, pauses)
    except Exception:
        marks.say("failed", traceback.format_exc(limit=-6))
        return 1
    marks.say("exit")
    marks.say("done")
    return 0


def use(plan: Plan, marks: Marks, pauses: random.Random) -> None:
    """Hold each service for a while, and see that it works from the first moment to the last."""
    environments = [(Environment(providers=place), group) for place, group in groups(plan)]
    try:
        for environment, group in environments:
            environment.start_in_background(group)
        time.sleep(pauses.uniform(0, plan.hold))
        for _ in range(2):
            for environment, group in environments:
                for service in group.services:
                    check(marks, environment, service, group)
            time.sleep(pauses.uniform(0, plan.hold))
    finally:
        for environment, _ in environments:
            environment.close()


def check(marks: Marks, environment: Environment, service: Service[Any], group: Group) -> None:
    """Use a service as a test would."""
    instance = environment.instance(service, group)
    marks.say("using", instance.identity)
    if isinstance(service, Postgres):
        check_postgres(marks, environment, service, group, instance)
        return
    if isinstance(service, Redis):
        with environment.lease(service, group) as cache:
            cache.client.set("key", "value")
        return
    expected = instance.identity
    if isinstance(service, TinyContainer):
        expected = service.peer or service.name
    said = ask(instance.endpoint)
    if said != expected:
        raise AssertionError(f"{service} says {said!r}, not {expected!r}")


def check_postgres(
    marks: Marks,
    environment: Environment,
    service: Postgres,
    group: Group,
    instance: Instance[Any],
) -> None:
    """Write to a database, and tell the shared memory segment of its server."""
    tell_segment(marks, instance.endpoint)
    with environment.lease(service, group) as lease:
        lease.execute("create table t (id integer)")
        lease.execute("insert into t values (1)")


def tell_segment(marks: Marks, endpoint: Endpoint) -> None:
    """Say which System V segment an embedded server has, by its own lock file."""
    if endpoint.socket:
        path = f"{os.path.dirname(endpoint.socket)}/data/postmaster.pid"
        with open(path, encoding="utf-8") as file:
            key, number = file.read().splitlines()[6].split()
        marks.say("segment", key, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
