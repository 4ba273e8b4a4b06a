"""Integration tests against real servers, as fast and repeatable as unit tests.

::

    from harness import HarnessTestCase, Postgres


    class SignupTest(HarnessTestCase):
        db = Postgres(migrations="migrations")

        def test_a_new_user_is_stored(self):
            sign_up(self.db.connection, "a@example.com")
            self.assertEqual(1, self.db.count("users"))

Every public name is imported at its first use, so that importing this package costs nothing that
is not needed: no client library, no asyncio.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.adapters.alembic import Alembic as Alembic
    from harness.adapters.unittest import HarnessTestCase as HarnessTestCase
    from harness.adapters.unittest_async import AsyncHarnessTestCase as AsyncHarnessTestCase
    from harness.core.environment import Environment as Environment
    from harness.core.settings import Settings as Settings
    from harness.data.migrations.command import Command as Command
    from harness.errors import HarnessError as HarnessError
    from harness.services.container.lease import ContainerLease as ContainerLease
    from harness.services.container.lease import ExecResult as ExecResult
    from harness.services.container.service import Container as Container
    from harness.services.database import DatabaseLease as DatabaseLease
    from harness.services.kafka.lease import KafkaLease as KafkaLease
    from harness.services.kafka.record import KafkaRecord as KafkaRecord
    from harness.services.kafka.service import Kafka as Kafka
    from harness.services.postgres.lease import PostgresLease as PostgresLease
    from harness.services.postgres.service import Postgres as Postgres
    from harness.services.process.instance import ProcessLease as ProcessLease
    from harness.services.process.service import Process as Process
    from harness.services.readiness import Healthcheck as Healthcheck
    from harness.services.readiness import Http as Http
    from harness.services.readiness import Line as Line
    from harness.services.readiness import Port as Port
    from harness.services.redis.lease import RedisLease as RedisLease
    from harness.services.redis.service import Redis as Redis
    from harness.services.sqlite.lease import SQLiteLease as SQLiteLease
    from harness.services.sqlite.service import SQLite as SQLite
    from harness.services.store import Store as Store
    from harness.services.toxiproxy.lease import ToxiproxyLease as ToxiproxyLease
    from harness.services.toxiproxy.service import Toxiproxy as Toxiproxy

__version__ = "0.1.0"

_HOMES = {
    "Alembic": "harness.adapters.alembic",
    "AsyncHarnessTestCase": "harness.adapters.unittest_async",
    "Command": "harness.data.migrations.command",
    "Container": "harness.services.container.service",
    "ContainerLease": "harness.services.container.lease",
    "DatabaseLease": "harness.services.database",
    "Environment": "harness.core.environment",
    "ExecResult": "harness.services.container.lease",
    "HarnessError": "harness.errors",
    "HarnessTestCase": "harness.adapters.unittest",
    "Healthcheck": "harness.services.readiness",
    "Http": "harness.services.readiness",
    "Kafka": "harness.services.kafka.service",
    "KafkaLease": "harness.services.kafka.lease",
    "KafkaRecord": "harness.services.kafka.record",
    "Line": "harness.services.readiness",
    "Port": "harness.services.readiness",
    "Postgres": "harness.services.postgres.service",
    "PostgresLease": "harness.services.postgres.lease",
    "Process": "harness.services.process.service",
    "ProcessLease": "harness.services.process.instance",
    "Redis": "harness.services.redis.service",
    "RedisLease": "harness.services.redis.lease",
    "SQLite": "harness.services.sqlite.service",
    "SQLiteLease": "harness.services.sqlite.lease",
    "Settings": "harness.core.settings",
    "Store": "harness.services.store",
    "Toxiproxy": "harness.services.toxiproxy.service",
    "ToxiproxyLease": "harness.services.toxiproxy.lease",
}

__all__ = [
    "Alembic",
    "AsyncHarnessTestCase",
    "Command",
    "Container",
    "ContainerLease",
    "DatabaseLease",
    "Environment",
    "ExecResult",
    "HarnessError",
    "HarnessTestCase",
    "Healthcheck",
    "Http",
    "Kafka",
    "KafkaLease",
    "KafkaRecord",
    "Line",
    "Port",
    "Postgres",
    "PostgresLease",
    "Process",
    "ProcessLease",
    "Redis",
    "RedisLease",
    "SQLite",
    "SQLiteLease",
    "Settings",
    "Store",
    "Toxiproxy",
    "ToxiproxyLease",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
