"""The harness's own clients of one broker, each opened at its first use."""

from __future__ import annotations

import functools
from collections.abc import Callable

from harness.core.endpoint import Endpoint
from harness.services.kafka.mock_control import control_port
from harness.services.kafka.reader import Reader
from harness.services.kafka.topics import AdminTopics, MockTopics
from harness.services.kafka.writer import Writer


class Clients:
    """The harness's own clients of one broker.

    Args:
        endpoint: The broker.
        check: Raises when it has ended.
    """

    def __init__(self, endpoint: Endpoint, check: Callable[[], object]) -> None:
        self._endpoint = endpoint
        self._check = check
        self._readers: list[Reader] = []

    @functools.cached_property
    def topics(self) -> AdminTopics | MockTopics:
        """What makes and deletes topics."""
        port = control_port(self._endpoint)
        if port is not None:
            return MockTopics(port, self._check)
        return AdminTopics(self._endpoint, self._check)

    @functools.cached_property
    def reader(self) -> Reader:
        """What reads the records of committed transactions, and those of none."""
        return self._new_reader(committed=True)

    @functools.cached_property
    def reader_of_all(self) -> Reader:
        """What reads all records."""
        return self._new_reader(committed=False)

    def _new_reader(self, *, committed: bool) -> Reader:
        reader = Reader(self._endpoint, committed, self._check)
        self._readers.append(reader)
        return reader

    @functools.cached_property
    def writer(self) -> Writer:
        """What writes single records."""
        return Writer(self._endpoint, self._check)

    def close(self) -> None:
        """Close what has to be closed; the others close when nobody has them any more."""
        while self._readers:
            self._readers.pop().close()
