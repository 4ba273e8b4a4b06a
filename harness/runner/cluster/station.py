"""What Dask runs on its workers: functions that take one request of the coordinator's, a `dict`.

A request holds

    run, number              which run, and which of its workers
    directory                where tests are run
    paths                    the sources to compare
    environ, interpreter     variables for the process, and options of Python
    options                  how the run is to be, pickled: read by the process, of the same version
    message                  what is to be passed on to the process
    kept                     where a process has written whose Dask worker was lost, and which it was
"""

from __future__ import annotations

import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import realtime as time
from harness.runner.cluster import kept
from harness.runner.cluster.relay import Relay
from harness.runner.cluster.slot import Slot
from harness.runner.cluster.version import Version

if TYPE_CHECKING:
    from distributed import Worker

Request = dict[str, Any]

LOOK = 0.5  # seconds between two looks at processes that have nothing to do
UNWANTED = ("cancelled", "released", "forgotten")

slots: dict[tuple[str, int], Slot] = {}
lock = threading.Lock()


def probe(request: Request) -> dict[str, Any]:
    """Return which code there is."""
    return asdict(Version.of(Path(request["directory"]), request["paths"]))


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
    converse(slot, request)


def tell(request: Request) -> None:
    """Pass a message on to a process, and see to what comes of it."""
    from distributed import get_worker

    slot = slots.get((request["run"], request["number"]))
    if slot is None:
        relay_of(get_worker(), request).ended("it is not there any more")
    else:
        converse(slot, request)


def recover(request: Request) -> None:
    """Tell what a process had written whose Dask worker, on this machine, was lost."""
    from distributed import get_worker

    found = kept.recovered(*request["kept"])
    if found is not None:
        relay = relay_of(get_worker(), request)
        relay.resume(found[0])
        relay.written(found[1])
        relay.ended("its Dask worker was lost")


def converse(slot: Slot, request: Request) -> None:
    """Pass a message on, if there is one; forget the process if it has ended."""
    slot.converse(request.get("message"))
    if slot.ended:
        slots.pop((request["run"], request["number"]), None)


def relay_of(worker: Worker, request: Request) -> Relay:
    """Return what tells the coordinator of a process."""
    return Relay(worker.log_event, request["run"], request["number"])


def is_wanted(worker: Worker, key: Any) -> bool:
    """Tell whether somebody holds the result of a task."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state not in UNWANTED


def watch() -> None:
    """End the processes that have nothing to do and that nobody wants any more."""
    while True:
        time.sleep(LOOK)
        for slot in list(slots.values()):
            slot.look()
        with lock:
            for name in [name for name, slot in slots.items() if slot.ended]:
                del slots[name]
            if not slots:
                return
