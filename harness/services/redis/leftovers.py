"""Clients that a test left on its database: subscribed, or blocked."""

from __future__ import annotations

from harness.core.grace import outlasting
from harness.errors import LeakError
from harness.services.redis.clients import Client, read_clients
from harness.services.redis.connect import Session

GRACE = 0.3  # seconds


def lingering(session: Session, database: int) -> list[Client]:
    """Return the clients that are still busy on a database after a moment's grace.

    Closing takes the server a moment; a subscriber that nobody refers to is closed by collecting
    garbage.
    """
    return outlasting(lambda: busy(session, database), lambda _: GRACE)


def busy(session: Session, database: int) -> list[Client]:
    """Return the clients on a database that are blocked or subscribed."""
    return [
        client
        for client in read_clients(session.ask("CLIENT", "LIST"))
        if client.database == database and (client.is_blocked or client.is_subscribed)
    ]


def strangers(session: Session, database: int) -> list[Client]:
    """Return the clients on a database that are none of the harness's own."""
    clients = read_clients(session.ask("CLIENT", "LIST"))
    return [each for each in clients if each.database == database and each.claims is None]


def kill(session: Session, clients: list[Client]) -> None:
    """Close clients' connections; one that is gone already is no error."""
    session.try_all(*(("CLIENT", "KILL", "ID", client.id) for client in clients))


def leaks(clients: list[Client]) -> list[LeakError]:
    """Return the errors for the clients that a test left."""
    subscribed = [client for client in clients if client.is_subscribed]
    blocked = [client for client in clients if client.is_blocked]
    return [
        *([left_subscribed(subscribed)] if subscribed else []),
        *([left_blocked(blocked)] if blocked else []),
    ]


def left_subscribed(clients: list[Client]) -> LeakError:
    """Return the error for subscribers that a test left."""
    return LeakError(
        f"the test left {len(clients)} subscriber(s) on its database",
        detail="\n".join(map(str, clients)),
        cause="a pubsub object, or the thread that reads one, was not closed",
        hint="close it in the test, or with self.addCleanup(pubsub.close)",
    )


def left_blocked(clients: list[Client]) -> LeakError:
    """Return the error for blocked clients that a test left."""
    return LeakError(
        f"the test left {len(clients)} blocked client(s) on its database",
        detail="\n".join(map(str, clients)),
        cause="a thread or a process still waits in BLPOP or its like",
        hint="give the command a timeout, and join the thread before the test ends",
    )


def left_elsewhere(clients: list[Client]) -> LeakError:
    """Return the error for connections of the lease's client that left its database."""
    return LeakError(
        f"the test's client was moved to database {clients[0].database}, which is not its own",
        detail="\n".join(map(str, clients)),
        cause="the code under test sent SELECT; other databases belong to other tests",
        hint="let it use the database that the lease's url names",
    )
