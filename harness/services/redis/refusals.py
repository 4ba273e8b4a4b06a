"""What keeps us out of a Redis server, in words that help."""

from __future__ import annotations

import socket
from typing import Any

from harness.errors import HarnessError, StartError


def explained(client: Any, error: Exception, where: str) -> Exception:
    """Return the error that a failed log-in is for its reader: final, or to be tried again.

    Args:
        client: The module of redis-py.
        error: What it raised.
        where: The server, for the messages.
    """
    exceptions = client.exceptions
    if isinstance(error.__context__, socket.gaierror):
        return unknown_host(where, error.__context__)
    if isinstance(error, exceptions.AuthenticationError | exceptions.ResponseError):
        return no_entry(where, error)
    if isinstance(error, exceptions.InvalidResponse):
        return StartError(
            f"what listens at {where} is no Redis: {error}",
            cause="the port is that of another kind of server, or it wants rediss://",
            hint="correct the port in REDIS_URL",
        )
    return error


def unknown_host(where: str, error: socket.gaierror) -> HarnessError:
    """Return the error for a host that no name server knows."""
    return StartError(
        f"the host of {where} is unknown: {error.strerror}",
        cause="the name is misspelt, or no name server knows it",
        hint="correct the host in REDIS_URL",
    )


def no_entry(where: str, error: Exception) -> HarnessError:
    """Return the error for a server that answers and does not let us in."""
    return StartError(
        f"Redis at {where} refuses the log-in: {error}",
        cause="the user or the password is wrong or missing, or the server is protected",
        hint="correct the user and the password in REDIS_URL",
    )


def unusable_option(error: Exception) -> StartError:
    """Return the error for a query parameter that redis-py does not take."""
    return StartError(
        f"redis-py cannot use the options in REDIS_URL: {error}",
        cause="an option after the `?` is misspelt, or not known to this version of redis-py",
        hint="correct it, or leave it out",
    )


def not_permitted(where: str, error: Exception) -> StartError:
    """Return the error for a server that refuses one of the commands that we need."""
    return StartError(
        f"Redis at {where} refuses what the harness needs: {error}",
        cause="an ACL, a renamed command, or a product that lacks it",
        hint="let the user run CLIENT, SELECT, DBSIZE, FLUSHDB, INFO, SCAN, MULTI and EXEC",
    )
