"""Making, listing and deleting topics: by the admin API, or on a mock cluster by its program."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from harness.core import realtime as time
from harness.core.endpoint import Endpoint
from harness.errors import LeaseError, StartError
from harness.services.kafka.client import (
    ANSWER_TIMEOUT,
    address,
    code,
    driver,
    new_client,
    not_permitted,
    patiently,
    reason,
)
from harness.services.kafka.mock_control import ask

DENIED = ("TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED", "POLICY_VIOLATION")
GONE = ("UNKNOWN_TOPIC_OR_PART", "GROUP_ID_NOT_FOUND")
POLL = 0.002  # seconds


class Topics(Protocol):
    """Making and deleting topics on one broker."""

    def create(self, name: str, partitions: int, settings: Mapping[str, str]) -> None:
        """Make a topic; it can be used at once.

        Raises:
            StartError: The broker refuses.
            LeaseError: It does not take the settings.
        """

    def delete(self, names: Collection[str]) -> None:
        """Delete topics; one that is gone is no error."""


class AdminTopics:
    """Topics of a real broker.

    Args:
        endpoint: The broker.
        check: Raises when it has ended.
    """

    def __init__(self, endpoint: Endpoint, check: Callable[[], object]) -> None:
        self._where = address(endpoint)
        self._check = check
        self.admin = new_client(driver(".admin").AdminClient, endpoint)

    def create(self, name: str, partitions: int, settings: Mapping[str, str]) -> None:
        """Make a topic, and return when it has leaders."""
        new = driver(".admin").NewTopic(name, partitions, config=dict(settings))
        (made,) = self.admin.create_topics([new], request_timeout=ANSWER_TIMEOUT).values()
        try:
            self._result(made)
        except driver().KafkaException as error:
            raise self._refused(name, error) from error
        self._await_leaders(name)

    def _await_leaders(self, name: str) -> None:
        """Return when the broker that we ask knows who leads each partition of a new topic."""
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while not self._has_leaders(name):
            self._check()
            if time.monotonic() > deadline:
                raise StartError(
                    f"the topic {name} has no leader on Kafka at {self._where} "
                    f"after {ANSWER_TIMEOUT:g} s",
                    cause="brokers of the cluster are down",
                    hint="look at their logs",
                )
            time.sleep(POLL)

    def _has_leaders(self, name: str) -> bool:
        def listed(timeout: float) -> Any:
            return self.admin.list_topics(name, timeout=timeout)

        found = patiently(listed, self._check).topics[name]
        leaders = [partition.leader for partition in found.partitions.values()]
        return found.error is None and bool(leaders) and min(leaders) >= 0

    def _result(self, future: Any) -> Any:
        """Return what the broker answered, with an eye on whether it still runs."""
        while True:
            try:
                return future.result(timeout=1.0)
            except TimeoutError:
                self._check()

    def _refused(self, name: str, error: Exception) -> Exception:
        if code(error) in DENIED:
            return not_permitted(self._where, f"make the topic {name}", error)
        if code(error) in ("INVALID_CONFIG", "INVALID_PARTITIONS", "INVALID_REQUEST"):
            return LeaseError(
                f"the broker refuses the topic {name}: {reason(error)}",
                cause="a setting of it is unknown there, or has a value that cannot be",
                hint="correct topic(..., settings={...})",
            )
        self._check()
        return StartError(
            f"the topic {name} could not be made on Kafka at {self._where}: {reason(error)}",
            cause="the broker is overloaded, or limits how many topics or partitions there are",
            hint="look at its log",
        )

    def delete(self, names: Collection[str]) -> None:
        """Delete topics, all in one request."""
        futures = self.admin.delete_topics(list(names), operation_timeout=ANSWER_TIMEOUT)
        self._all(futures, "delete topics")

    def delete_groups(self, names: Collection[str]) -> None:
        """Delete groups that have no members; one that is gone is no error."""
        self._all(self.admin.delete_consumer_groups(list(names)), "delete groups")

    def _all(self, futures: Mapping[str, Any], what: str) -> None:
        for future in futures.values():
            try:
                self._result(future)
            except driver().KafkaException as error:
                if code(error) in DENIED:
                    raise not_permitted(self._where, what, error) from error
                if code(error) not in GONE:
                    raise

    def groups(self) -> dict[str, str]:
        """Return the names of all groups, with the state of each, such as `EMPTY`."""
        listed = self._result(self.admin.list_consumer_groups(request_timeout=ANSWER_TIMEOUT))
        return {group.group_id: group.state.name for group in listed.valid}

    def members(self, group: str) -> list[str]:
        """Return who is in a group, in words."""
        (future,) = self.admin.describe_consumer_groups([group]).values()
        found = self._result(future)
        return [f"{m.client_id} at {m.host}" for m in found.members]


class MockTopics:
    """Topics of a mock cluster, whose protocol cannot make any.

    Args:
        port: Where its program takes orders.
        check: Raises when it has ended.
    """

    def __init__(self, port: int, check: Callable[[], object]) -> None:
        self._port = port
        self._check = check

    def create(self, name: str, partitions: int, settings: Mapping[str, str]) -> None:
        """Make a topic."""
        self._order(do="create", topic=name, partitions=partitions)

    def delete(self, names: Collection[str]) -> None:
        """Delete topics."""
        for name in names:
            self._order(do="delete", topic=name)

    def _order(self, **order: Any) -> None:
        try:
            failed = ask(self._port, **order)
        except OSError:
            self._check()
            raise
        error = driver().KafkaError(failed)
        if failed and error.name() not in GONE:
            raise driver().KafkaException(error)
