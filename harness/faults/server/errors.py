"""What the HTTP API refuses."""

from __future__ import annotations

import os


class ApiError(Exception):
    """A request that is refused.

    Args:
        message: What is wrong with it, in Toxiproxy's words.
        status: The HTTP status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def bad_body(why: object) -> ApiError:
    """Return the error for a body that cannot be read."""
    return ApiError(f"bad request body: {why}", 400)


def missing(field: str) -> ApiError:
    """Return the error for a field that has to be there."""
    return ApiError(f"missing required field: {field}", 400)


def not_listening(address: str, error: OSError) -> ApiError:
    """Return the error for an address that cannot be listened on."""
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 else str(error)
    return ApiError(f"listen tcp {address}: bind: {reason.lower()}", 500)
