"""Having Dask run something on one of its workers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from harness.runner.cluster.places import Place
from harness.runner.cluster.station import Request

Failed = Callable[[BaseException], None]


class Tasks:
    """What a run has Dask do.

    Args:
        client: Connected to the cluster.
        common: What each request holds.

    Attributes:
        run: Which run it is: nobody else's messages are for it.
    """

    def __init__(self, client: Any, common: Mapping[str, Any]) -> None:
        self.run = uuid.uuid4().hex
        self._client = client
        self._common = {"run": self.run, **common}
        self._count = 0
        self._pending: set[Any] = set()  # Dask drops a task whose result nobody holds

    def submit(
        self, place: Place, what: Callable[[Request], Any], failed: Failed, **request: Any
    ) -> Any:
        """Have one Dask worker, and no other, run something.

        Args:
            place: Which one.
            what: One of the functions of `station`.
            failed: Called with the error, in a thread of Dask's, if there was one.
            request: What it is asked for, beside what all requests have in common.
        """
        self._count += 1
        future = self._client.submit(
            what,
            {**self._common, **request},
            key=f"harness-{what.__name__}-{self.run}-{self._count}",
            workers=[place.address],
            resources=place.resources,
            pure=False,
        )
        self._pending.add(future)
        future.add_done_callback(lambda future: self._done(future, failed))
        return future

    def _done(self, future: Any, failed: Failed) -> None:
        self._pending.discard(future)
        if future.status == "error":
            failed(future.exception())

    def at_once(self, place: Place, what: Callable[..., Any], *arguments: Any) -> None:
        """Have a Dask worker run something though it may have no thread that is free."""
        self._client.run(what, *arguments, workers=[place.address], on_error="ignore")

    def workers(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the Dask workers that there are, as the scheduler knows them, by address."""
        found: Mapping[str, Mapping[str, Any]] = self._client.scheduler_info()["workers"]
        return found

    @property
    def connected(self) -> bool:
        """Whether the scheduler is still there.

        A connection that is made anew is of no use: with the old one, it has dropped our tasks.
        """
        return str(self._client.status) == "running"
