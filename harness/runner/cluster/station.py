"""What Dask runs on its workers: functions that take one request of the coordinator's, a `dict`.

A request holds

    run, number              which run, and which of its workers
    directory                where tests are run
    version                  which code it is of
    environ, interpreter     variables for the process, and options of Python
    options                  how the run is to be, pickled: read by the process alone
    message                  what is to be passed on to the process
    kept                     where a process whose Dask worker was lost has written, and which it is
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import realtime as time
from harness.runner.cluster import kept
from harness.runner.cluster.relay import Relay, topic_of
from harness.runner.cluster.slot import Slot
from harness.runner.cluster.version import Version

if TYPE_CHECKING:
    from distributed import Worker

Request = dict[str, Any]

LOOK = 0.5  # seconds between two looks at processes that have nothing to do
AT_WORK = ("running", "paused", "closing_gracefully")  # else it is about to end
UNWANTED = ("cancelled", "released", "forgotten")

slots: dict[tuple[str, int], Slot] = {}
lock = threading.Lock()


def probe(request: Request) -> None:
    """Tell what is wrong with the code that there is; nothing if it is that of the run."""
    from distributed import get_worker

    wanted = Version.unpacked(request["version"])
    there = Version.of(Path(request["directory"]), list(wanted.sources))
    worker = get_worker()
    complaint = wanted.complaint(there)
    answer = {"run": request["run"], "place": worker.address, "complaint": complaint}
    worker.log_event(topic_of(request["run"]), answer)


def start(request: Request) -> None:
    """Start a process, and have it load the tests.

    It lives as long as the coordinator holds the result of this: Dask drops that when the
    coordinator gives it up, and when the coordinator is gone.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    slot = Slot(request, relay_of(worker, request), lambda: is_wanted(worker, key))
    with lock:
        if not slots:
            threading.Thread(target=watch, name="harness", daemon=True).start()
        slots[request["run"], request["number"]] = slot
    slot.converse(None)
    slot.look()


def tell(request: Request) -> None:
    """Pass a message on to a process, and see to what comes of it."""
    from distributed import get_worker

    slot = slots.get((request["run"], request["number"]))
    if slot is None:
        relay_of(get_worker(), request).ended("it is not there any more")
    else:
        slot.converse(request["message"])
        slot.look()


def kill(run: str, number: int) -> None:
    """Have a process end at once."""
    slot = slots.get((run, number))
    if slot is not None:
        slot.kill()


def recover(request: Request) -> None:
    """Tell what a process had written whose Dask worker, on this machine, was lost."""
    from distributed import get_worker

    found = kept.recovered(*request["kept"])
    if found is not None:
        relay = relay_of(get_worker(), request)
        relay.resume(found[0])
        relay.written(found[1])
        relay.ended(kept.LOST)


def relay_of(worker: Worker, request: Request) -> Relay:
    """Return what tells the coordinator of a process."""
    return Relay(worker.log_event, request["run"], request["number"])


def is_wanted(worker: Worker, key: Any) -> bool:
    """Tell whether somebody holds the result of a task, as far as a Dask worker knows."""
    task = worker.state.tasks.get(key)
    there = task is not None and task.state not in UNWANTED
    return there and worker.status.name in AT_WORK


def watch() -> None:
    """Look after the processes that have nothing to do."""
    while True:
        time.sleep(LOOK)
        for slot in list(slots.values()):
            slot.look()
        with lock:
            for name in [name for name, slot in slots.items() if slot.tidy]:
                del slots[name]
            if not slots:
                return
