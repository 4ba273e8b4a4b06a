"""PostgreSQL."""

from harness.services.postgres.service import Postgres

__all__ = ["Postgres"]
