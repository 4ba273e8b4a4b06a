"""What a test left on a broker: removed, and named where it should have removed it itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.core import realtime as time
from harness.errors import HarnessError, LeakError
from harness.services.kafka.client import driver
from harness.services.kafka.names import is_a_tests
from harness.services.kafka.topics import AdminTopics

if TYPE_CHECKING:
    from harness.services.kafka.instance import KafkaInstance

GRACE = 0.5  # seconds that a consumer which was closed may need to leave its group
POLL = 0.02
EMPTY = ("EMPTY", "DEAD")
SHOWN = 5


class Leftovers:
    """What one test leaves.

    Its own are the topics and groups that begin with its name: those go, whoever made them. What
    else appeared meanwhile is its doing if nobody else used the broker, which has to be ours; on an
    exclusive one that is as it should be.

    Args:
        instance: The broker.
        beginning: What the names of the test begin with.

    Attributes:
        topics_expected: Whether the test has made a topic, or may have.
        groups_expected: Whether the code under test was given what it needs to make a group.
        alone: Whether no other lease of this process was held meanwhile.

    Raises:
        confluent_kafka.KafkaException, ServiceDiedError: The broker does not answer.
    """

    def __init__(self, instance: KafkaInstance, beginning: str) -> None:
        self._instance = instance
        self._beginning = beginning
        self.topics_expected = False
        self.groups_expected = False
        self.alone = True
        self._topics = frozenset() if instance.strange else instance.clients.reader.topics()
        self._groups = frozenset() if instance.strange else frozenset(instance.groups())

    def remove(self, *, cut: bool = False) -> list[Exception]:
        """Remove it, and return what the test should not have left.

        Args:
            cut: Whether a fault may have kept consumers from leaving their groups.

        Raises:
            HarnessError, confluent_kafka.KafkaException: The broker refuses, or does not answer.
        """
        self._instance.check()
        if not (self.topics_expected or self.groups_expected):
            return []
        topics = self._instance.clients.reader.topics()
        groups = self._instance.groups() if self.groups_expected else {}
        return self._remove(topics, groups, self._strays(topics, groups), cut)

    def _remove(
        self, topics: Iterable[str], groups: dict[str, str], strays: list[str], cut: bool
    ) -> list[Exception]:
        """Remove what is the test's own, and strays that are nobody else's."""
        told = [] if self._instance.exclusive else strays
        if told and self._may_be_anothers():
            told = strays = []
        doomed = {name for name in (*topics, *groups) if name.startswith(self._beginning)}
        doomed.update(strays)
        self._instance.delete([name for name in topics if name in doomed])
        failures = self._remove_groups(doomed & groups.keys(), cut)
        return [*failures, left_strays(told)] if told else failures

    def _remove_groups(self, names: set[str], cut: bool) -> list[Exception]:
        """Remove groups, and return an error for each that still has members.

        Those that were cut off are nobody's leak; the broker forgets them when they are silent.
        """
        admin = self._instance.clients.topics
        if not names or not isinstance(admin, AdminTopics):
            return []
        busy = self._still_busy(names)
        if names - busy:
            admin.delete_groups(names - busy)
        told = () if cut else sorted(busy)
        return [left_consumers(group, admin.members(group)) for group in told]

    def _still_busy(self, own: set[str]) -> set[str]:
        """Return the groups that still have members after a moment's grace."""
        deadline = time.monotonic() + GRACE
        while busy := self._busy(own):
            if time.monotonic() > deadline:
                break
            time.sleep(POLL)
        return busy

    def _busy(self, own: set[str]) -> set[str]:
        groups = self._instance.groups()
        return {name for name in own if groups.get(name, "EMPTY") not in EMPTY}

    def _strays(self, topics: Iterable[str], groups: Iterable[str]) -> list[str]:
        """Return what appeared since the test began, and has the name of none."""
        if self._instance.strange:
            return []
        new = {*topics, *groups} - self._topics - self._groups
        return sorted(name for name in new if not (name.startswith("__") or is_a_tests(name)))

    def _may_be_anothers(self) -> bool:
        """Tell whether another test used the broker, too."""
        return not self.alone or self._instance.running.has_peers()

    def notes(self) -> list[str]:
        """Return a note on what appeared meanwhile, where it may be somebody else's."""
        try:
            strays = self._strays(self._instance.clients.reader.topics(), ())
        except (HarnessError, driver().KafkaException):  # told where the lease is given back
            return []
        if not strays or not self._may_be_anothers():
            return []
        return [
            f"on the Kafka broker appeared {listed(strays)}, made by this test or another one that "
            "shares the broker: names that are fixed in the code want Kafka(exclusive=True)"
        ]


def listed(names: list[str]) -> str:
    """Return names for a message; not all, where there are many."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more


def left_strays(names: list[str]) -> LeakError:
    """Return the error for topics and groups whose names are not the test's own."""
    return LeakError(
        f"the test left {listed(names)} on the broker, which other tests share",
        cause="the code under test made it, by its name or by writing to it",
        hint='give the code the name that topic("...") or group("...") returns; '
        "where the name is fixed in it, declare Kafka(exclusive=True)",
    )


def left_consumers(group: str, members: list[str]) -> LeakError:
    """Return the error for consumers that a test left open."""
    return LeakError(
        f"the test left {len(members)} consumer(s) in the group {group}",
        detail="\n".join(members),
        cause="a consumer was not closed, or the thread that uses it still runs",
        hint="close it in the test, or with self.addCleanup(consumer.close)",
    )
