"""A lease of what may be reached through a fault proxy."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from harness.core.instance import SETTLE, Instance
from harness.core.lease import Lease
from harness.core.seed import derive
from harness.core.service import Service
from harness.errors import FaultError, HarnessError
from harness.services.failing import MESSAGES, FailingLease, unread

if TYPE_CHECKING:
    from harness.faults.client import Applied
    from harness.faults.failing.armed import Armed
    from harness.faults.failing.failure import Failure
    from harness.faults.faults import Toxics
    from harness.faults.sweep.run import NewConversation
    from harness.faults.sweep.sweep import Sweep
    from harness.services.toxiproxy.passage import Passage, Passages, Visit

L = TypeVar("L", bound=Lease)

UNSEEN = (
    "nothing was sent through the fault proxy while it was armed",
    "arm it before the code under test runs, which has to connect by the lease",
)


class ProxiedInstance(Instance[L]):
    """An instance that may be reached through a fault proxy.

    Attributes:
        protocol: What is spoken to it, if statements may fail; else empty.
    """

    protocol: ClassVar[str] = ""

    @functools.cached_property
    def passages(self) -> Passages:
        """The ways to its places through the fault proxy."""
        from harness.services.toxiproxy.passage import Passages

        return Passages(self, self.protocol)


class ProxiedLease(FailingLease):
    """A lease whose holder may have faults on the connections of the code under test."""

    service: Any
    _visit: Visit | None = None
    _stranded = False  # because the fault proxy has died
    _sweeps: tuple[Sweep, ...] = ()

    @property
    def toxics(self) -> Toxics[Applied]:
        """Faults on the connections of the code under test, as context managers.

        They stack, and are gone after the test whatever happened.

        Raises:
            FaultError: The service was not declared with `proxied=True`.

        Example:
            ::

                with self.db.toxics.latency(ms=500, jitter_ms=50):
                    pay(self.db.dsn, account, 250)
        """
        return self._reached.toxics

    @property
    def _reached(self) -> Visit:
        """The way through the fault proxy."""
        self._check_held()
        if self._visit is None:
            raise not_proxied(self.service)
        return self._visit

    def sweep(
        self,
        action: Callable[[], Any],
        *,
        by: str = "turn",
        lose: str | Iterable[str] = ("request", "response"),
        only: str | Iterable[str] = (),
        max_points: int | None = None,
        within: float = 10.0,
        reset: Callable[[], object] | None = None,
    ) -> Sweep:
        """Lose each request and each response of an action in turn.

        The action runs once with nothing lost, then once for each point at which its connections to
        this service can be cut. Before each run, and at the end, the data here are put back to what
        they were before the sweep. All connections are cut when a run is over: the action connects
        by itself.

        Args:
            action: What is run, without arguments.
            by: `turn`: what the client says until the server answers, and the answer; or
                `message`, each one of the protocol, which Postgres and Redis have.
            lose: `request`: it does not reach the server; `response`: the server has done it, and
                nobody is told. Both.
            only: The point, or points, to try alone, as a failed sweep prints them.
            max_points: How many to try at most, spread evenly over all.
            within: Seconds that one run may take.
            reset: Called before each run: puts back what else the action has changed.

        Returns:
            What to iterate over, once: a `with` block for each run, which checks what has to hold.
            Assertions that fail in it are told together at the end of the loop; of a loop that is
            left, at the end of the test.

        Raises:
            FaultError: The service is not proxied or under `rollback`; an argument is wrong. In the
                loop: the action makes no connection, does not end or is not repeatable.
            AssertionError: At the end of the loop: what has to hold does not, and at which points.

        Example:
            ::

                for cut in self.db.sweep(lambda: pay(self.db.dsn, "order-1", 10)):
                    with cut:
                        paid = self.paid("order-1")
                        self.assertIn(paid, (0, 10) if cut.error else (10,))
        """
        from harness.faults.sweep.sweep import Sweep
        from harness.services.sweeping import site

        self._check_sweepable()
        place = site(self.service.label, self._reached, self._conversation(), self._keeping)
        made = Sweep(
            place,
            action,
            by=by,
            lose=lose,
            only=only,
            max_points=max_points,
            within=within,
            reset=reset,
        )
        self._sweeps = (*self._sweeps, made)
        return made

    def _check_sweepable(self) -> None:
        """Do nothing where each run of a sweep may lose its connections.

        Raises:
            FaultError: It may not.
        """

    def _conversation(self) -> NewConversation:
        """Return what makes a reader of the protocol; None where there is none."""
        return None

    @contextlib.contextmanager
    def _keeping(self) -> Iterator[Callable[[], object]]:
        """Keep the data, and give what puts them back."""
        yield bool

    @property
    def faulted(self) -> bool:
        """Whether there was a fault while this lease was held."""
        return self._visit is not None and self._visit.faulted

    def _pass_through(self, *passages: Passage) -> None:
        """Have the code under test go through passages; straight on if there are none."""
        if passages:
            from harness.services.toxiproxy.passage import Visit

            self._visit = Visit(
                passages, self._fault_seed, before=self._before_fault, died=self._note_death
            )

    def _arm_on_the_way(self, visit: Visit, failure: Failure) -> Armed:
        """Have a failure of statements that go through the fault proxy.

        Raises:
            FaultError: It cannot read them.
        """
        from harness.faults.failing.armed import Armed, advice

        if MESSAGES not in visit.server.capabilities:
            raise unread(self.service.label, f"it is {visit.server.provenance}")
        return Armed(failure, visit.fail(failure), lambda report: advice(report, failure, UNSEEN))

    def _go_on_through(self, *passages: Passage) -> None:
        """Go on at the same addresses, where the fault proxy had to be started again.

        Raises:
            ServiceDiedError: It has taken faults of this lease with it.
            FaultError: An address is somebody else's by now.
        """
        if self._visit is None or self._visit.passages == passages:
            return
        if self.faulted:
            self._visit.server.check_alive(settle=0)
        for old, new in zip(self._visit.passages, passages, strict=True):
            if old.endpoint != new.endpoint:
                raise moved(self.service, old.endpoint.port)
        self._pass_through(*passages)

    def _fault_seed(self) -> int:
        """Return what random choices follow from: another one for each service of a test.

        What tells them apart depends neither on other tests nor on other services.
        """
        return derive(self.seed, self.service.kind, self.service.name or self.attribute)

    def _before_fault(self) -> None:
        """Get ready for a fault.

        Raises:
            LeaseError: The lease was released.
            FaultError: A sweep stands in the place of the fault proxy.
        """
        self._check_held()
        if any(each.is_open for each in self._sweeps):
            raise FaultError(
                f"{self.service.label} has no other faults in a sweep",
                cause="the sweep stands in the place of the fault proxy",
                hint="put a fault on it, or sweep it anew, after the loop; or another service",
            )

    def _note_death(self, death: Exception) -> None:
        """Keep the error for a fault proxy that has ended: the holder has been told."""
        self.outages.append(death)

    def _end_faults(self) -> list[Exception]:
        """End all faults, and return what went wrong at that.

        A fault proxy that has died is told here, if the holder has not been told before; and so is
        what a sweep has found whose loop was left.
        """
        failures = self._end_failures()
        if self._visit is None:
            return failures
        failures += [error for each in self._sweeps if (error := each.finding())]
        try:
            for sweep in self._sweeps:
                sweep.close()
            self._visit.finish()
            self._visit.server.check_alive(settle=0)
        except HarnessError as error:
            self._stranded = True
            news = self.instance.passages.forget(self._visit.passages)
            return [*failures, *[error] * news]  # of a class's lease, a test was told before
        return failures

    @property
    def _may_be_cut(self) -> bool:
        """Whether connections may be lost that nobody is to blame for."""
        return self.faulted or self._stranded

    def _check_passage(self) -> None:
        """Do nothing while the fault proxy runs, if there is one.

        Raises:
            ServiceDiedError: It has ended.
        """
        if self._visit is not None:
            self._visit.server.check_alive(self._settle)

    @property
    def _settle(self) -> float:
        """Seconds to wait for a server's end after a failure, which a fault may explain."""
        return 0 if self.faulted else SETTLE

    def _has_clients(self, own: int = 0) -> bool:
        """Tell whether somebody is connected through the fault proxy.

        Args:
            own: How many connections of our own are.
        """
        passages = () if self._visit is None else self._visit.passages
        return sum(passage.clients() for passage in passages) > own


def not_proxied(service: Service[Any]) -> FaultError:
    """Return the error for faults on what goes straight to its server."""
    declared = dataclasses.replace(service, proxied=True)  # type: ignore[type-var]
    return FaultError(
        f"{service.label} cannot have faults: its connections go straight to the server",
        cause="it was declared without proxied=True",
        hint=f"write {declared.label}",
    )


def moved(service: Service[Any], port: int) -> FaultError:
    """Return the error for a fault proxy that could not come back where it was."""
    return FaultError(
        f"the fault proxy of {service.label} has died, and its port {port} is taken by now",
        cause="another program was faster; what the class was told in setUpClass leads there",
        hint="run the class again",
    )
