"""What keeps a database from being put back or dropped."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from harness.services.postgres.connect import connect
from harness.services.postgres.names import identifier, literal

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance


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


def end_prepared_of_lost(instance: PostgresInstance, name: str, oid: int) -> list[str]:
    """Roll back what was prepared in a database that was closed or renamed, or in its successor.

    Args:
        instance: The server.
        name: The name that the database had.
        oid: Its number.

    Returns:
        The names of the transactions.
    """
    databases = instance.databases
    rows = databases.rows(
        "select distinct d.datname from pg_prepared_xacts p join pg_database d "
        f"on d.datname = p.database where d.oid = {oid} or d.datname = {literal(name)}"
    )
    ended = []
    for (found,) in rows:
        databases.execute(
            f"alter database {identifier(found)} with allow_connections true connection limit -1"
        )
        with closing(connect(instance.endpoint, found)) as session:
            session.autocommit = True
            ended += roll_back_prepared(session)
    return ended
