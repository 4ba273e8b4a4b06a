"""What keeps a database from being put back or dropped."""

from __future__ import annotations

from typing import Any

from harness.services.postgres.names import identifier, literal


def drop_subscriptions(session: Any) -> None:
    """Drop the subscriptions of a database, and tell no publisher."""
    query = (
        "select subname from pg_subscription s "
        "join pg_database d on d.oid = s.subdbid and d.datname = current_database()"
    )
    for (name,) in session.execute_simple(query).rows:
        subscription = f"subscription {identifier(name)}"
        for change in ("disable", "set (slot_name = none)"):
            session.execute_simple(f"alter {subscription} {change}")
        session.execute_simple(f"drop {subscription}")


def roll_back_prepared(session: Any) -> list[str]:
    """Roll back the prepared transactions of a database; return their names."""
    query = "select gid from pg_prepared_xacts where database = current_database()"
    names = [str(name) for (name,) in session.execute_simple(query).rows]
    for name in names:
        session.execute_simple(f"rollback prepared {literal(name)}")
    return names
