"""What keeps a database from being put back or dropped."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from harness.services.postgres.connect import connect
from harness.services.postgres.names import identifier, literal

if TYPE_CHECKING:
    from harness.services.postgres.instance import PostgresInstance

OBSTRUCTED = """
select d.datname from pg_database d where (d.oid = {oid} or d.datname = {name})
and (exists (select from pg_prepared_xacts p where p.database = d.datname)
     or exists (select from pg_subscription s where s.subdbid = d.oid))
"""


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


def free_lost(instance: PostgresInstance, name: str, oid: int) -> list[str]:
    """Have a database that was closed, renamed or replaced by a test be dropped without trouble.

    Args:
        instance: The server.
        name: The name that the database had: another one may have it now.
        oid: Its number.

    Returns:
        The names of the transactions that were prepared there, and were rolled back.
    """
    databases = instance.databases
    ended = []
    for (found,) in databases.rows(OBSTRUCTED.format(oid=oid, name=literal(name))):
        databases.execute(
            f"alter database {identifier(found)} with allow_connections true connection limit -1"
        )
        with closing(connect(instance.endpoint, found)) as session:
            session.autocommit = True
            drop_subscriptions(session)
            ended += roll_back_prepared(session)
    return ended
