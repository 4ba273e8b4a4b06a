"""What a broker can do, and librdkafka's mock cluster cannot."""

from __future__ import annotations

import re

from harness.core.instance import Running
from harness.services.kafka.mock_control import control_port

REAL = frozenset(
    {
        "kafka.server.real",
        "kafka.admin.topics",  # the admin API makes, alters and deletes them, with settings
        "kafka.durable",  # records outlive kill and restart
        "kafka.groups.admin",  # groups are listed, described and deleted by the admin API
        "kafka.idempotence",  # what an idempotent producer sends again is not there twice
        "kafka.offsets.times",  # offsets_for_times finds some
        "kafka.records.delete",  # delete_records
        "kafka.retention",  # all records are kept, however many; the mock drops the first silently
        "kafka.timestamps",  # delivery reports carry the time of the record
        "kafka.transactions",  # aborted records are hidden, and zombies are fenced
    }
)
MOCK = frozenset({"kafka.server.mock"})
VERSION = re.compile(r"kafka[ :](\d+)\.\d", re.IGNORECASE)


def capabilities_of(running: Running) -> frozenset[str]:
    """Return what a broker can do that not every one can.

    `kafka.version.<major>` where it is known: a broker does not say it.
    """
    if control_port(running.endpoint) is not None:
        return MOCK
    version = VERSION.search(running.provenance)
    return REAL | ({f"kafka.version.{version[1]}"} if version else set())
