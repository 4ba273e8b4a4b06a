"""Workers on the machines of a Dask cluster."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import Any

from harness.errors import ClusterError
from harness.runner.channel import Message
from harness.runner.cluster import kept, station
from harness.runner.cluster.member import RemoteMember
from harness.runner.cluster.places import Place
from harness.runner.cluster.recovery import Recovery
from harness.runner.cluster.relay import topic_of
from harness.runner.cluster.roster import Roster, told
from harness.runner.cluster.tasks import Tasks
from harness.runner.cluster.travel import interpreter
from harness.runner.cluster.version import Version
from harness.runner.options import Options
from harness.runner.transport import Member

EVERYTHING = "all"  # the topic under which the scheduler tells who comes and goes

NOWHERE = Place("", 0)


class Cluster:
    """Workers on the machines of a Dask cluster.

    Each is a process under a Dask worker, and stays there: what is given to it is a task of Dask's
    that only that Dask worker may run.

    Args:
        client: Connected to the cluster.
        options: How the run is to be.
        version: Which code it is of.
        directory: Where tests are run there.
        environ: Variables for the processes.
        seconds: For how long there may be nobody who can run tests.
        say: Prints a line.
        most: How many workers there may be; as many as there is room for if None.
    """

    def __init__(
        self,
        client: Any,
        options: Options,
        *,
        version: Version,
        directory: str,
        environ: Mapping[str, str],
        seconds: float,
        say: Callable[[str], None],
        most: int | None = None,
    ) -> None:
        self._client = client
        self._most = most
        self._start = {
            "environ": dict(environ),
            "interpreter": interpreter(),
            "options": pickle.dumps(options),
        }
        self._tasks = Tasks(client, {"directory": directory})
        self._say = say
        self._lines: SimpleQueue[str] = SimpleQueue()  # to be said by the coordinator's thread
        self._roster = Roster(self._tasks, version, seconds, self._lines.put)
        self._recovery = Recovery(self._tasks, self._roster)
        self._members: dict[int, RemoteMember] = {}
        self._leases: dict[int, Any] = {}  # while they are held, the processes live
        self._written: set[str] = set()  # the files of all members
        client.subscribe_topic(topic_of(self._tasks.run), self._heard)
        client.subscribe_topic(EVERYTHING, self._noticed)

    def wanted(self) -> int:
        """Return how many workers there may be.

        Raises:
            ClusterError: There was nobody for too long, or the scheduler is gone.
        """
        if not self._tasks.connected:
            self._abandon("the connection to the Dask scheduler was lost")
        self._recovery.look()
        self._speak()
        room = sum(place.room for place in self._roster.fitting())
        return room if self._most is None else min(room, self._most)

    def hire(self, number: int, others: Sequence[Member]) -> RemoteMember:
        """Start a worker, where there is most room."""
        place = max(self._roster.fitting(), key=lambda place: place.free, default=NOWHERE)
        member = RemoteMember(number, place.address, self._pass_on, self._give_up)
        if place is NOWHERE:
            member.ended("there is no Dask worker any more")
            return member
        self._members[number] = member
        place.members.add(number)
        self._leases[number] = self._tasks.submit(
            place, station.start, self._failing(member), number=number, **self._start
        )
        return member

    def close(self) -> None:
        """Give up what there may be still."""
        for member in list(self._members.values()):
            self._give_up(member, at_once=True)
        self._speak()
        if self._tasks.connected:
            self._client.unsubscribe_topic(topic_of(self._tasks.run))
            self._client.unsubscribe_topic(EVERYTHING)
        for path in self._written:
            kept.remove(path)  # as far as they are on this machine

    def _speak(self) -> None:
        while not self._lines.empty():
            self._say(self._lines.get())

    def _abandon(self, why: str) -> None:
        for member in list(self._members.values()):
            member.ended(why)
        raise ClusterError(why, hint="look into its log")

    # What members ask for

    def _pass_on(self, member: RemoteMember, message: Message) -> None:
        place = self._roster.get(member.address)
        if place is not None:
            self._tasks.submit(
                place, station.tell, self._failing(member), number=member.number, message=message
            )

    def _give_up(self, member: RemoteMember, at_once: bool) -> None:
        self._drop(member)
        if at_once and not member.gone():
            member.ended("it was killed")
            place = self._roster.get(member.address)
            if place is not None and self._tasks.connected:
                self._tasks.at_once(place, station.kill, self._tasks.run, member.number)

    # What is told, in threads of Dask's

    def _heard(self, event: tuple[float, Mapping[str, Any]]) -> None:
        what = event[1]
        if what["run"] != self._tasks.run:
            return
        if "place" in what:
            self._roster.judge(what["place"], what["complaint"])
        elif what["number"] in self._members:
            member = self._members[what["number"]]
            member.heard(what)
            if member.kept is not None:
                self._written.add(member.kept[0])
            if what.get("stacks"):
                self._lines.put(what["stacks"].rstrip())
            if member.gone():
                self._forget(member)

    def _noticed(self, event: tuple[float, Any]) -> None:
        """Take note of who comes and goes."""
        what = event[1]
        action = what.get("action") if isinstance(what, Mapping) else None
        if action == "remove-worker":
            self._part_with(what["worker"])
        if action in ("add-worker", "remove-worker"):
            self._roster.has_changed()

    def _part_with(self, address: str) -> None:
        place = self._roster.part_with(address)
        for number in sorted(place.members) if place is not None else ():
            if number in self._members:
                self._lose(self._members[number])

    def _failing(self, member: RemoteMember) -> Callable[[BaseException], None]:
        """Return what takes note that a task for a worker has failed."""

        def failed(error: BaseException) -> None:
            if type(error).__name__ == "KilledWorker":
                return  # which was told before: who has gone
            member.ended(told(error))
            self._forget(member)

        return failed

    def _lose(self, member: RemoteMember) -> None:
        self._drop(member)
        self._recovery.lose(member)

    def _forget(self, member: RemoteMember) -> None:
        self._drop(member)
        self._members.pop(member.number, None)
        place = self._roster.get(member.address)
        if place is not None:
            place.members.discard(member.number)

    def _drop(self, member: RemoteMember) -> None:
        """Let Dask forget what kept its process alive."""
        lease = self._leases.pop(member.number, None)
        if lease is not None:
            lease.release()
